'use strict'
// The same way without JavaScript: everything by links, forms and reload.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const { invent } = require('./person')
const procs = require('./procs')
const { borrow } = require('./site')
const { until } = require('./until')

const who = invent()
let site, chromium, page

before(async () => {
  site = await borrow()
  if (browser.skip) return
  chromium = await browser.launch()
  page = await (await chromium.newContext({ javaScriptEnabled: false })).newPage()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

const status = () => page.locator('[data-status]').first().getAttribute('data-status')

async function reloadUntil (what, ms, probe) {
  await until(what, ms, async () => {
    if (await probe()) return true
    await page.reload()
    return probe()
  })
}

test('from landing to #alive within 3 s', { skip: browser.skip }, async t => {
  await page.goto(`${site.url}/`)
  await page.locator('main').getByRole('link', { name: 'start', exact: true }).click()
  await page.getByLabel('email').fill(who.email)
  await page.getByLabel('password').fill(who.password)
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForSelector('[name=new]')
  await page.getByLabel('password').fill(who.password)
  await page.locator('[name=new][value="1"]').click()
  await page.waitForURL(`${site.url}/newbie`)
  await page.getByLabel('name', { exact: true }).fill(who.name)
  await page.getByLabel('bot name').fill(who.bot)
  const began = Date.now()
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForURL(`${site.url}/agents/${who.bot}`)
  await reloadUntil('#alive', 30000, async () => await status() === 'alive')
  const ms = Date.now() - began
  const busy = Math.round(procs.waited(site.procs('pub').at(-1))) // the machine, with something else
  t.diagnostic(`alive ${ms} ms after the click, of which it waited ${busy} for a processor`)
  assert.ok(ms - busy < 3000, `alive only after ${ms} ms, of which it waited ${busy} for a processor`)
})

test('an invite is made and taken back', { skip: browser.skip }, async () => {
  await page.getByRole('link', { name: 'invites', exact: true }).click()
  await page.getByLabel('who is it for?').fill('dan')
  await page.getByRole('button', { name: 'invite', exact: true }).click()
  await reloadUntil('the code', 15000, async () => await page.locator('[data-code]').count() === 1)
  await page.getByRole('link', { name: /^revoke/ }).click()
  await page.getByRole('button', { name: /^yes/ }).click()
  await reloadUntil('revoked', 15000, async () => await page.locator('[data-state=revoked]').count() === 1)
})

test('stop and start go through their confirm pages', { skip: browser.skip }, async () => {
  for (const [verb, wanted] of [['stop', 'stopped'], ['start', 'alive']]) {
    await page.goto(`${site.url}/agents/${who.bot}`)
    await page.locator('main').getByRole('link', { name: verb, exact: true }).click()
    await page.getByRole('button', { name: /^yes/ }).click()
    await page.waitForURL(`${site.url}/agents/${who.bot}`)
    await reloadUntil(wanted, 15000, async () => await status() === wanted)
  }
})

test('the menu opens, and signing out leads to the landing page', { skip: browser.skip }, async () => {
  await page.locator('summary', { hasText: 'menu' }).click()
  await page.getByRole('button', { name: 'sign out' }).click()
  await page.waitForURL(`${site.url}/`)
  await page.goto(`${site.url}/agents`)
  assert.match(page.url(), /\/start\?next=/)
})
