'use strict'
// The main job in a real browser: from [start] to used invites, with friends who are real peers.

const assert = require('node:assert/strict')
const { execFileSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const friend = require('./friend')
const { invent } = require('./person')
const procs = require('./procs')
const { borrow } = require('./site')
const { until } = require('./until')

const who = invent()
// With blanks, which base64 has none of.
const LABELS = { classic: 'alice the first', modern: 'alice the second' }
const NAMES = { classic: 'Quillon Wren', modern: 'Marlow Finch' }
const joined = {}
let site, chromium, page, key

before(async () => {
  site = await borrow()
  if (!browser.skip) chromium = await browser.launch()
  page = await chromium?.newPage()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

const first = () => page.locator('[data-status]').first()
const status = () => first().getAttribute('data-status')
const path_ = () => new URL(page.url()).pathname

// The invite of a label, once the page shows it in that state; script swaps it in, nothing reloads.
function shown (label, state, ms) {
  return until(`the page shows ${label} as ${state}`, ms, async () => {
    for (const one of await page.locator(`[data-invite][data-state=${state}]`).all()) {
      const [, words] = /^\s*(.*?)\s*(?:[:\n]|$)/.exec(await one.textContent())
      if (words !== label) continue
      return { id: await one.getAttribute('data-invite'), code: await one.getAttribute('data-code'), words: await one.textContent() }
    }
    return null
  })
}

async function makeInvite (label) {
  await page.getByLabel('who is it for?').fill(label)
  await page.getByRole('button', { name: 'invite', exact: true }).click()
  const invite = await until(`${label} has a code`, 15000, async () => {
    const one = await shown(label, 'unused', 15000)
    return one.code && one
  })
  assert.ok(invite.code.includes(`:${key}~`), `the code is the bot's: ${invite.code}`)
  return invite
}

// Whether any file of the bots holds the bytes.
function inBots (words) {
  try {
    execFileSync('grep', ['-rqaF', '-e', words, path.join(site.dir, 'bots')])
    return true
  } catch (err) {
    assert.equal(err.status, 1, 'grep could read all')
    return false
  }
}

test('landing leads to start, and start to a new account', { skip: browser.skip }, async () => {
  await page.goto(`${site.url}/`)
  await page.locator('main').getByRole('link', { name: 'start', exact: true }).click()
  assert.equal(path_(), '/start')
  await page.getByLabel('email').fill(who.email)
  await page.getByLabel('password').fill(who.password)
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForSelector('[name=new]')
  assert.equal(await page.getByLabel('email').inputValue(), who.email)
  assert.equal(await page.getByLabel('password').inputValue(), '')
  await page.getByLabel('password').fill(who.password)
  await page.locator('[name=new][value="1"]').click()
  await page.waitForURL(`${site.url}/newbie`)
})

test('a first bot is alive within 3 s of the click, by itself', { skip: browser.skip }, async t => {
  await page.getByLabel('name', { exact: true }).fill(who.name)
  await page.getByLabel('bot name').fill(who.bot)
  const began = Date.now()
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForURL(`${site.url}/agents/${who.bot}`)
  await until('#alive', 30000, async () => await status() === 'alive', 10)
  const ms = Date.now() - began
  const busy = Math.round(procs.waited(site.procs('pub').at(-1))) // the machine, with something else
  t.diagnostic(`alive ${ms} ms after the click, of which it waited ${busy} for a processor`)
  assert.ok(ms - busy < 3000, `alive only after ${ms} ms, of which it waited ${busy} for a processor`)
  assert.equal(await first().textContent(), '#alive')
  key = await first().getAttribute('data-key')
  assert.match(key, /^@[A-Za-z0-9+/]{43}=\.ed25519$/)
})

for (const kind of ['classic', 'modern']) {
  test(`a ${kind} friend comes in with an invite`, { skip: browser.skip || friend.skip }, async t => {
    await page.getByRole('link', { name: 'invites', exact: true }).click()
    const { code } = await makeInvite(LABELS[kind])
    const answer = await friend.redeem(kind, code, '--name', NAMES[kind])
    assert.equal(answer.ok, true, answer.error)
    const began = Date.now()
    const used = await shown(LABELS[kind], 'used', 20000)
    t.diagnostic(`used shows ${Date.now() - began} ms after the friend was done`)
    assert.ok(used.words.includes(answer.id), `${used.words} has ${answer.id}`)
    assert.equal(used.code, null, 'a used code is shown no more')
    await until('the page shows the name', 20000 - (Date.now() - began), async () => {
      const { words } = await shown(LABELS[kind], 'used', 5000)
      return words.includes(NAMES[kind])
    })
    t.diagnostic(`the name shows ${Date.now() - began} ms after the friend was done`)
    joined[kind] = { ...answer, code }
  })
}

test('two friends are two people, and the labels are nowhere in the bot', { skip: browser.skip || friend.skip }, () => {
  assert.notEqual(joined.classic.id, joined.modern.id)
  assert.ok(inBots(NAMES.classic), 'the search finds what is there')
  for (const label of Object.values(LABELS)) assert.equal(inBots(label), false, `${label} is in a file of the bot`)
})

for (const kind of ['classic', 'modern']) {
  test(`a used code is refused to another ${kind} friend`, { skip: browser.skip || friend.skip }, async () => {
    const again = await friend.redeem(kind, joined.modern.code, '--name', 'Odd One')
    assert.equal(again.ok, false)
    assert.notEqual(again.status, 0)
  })
}

test('the friend\'s page has the code, and none once it was taken back', { skip: browser.skip || friend.skip }, async () => {
  const { code, id } = await makeInvite('carol')
  const link = await page.locator(`[data-invite="${id}"] a[href*="/i/"]`).getAttribute('href')
  const other = await chromium.newPage()
  await other.goto(new URL(link, site.url).href)
  assert.equal(await other.locator('[data-code]').getAttribute('data-code'), code)
  assert.equal(await other.locator('svg.qr').count(), 1)

  await page.locator(`[data-invite="${id}"]`).getByRole('link', { name: /^revoke/ }).click()
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForURL(`${site.url}/agents/${who.bot}/invites`)
  await until('the page says revoked', 15000, async () => await page.locator(`[data-invite="${id}"][data-state=revoked]`).count() === 1)
  await other.reload()
  assert.equal(await other.locator('[data-code]').count(), 0)
  assert.ok(!(await other.content()).includes(code))
  for (const kind of ['classic', 'modern']) {
    const answer = await friend.redeem(kind, code, '--name', 'Too Late')
    assert.equal(answer.ok, false, `${kind}: a revoked code is refused`)
  }
  await other.close()
})

test('the bot kept its key, and the state directory can\'t be listed by it', { skip: browser.skip }, async () => {
  await page.getByRole('link', { name: 'actions', exact: true }).click()
  assert.equal(await first().getAttribute('data-key'), key)
  assert.equal(fs.statSync(path.join(site.dir, 'bots')).mode & 0o066, 0)
})
