'use strict'
// The whole way by keyboard alone: from the landing page to an invite, stop, start, delete, bring back, sign out.
// At each stop one sees where one is, and Tab never jumps back.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const person = require('./person')
const { borrow } = require('./site')
const { until } = require('./until')

const skip = browser.skip
const STOPS = 60
const who = person.invent()
const bot = `/agents/${who.bot}`
let site, chromium, page, host

before(async () => {
  if (skip) return
  site = await borrow()
  chromium = await browser.launch()
  page = await chromium.newPage()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

// Runs in the page: what has the focus, and how it looks.  null: nothing has.
function readFocus () {
  const at = document.activeElement
  if (at === document.body) return null
  const style = getComputedStyle(at)
  const [box] = at.getClientRects()
  const label = (at.labels?.[0] ?? at).cloneNode(true)
  for (const mute of label.querySelectorAll('[aria-hidden=true]')) mute.remove()
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)
  return {
    words: label.textContent.replace(/\s+/g, ' ').trim(),
    left: box.left,
    top: box.top + scrollY,
    bottom: box.bottom + scrollY,
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== getComputedStyle(document.body).backgroundColor,
    uncovered: at.contains(hit)
  }
}

async function focus () {
  const stop = await page.evaluate(readFocus)
  assert.ok(stop, `something has the focus on ${page.url()}`)
  assert.ok(stop.outlined, `${stop.words}: no outline`)
  assert.ok(stop.uncovered, `${stop.words}: out of sight`)
  return stop
}

// a, then b: down the page, and within a line to the right.
function assertOrder (a, b) {
  const sameLine = b.top < a.bottom && a.top < b.bottom
  assert.ok(sameLine ? b.left >= a.left : b.top >= a.bottom - 1, `${a.words}, then ${b.words}: that jumps`)
}

// Presses Tab until that has the focus. Resolves to how often.
async function tab (words, key = 'Tab') {
  let last = await page.evaluate(readFocus)
  for (let n = 1; n <= STOPS; n++) {
    await page.keyboard.press(key)
    const stop = await focus()
    if (last !== null) assertOrder(...(key === 'Tab' ? [last, stop] : [stop, last]))
    if (stop.words === words) return n
    last = stop
  }
  assert.fail(`no ${words} within ${STOPS} stops on ${page.url()}`)
}

const press = key => page.keyboard.press(key)
const type = words => page.keyboard.type(words)

async function go (key, path) {
  await Promise.all([page.waitForURL(site.url + path), press(key)])
}

const is = status => until(`the page says ${status}`, 15000, async () =>
  await page.locator('[data-status]').first().getAttribute('data-status') === status)

test('the menu opens and closes', { skip }, async () => {
  await page.goto(`${site.url}/`)
  await tab('menu')
  for (const key of ['Enter', 'Space']) {
    await press(key)
    assert.equal(await tab('start'), 1)
    assert.equal(await tab('how it goes'), 1)
    assert.equal(await tab('menu', 'Shift+Tab'), 2)
    await press(key)
    assert.equal(await page.locator('.menu').getAttribute('open'), null)
  }
})

test('the first stop leads past the bar', { skip }, async () => {
  await page.goto(`${site.url}/`)
  assert.equal(await tab('skip to the page'), 1)
  await press('Enter')
  assert.equal(await tab('start'), 1)
  await go('Enter', '/start')
})

test('a form with an error takes one there, and to the field', { skip }, async () => {
  await tab('email')
  await type(who.email)
  await tab('password')
  await type('short')
  await press('Enter')
  await page.waitForSelector('[role=alert]')
  assert.match((await focus()).words, /^there is a problem/)
  await press('Tab')
  await press('Enter')
  const field = (await focus()).words
  assert.match(field, /^(email|password)$/)
  if (field !== 'password') await tab('password')
  await type(who.password)
  assert.equal(await tab('show'), 1)
  await press('Space')
  assert.equal((await focus()).words, 'password')
  assert.equal(await page.locator('#password').getAttribute('type'), 'text')
  await press('Enter')
  await page.waitForSelector('[name=new]')
  await tab('password')
  await type(who.password)
  await tab('make an account')
  await go('Enter', '/newbie')
})

test('a first bot is ordered, and alive', { skip }, async () => {
  await tab('name')
  await type(who.name)
  await tab('free, as a guest of this place')
  await press('Space')
  await tab('bot name')
  await type(who.bot)
  await tab('yes, wake it up')
  await go('Space', bot)
  host = await page.locator('h1').textContent()
  await is('alive')
})

test('an invite is made, copied and opened', { skip }, async () => {
  await tab('invites')
  await go('Enter', `${bot}/invites`)
  await tab('who is it for?')
  await type('alice')
  await press('Enter')
  await page.waitForSelector('[data-code]')
  await tab('copy the link for alice')
  await press('Space')
  await until('it says so', 2000, async () => /^(copied|selected)$/.test((await focus()).words))
  await tab('the code itself, to paste')
  await press('Enter')
  assert.ok(await page.locator('details code').first().isVisible())
})

test('what changes meanwhile takes no focus away', { skip }, async () => {
  const client = site.client()
  await person.signIn(client, who)
  for (const [label, words, key] of [['bob', 'the code itself, to paste', 'Tab'], ['carol', 'copy the link for alice', 'Shift+Tab']]) {
    if ((await focus()).words !== words) await tab(words, key)
    const { invite } = await person.invite(client, who.bot, label)
    await page.waitForSelector(`[data-invite="${invite}"]`)
    assert.equal((await focus()).words, words)
  }
})

test('stop, then start, by their confirm pages', { skip }, async () => {
  for (const [verb, yes, status] of [['stop', 'yes, sleep', 'stopped'], ['start', 'yes, wake up', 'alive']]) {
    await page.goto(`${site.url}${bot}`)
    await tab(verb)
    await go('Enter', `${bot}/${verb}`)
    await tab(yes)
    await go('Enter', bot)
    await is(status)
  }
})

test('delete, with name and password, and back', { skip }, async () => {
  await tab('delete')
  await go('Enter', `${bot}/delete`)
  await tab(`type ${host}`)
  await press('Enter')
  await page.waitForSelector('[role=alert]')
  await focus()
  await tab(`type ${host}`)
  await type(host)
  await tab('your password')
  await type(who.password)
  await tab(`delete ${host}`)
  await go('Enter', bot)
  await is('deleting')
  await tab('bring back')
  await press('Enter')
  await is('alive')
})

test('the menu leads out', { skip }, async () => {
  await tab('menu')
  await press('Space')
  await tab('sign out')
  await go('Enter', '/')
  await page.goto(`${site.url}${bot}`)
  assert.match(page.url(), /\/start\?next=/)
})
