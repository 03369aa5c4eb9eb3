'use strict'
// Every page, and each error page of lighttpd's, is valid HTML: html-validate has nothing to say.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { lacks, load } = require('./module')
const pages = require('./pages')

const validator = load('html-validate')
const skip = lacks('html-validate', validator)
// Safari takes a list without bullets for none, unless it says that it is one.
const RULES = { 'doctype-style': ['error', { style: 'lowercase' }], 'no-redundant-role': 'off' }
let site, all

before(async () => {
  if (skip) return
  site = await pages.site()
  all = await pages.walk(site)
})
after(() => site?.close())

test('every page is valid HTML', { skip }, async t => {
  const { HtmlValidate, StaticConfigLoader } = validator
  const loader = new StaticConfigLoader({ root: true, extends: ['html-validate:recommended'], rules: RULES })
  const checker = new HtmlValidate(loader)
  const wrong = []
  for (const { name, html } of all) {
    const { results } = await checker.validateString(html)
    for (const { messages } of results) wrong.push(...messages.map(one => `${name}:${one.line}: ${one.ruleId}: ${one.message}`))
  }
  t.diagnostic(`${all.length} pages`)
  assert.equal(wrong.join('\n'), '')
})
