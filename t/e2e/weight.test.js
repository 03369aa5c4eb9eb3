'use strict'
// What a page weighs, where it loads from, and whether it fits: 320 px, light and dark, no complaint.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const person = require('./person')
const { borrow } = require('./site')

const LIMIT = 20000
let site, client, who, chromium, invite

before(async () => {
  site = await borrow()
  client = site.client()
  who = await person.settle(client)
  await person.becomes(client, who.bot, 'alive', 30000)
  invite = await person.invite(client, who.bot, 'a label of many words, so that it has to be broken somewhere on a narrow page')
  if (!browser.skip) chromium = await browser.launch()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

// A page that notes what it loads and what it complains about.
async function look (scheme, signedIn) {
  const context = await chromium.newContext({ viewport: { width: 320, height: 640 }, colorScheme: scheme })
  const page = await context.newPage()
  const seen = { page, loaded: [], complaints: [], context }
  if (signedIn) {
    await context.addCookies([...client.cookies].map(([name, value]) => ({ name, value, url: site.url })))
  }
  page.on('console', message => { if (message.type() === 'error' || message.type() === 'warning') seen.complaints.push(message.text()) })
  page.on('pageerror', err => seen.complaints.push(err.message))
  page.on('requestfailed', request => {
    const { errorText } = request.failure()
    if (errorText !== 'net::ERR_ABORTED') seen.complaints.push(`${request.url()}: ${errorText}`)  // cut short by the next page
  })
  page.on('response', response => seen.loaded.push(response))
  return seen
}

async function weigh (response) {
  const { responseHeadersSize } = await response.request().sizes()
  return responseHeadersSize + (await response.body()).length
}

test('the landing page weighs less than 20 kB with all that it loads', { skip: browser.skip }, async t => {
  const seen = await look('light', false)
  await seen.page.goto(`${site.url}/`, { waitUntil: 'networkidle' })
  let sum = 0
  for (const response of seen.loaded) {
    const bytes = await weigh(response)
    t.diagnostic(`${bytes} ${response.url().replace(site.url, '')}`)
    sum += bytes
  }
  t.diagnostic(`${sum} in all`)
  assert.ok(seen.loaded.length > 1, 'it loads its style')
  assert.ok(sum < LIMIT, `${sum} bytes`)
})

function paths () {
  const bot = `/agents/${who.bot}`
  return {
    strangers: ['/', '/start', '/agents/none', invite.token, '/i/none', '/none'],
    signedIn: ['/agents', '/agents#another', '/account', '/account/delete', bot, `${bot}/status`, `${bot}/invites`,
      `${bot}/stop`, `${bot}/restart`, `${bot}/start`, `${bot}/delete`, `${bot}/invites/${invite.invite}/revoke`, '/agents/none']
  }
}

async function walk (scheme, signedIn, list) {
  const seen = await look(scheme, signedIn)
  for (const path of list) {
    const status = (await seen.page.goto(`${site.url}${path}`, { waitUntil: 'networkidle' }))?.status()
    const wide = await seen.page.evaluate(() => document.scrollingElement.scrollWidth)
    assert.ok(wide <= 320, `${path} in ${scheme} is ${wide} px wide`)
    const missing = await seen.page.evaluate(() => [...document.querySelectorAll('.butt use')].filter(use => use.getBBox().width === 0).length)
    assert.equal(missing, 0, `${path} in ${scheme}: a butt is not drawn`)
    // Chromium itself notes each answer of 404 as an error; ours is what the page is.
    const complaints = seen.complaints.filter(text => status !== 404 || !text.includes('status of 404'))
    assert.deepEqual(complaints, [], path)
    seen.complaints.length = 0
  }
  for (const response of seen.loaded) assert.ok(response.url().startsWith(`${site.url}/`), `loads ${response.url()}`)
  await seen.context.close()
}

for (const scheme of ['light', 'dark']) {
  test(`every page fits 320 px in ${scheme}, loads only its own, and has no complaint`, { skip: browser.skip }, async () => {
    invite.token = await tokenPath()
    const { strangers, signedIn } = paths()
    await walk(scheme, false, strangers)
    await walk(scheme, true, signedIn)
  })
}

async function tokenPath () {
  const page = await client.page(`/agents/${who.bot}/invites`)
  return /href="(?:https?:\/\/[^/"]+)?(\/i\/[^"]+)"/.exec(page.body)[1]
}

test('errors in forms fit 320 px too', { skip: browser.skip }, async () => {
  const seen = await look('light', true)
  await seen.page.goto(`${site.url}/agents`)
  await seen.page.locator('#name').fill('x'.repeat(120))
  await seen.page.locator('form:has(#name) button[type=submit]').click()
  await seen.page.waitForSelector('[role=alert]')
  await seen.page.waitForLoadState()
  assert.equal(await seen.page.locator('[role=alert]').count(), 1)
  assert.match(await seen.page.title(), /^Error: /)
  assert.ok(await seen.page.evaluate(() => document.scrollingElement.scrollWidth) <= 320)
  assert.equal(await seen.page.locator('#name').inputValue(), 'x'.repeat(120))
  assert.equal(await seen.page.evaluate(() => document.activeElement.getAttribute('role')), 'alert')
})
