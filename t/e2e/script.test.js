'use strict'
// What the little script adds: copy, show, and a page that looks again by itself.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const person = require('./person')
const { borrow } = require('./site')
const { pause, until } = require('./until')

const EVERY = 5000 // ms between two looks of a page of a bot that is alive
const skip = browser.skip
let site, client, who, chromium, invite, link

before(async () => {
  if (skip) return
  site = await borrow()
  client = site.client()
  who = await person.settle(client)
  await person.becomes(client, who.bot, 'alive', 30000)
  invite = await person.invite(client, who.bot, 'alice')
  link = /href="(\/i\/[^"]+)"/.exec((await client.page(`/agents/${who.bot}/invites`)).body)[1]
  chromium = await browser.launch()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

async function signedIn (options) {
  const context = await chromium.newContext(options)
  await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })))
  return context.newPage()
}

// What each copy button is for: its page, its data-copy, the words.
async function copies () {
  const { key } = await person.tag(client, who.bot)
  return [[`/agents/${who.bot}`, 'key', key], [`/agents/${who.bot}/invites`, `link-${invite.invite}`, site.url + link], [link, 'code', invite.code]]
}

async function press (page, [path, id]) {
  await page.goto(site.url + path)
  const button = page.locator(`[data-copy="${id}"]`)
  await button.click()
  return until('it says so', 5000, async () => /^(copied|selected)$/.test(await button.textContent()) && button.textContent())
}

test('copy copies the whole of it and nothing else', { skip }, async () => {
  const page = await signedIn({ permissions: ['clipboard-read', 'clipboard-write'] })
  for (const one of await copies()) {
    assert.equal(await press(page, one), 'copied')
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), one[2])
  }
  await page.context().close()
})

// As on a site of a LAN, without https.
test('where there is no clipboard it is selected', { skip }, async () => {
  const page = await signedIn()
  await page.addInitScript(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }))
  for (const one of await copies()) {
    assert.equal(await press(page, one), 'selected')
    assert.equal(await page.evaluate(() => getSelection().toString()), one[2])
  }
  await page.context().close()
})

test('a new password can be shown, and hidden again', { skip }, async () => {
  const page = await signedIn()
  await page.goto(`${site.url}/account`)
  for (const type of ['text', 'password']) {
    await page.locator('[data-show=new]').click()
    assert.equal(await page.locator('#new').getAttribute('type'), type)
  }
  await page.context().close()
})

// The status of each answer to a look as it came over the wire: the page itself is told 200 for a 304.
async function looks (page) {
  const wire = await page.context().newCDPSession(page)
  const ids = new Set()
  const seen = []
  wire.on('Network.requestWillBeSent', ({ requestId, request }) => { if (request.url.endsWith('?live=1')) ids.add(requestId) })
  wire.on('Network.responseReceivedExtraInfo', ({ requestId, statusCode }) => { if (ids.has(requestId)) seen.push(statusCode) })
  await wire.send('Network.enable')
  return seen
}

const hide = (page, hidden) => page.evaluate(is => {
  Object.defineProperty(document, 'hidden', { value: is, configurable: true })
  document.dispatchEvent(new Event('visibilitychange'))
}, hidden)

test('the page looks every few seconds, is sent nothing that it has, and rests while nobody sees it', { skip }, async () => {
  const page = await signedIn()
  const seen = await looks(page)
  await page.goto(`${site.url}/agents/${who.bot}`)
  await until('a look', EVERY * 3, () => seen.length > 0)
  await until('nothing new', EVERY * 6, () => seen.at(-1) === 304)
  await hide(page, true)
  const before = seen.length
  await pause(EVERY * 1.5)
  assert.ok(seen.length <= before + 1, 'no look but one that was under way')
  await hide(page, false)
  const hidden = seen.length
  await until('it looks at once when it is seen again', EVERY / 2, () => seen.length > hidden)
  await page.context().close()
})

test('what becomes of the bot shows by itself', { skip }, async () => {
  const page = await signedIn()
  await page.goto(`${site.url}/agents/${who.bot}`)
  await person.act(client, who.bot, 'stop')
  await page.locator('[data-status=stopped]').first().waitFor({ timeout: 30000 })
  assert.equal(await page.locator('[data-status]').first().textContent(), '#asleep')
  await page.context().close()
})
