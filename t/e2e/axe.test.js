'use strict'
// axe-core finds nothing on any page: light and wide, dark and narrow, with all that can be opened open.  And each fits.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const { lacks, load } = require('./module')
const pages = require('./pages')

const axe = load('axe-core')
const skip = browser.skip || lacks('axe-core', axe)
const OPTIONS = { rules: { 'target-size': { enabled: true } }, resultTypes: ['violations', 'incomplete'] }
const PARTS = [['html', 'main details'], ['.menu', '.menu']]
const MENUS = ['landing', 'dashboard'] // the two that there are
const VIEWS = { light: { width: 1280, height: 800 }, dark: { width: 320, height: 640 } }
let site, chromium, all

before(async () => {
  if (skip) return
  site = await pages.site()
  all = await pages.walk(site)
  chromium = await browser.launch()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

// Runs in the page, with these <details> open.  What axe can't judge by itself counts too, so that it is told that a
// gradient from a colour to the same one is that colour.
async function look ([where, details, options]) {
  for (const one of document.querySelectorAll(details)) one.open = true
  for (const one of document.querySelectorAll('.yes')) {
    const [, from, to] = /^linear-gradient\((rgb\(.*?\)), (.*)\)$/.exec(getComputedStyle(one).backgroundImage) ?? []
    if (from !== undefined && from === to) one.style.background = from
  }
  const { violations, incomplete } = await globalThis.axe.run(where, options)
  return [...violations, ...incomplete].flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.target.join(' ')}: ${[...node.any, ...node.all, ...node.none].map(check => check.message).join('; ')}`))
}

for (const [scheme, viewport] of Object.entries(VIEWS)) {
  test(`axe-core finds nothing in ${scheme}, and all fits ${viewport.width} px`, { skip }, async t => {
    const context = await chromium.newContext({ colorScheme: scheme, viewport })
    const { page, show } = await pages.screen(context, site)
    const wrong = []
    for (const one of all) {
      await show(one)
      await page.evaluate(axe.source)
      for (const [where, details] of PARTS.slice(0, MENUS.includes(one.name) ? 2 : 1)) {
        wrong.push(...(await page.evaluate(look, [where, details, OPTIONS])).map(words => `${one.name}: ${words}`))
      }
      const wide = await page.evaluate(() => document.scrollingElement.scrollWidth)
      if (wide > viewport.width) wrong.push(`${one.name}: ${wide} px wide at ${viewport.width}`)
    }
    t.diagnostic(`${all.length} pages`)
    await context.close()
    assert.equal(wrong.join('\n'), '')
  })
}
