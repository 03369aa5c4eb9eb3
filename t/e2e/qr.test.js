'use strict'
// What a camera reads off the screen, by Debian's zbar: the link on the invites tab, the code on the friend's page.

const assert = require('node:assert/strict')
const { spawnSync } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')
const { after, before, test } = require('node:test')
const browser = require('./browser')
const person = require('./person')
const { borrow } = require('./site')

let site, chromium, client, who, invite

before(async () => {
  site = await borrow()
  client = site.client()
  who = await person.settle(client)
  invite = await person.invite(client, who.bot, 'carol')
  if (!browser.skip) chromium = await browser.launch()
})
after(async () => {
  await chromium?.close()
  await site?.close()
})

// Draws the page's first square code as Chromium does, and reads it back.
async function camera (html) {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'baas-qr-')), 'qr.png')
  const page = await chromium.newPage()
  await page.setContent(`<body style="margin: 2em; background: #fff">${/<svg class="qr"[^]*?<\/svg>/.exec(html)[0]}</body>`)
  await page.locator('svg').evaluate(svg => { svg.style.width = '400px' })
  await page.screenshot({ path: file })
  // Other kinds of codes it now and then finds within a square one.
  const read = spawnSync('zbarimg', ['-q', '--raw', '-Sdisable', '-Sqrcode.enable', file], { encoding: 'utf8' })
  fs.rmSync(path.dirname(file), { recursive: true })
  return read.stdout.trim()
}

test('the invites tab shows the link', { skip: browser.skip }, async () => {
  const { body } = await client.page(`/agents/${who.bot}/invites`)
  const link = await camera(body)
  assert.match(link, /\/i\/[\w-]{22}$/)
  assert.ok(body.includes(`href="${link}"`) || body.includes(`href="${new URL(link).pathname}"`), link)
})

test('the friend\'s page shows the code', { skip: browser.skip }, async () => {
  const link = await camera((await client.page(`/agents/${who.bot}/invites`)).body)
  assert.equal(await camera((await site.client().page(new URL(link).pathname)).body), invite.code)
})
