'use strict'
// Pictures of every page, for people to look at: node pictures.js [DIR], at 320, 768 and 1280 px, in
// light and dark. Starts a site of its own, or uses the one of BAAS_URL and BAAS_DIR.

const { spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const browser = require('./browser')
const friend = require('./friend')
const person = require('./person')
const procs = require('./procs')
const { borrow } = require('./site')
const { until } = require('./until')

const OUT = path.resolve(process.argv[2] ?? '/tmp/pics')
const WIDTHS = [320, 768, 1280]
const SCHEMES = ['light', 'dark']
const DAY = 86400000

const sqlite = (site, text) => {
  const { status, stderr } = spawnSync('sqlite3', ['-bail', '-cmd', '.timeout 5000', path.join(site.dir, 'baas.db')], { input: text, encoding: 'utf8' })
  if (status !== 0 || stderr !== '') throw new Error(`sqlite3: ${stderr}`)
}

// A busy year with two holes in it.
function seedSamples (site, bot) {
  const now = Date.now()
  const rows = []
  for (const [step, back] of [[60, 2 * DAY], [3600, 60 * DAY], [86400, 400 * DAY]]) {
    for (let at = now - back, n = 0; at < now; at += step * 1000, n++) {
      const away = (now - at) / back
      if ((away > 0.2 && away < 0.27) || (away > 0.6 && away < 0.63)) continue
      const wave = 1 + Math.sin(n / 90) / 3 + Math.sin(n / 13) / 9
      const start = Math.floor(at / (step * 1000)) * step * 1000
      const mega = Math.round(wave * 1048576)
      rows.push(`(${step}, ${start}, ${100 * mega}, ${Math.round((1.2 - away) * 4e9)}, ${step * 900 * Math.round(wave * 10)}, ${step * 2100 * Math.round(wave * 10)}, ${Math.round(wave * 12)}, ${step * 1000})`)
    }
  }
  sqlite(site, `BEGIN; CREATE TEMP TABLE s (step, at, memory, disk, i, o, peers, ms); INSERT INTO s VALUES ${rows.join(',')};
    INSERT OR REPLACE INTO samples (bot_id, step, at, memory, disk, bytes_in, bytes_out, peers, alive_ms)
    SELECT a.id, s.* FROM s, agents a WHERE a.type = 'bot' AND a.name = '${bot}'; COMMIT;`)
}

class Camera {
  constructor (site, chromium) {
    this.site = site
    this.chromium = chromium
  }

  async shoot (name, client, where, prepare = async () => {}) {
    const context = await this.chromium.newContext()
    const cookies = [...client.cookies].map(([name, value]) => ({ name, value, url: this.site.url }))
    if (cookies.length > 0) await context.addCookies(cookies)
    const page = await context.newPage()
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        await page.goto(`${this.site.url}${where}`)
        await prepare(page)
        await page.screenshot({ path: path.join(OUT, `${name}-${width}-${colorScheme}.png`), fullPage: true })
        const wide = await page.evaluate(() => document.scrollingElement.scrollWidth)
        if (wide > width) console.log(`${name}: ${wide} px wide at ${width}`)
      }
    }
    await context.close()
    console.log(name)
  }
}

async function outside (camera) {
  const nobody = camera.site.client()
  await camera.shoot('01-landing', nobody, '/')
  await camera.shoot('02-landing-menu', nobody, '/', page => page.locator('summary').first().click())
  await camera.shoot('03-start', nobody, '/start')
  await camera.shoot('04-start-error', nobody, '/start', async page => {
    await page.locator('#email').fill(`${person.invent('someone').bot}@example.com`)
    await page.locator('#password').fill('a rather silly sentence')
    await page.locator('button.yes').click()
  })
  await camera.shoot('05-start-empty', nobody, '/start', page => page.locator('button.yes').click())
  await camera.shoot('06-404', nobody, '/nothing-here')
}

async function fresh (camera, client) {
  await camera.shoot('10-newbie', client, '/newbie')
  await camera.shoot('11-newbie-error', client, '/newbie', async page => {
    await page.locator('#bot').fill('Not A Name!')
    await page.locator('button.yes').click()
  })
  await camera.shoot('12-dashboard-empty', client, '/agents')
}

// A bot that hangs: its page tells what the worker has noticed.
async function hang (site, before, client, bot) {
  const pub = site.procs('pub').find(one => !before.includes(one.pid))
  if (pub === undefined) return null
  procs.signal([pub], 'SIGSTOP')
  await until(`${bot} is not alive`, 60000, async () => (await person.tag(client, bot)).status !== 'alive', 500)
  return pub
}

async function invitesOf (camera, client, who) {
  const bot = `/agents/${who.bot}`
  await camera.shoot('30-invites-empty', client, `${bot}/invites`)
  const codes = {}
  for (const label of ['alice', 'bob', 'carol', 'dan, from the choir with the long name', 'eve']) codes[label] = await person.invite(client, who.bot, label)
  if (!friend.skip) {
    await friend.redeem('classic', codes.alice.code, '--name', 'Alice in Wonderland')
    await friend.redeem('modern', codes.bob.code, '--name', 'bob')
    await until('both are used', 40000, async () => (await person.invites(client, who.bot))
      .filter(one => one.state === 'used' && /Alice in Wonderland|as bob/.test(one.words)).length === 2).catch(err => console.log(err.message))
  }
  const revoke = `${bot}/invites/${codes.eve.invite}/revoke`
  await camera.shoot('31-revoke', client, revoke)
  await client.submit(await client.page(revoke), revoke)
  await until('eve is revoked', 20000, async () => (await person.invites(client, who.bot)).some(one => one.state === 'revoked'))
  await camera.shoot('32-invites', client, `${bot}/invites`)
  await camera.shoot('33-invites-open', client, `${bot}/invites`, page => page.evaluate(() => {
    for (const one of document.querySelectorAll('main details')) one.open = true
  }))
  const [, token] = /href="(?:https?:\/\/[^/"]+)?(\/i\/[^"]+)"/.exec((await client.page(`${bot}/invites`)).body)
  await camera.shoot('34-friend', camera.site.client(), token)
  await camera.shoot('35-friend-gone', camera.site.client(), '/i/AAAAAAAAAAAAAAAAAAAAAA')
}

async function confirmPages (camera, client, bot) {
  for (const verb of ['stop', 'restart', 'start', 'delete']) await camera.shoot(`40-confirm-${verb}`, client, `${bot}/${verb}`)
  await camera.shoot('41-delete-error', client, `${bot}/delete`, async page => {
    await page.locator('#confirm').fill('something else')
    await page.locator('button.danger').click()
  })
  await camera.shoot('42-account', client, '/account')
  await camera.shoot('43-account-error', client, '/account', async page => {
    await page.locator('#new').fill('short')
    await page.locator('form[action="/account/password"] button[type=submit]').click()
  })
  await camera.shoot('44-leave', client, '/account/delete')
  await camera.shoot('45-405', client, `${bot}/restore`)
  await camera.shoot('46-404-signed-in', client, '/agents/not-mine')
}

async function manyBots (camera, client, who) {
  const { site } = camera
  const bots = { asleep: 'sleepy', poorly: 'poorly-one', bin: 'the-one-in-the-bin' }
  for (const name of Object.values(bots)) {
    const before = site.procs('pub').map(one => one.pid)
    await person.order(client, `${name}-${process.pid}`)
    if (name === bots.asleep) await camera.shoot('20-bot-waking', client, `/agents/${name}-${process.pid}`)
    await person.becomes(client, `${name}-${process.pid}`, 'alive', 20000)
    if (name === bots.poorly) bots.before = before
  }
  const [asleep, poorly, bin] = [bots.asleep, bots.poorly, bots.bin].map(name => `${name}-${process.pid}`)
  await person.act(client, asleep, 'stop')
  await person.becomes(client, asleep, 'stopped', 20000)
  const confirm = client.fields(await client.page(`/agents/${bin}/delete`), `/agents/${bin}/delete`)
  await client.post(`/agents/${bin}/delete`, { ...confirm, confirm: `${bin}.localhost`, password: who.password })
  await client.page('/agents') // takes the flash
  await camera.shoot('21-bot-asleep', client, `/agents/${asleep}`)
  await camera.shoot('22-bot-bin', client, `/agents/${bin}`)
  await camera.shoot('23-dashboard', client, '/agents')
  return { asleep, poorly, bin, before: bots.before }
}

async function troubles (camera, client, who, bots) {
  const { site } = camera
  const hung = await hang(site, bots.before, client, bots.poorly)
  await camera.shoot('50-bot-poorly', client, `/agents/${bots.poorly}`)
  await camera.shoot('51-dashboard-poorly', client, '/agents')
  procs.signal(hung === null ? [] : [hung], 'SIGCONT')
  if (site.child === undefined) return
  const held = site.supervisors()
  procs.signal(held, 'SIGSTOP')
  procs.signal(site.procs('worker'), 'SIGKILL')
  await until('#unsure', 60000, async () => (await person.tag(client, who.bot)).status === 'unknown', 500)
  await camera.shoot('52-bot-unsure', client, `/agents/${who.bot}`)
  await camera.shoot('53-dashboard-unsure', client, '/agents')
  procs.signal(held, 'SIGCONT')
}

// The static pages of lighttpd, as files.
async function errorPages (camera) {
  const dir = path.resolve(__dirname, '../../build/root/share/baas')
  const files = fs.readdirSync(path.join(dir, 'errors')).filter(name => name.endsWith('.html'))
  const page = await camera.chromium.newPage()
  await page.route('**/static/**', route => route.fulfill({ path: path.join(dir, new URL(route.request().url()).pathname) }))
  await page.route('**/errors/**', route => route.fulfill({ path: path.join(dir, new URL(route.request().url()).pathname) }))
  for (const name of files) {
    for (const colorScheme of SCHEMES) {
      for (const width of WIDTHS) {
        await page.emulateMedia({ colorScheme })
        await page.setViewportSize({ width, height: 800 })
        await page.goto(`http://errors.invalid/errors/${name}`)
        await page.screenshot({ path: path.join(OUT, `60-error-${path.parse(name).name}-${width}-${colorScheme}.png`), fullPage: true })
      }
    }
    console.log(`60-error-${name}`)
  }
}

async function main () {
  if (browser.skip) throw new Error(browser.skip)
  fs.mkdirSync(OUT, { recursive: true })
  const site = await borrow()
  const chromium = await browser.launch()
  try {
    const camera = new Camera(site, chromium)
    const client = site.client()
    await outside(camera)
    const who = await person.register(client, person.invent())
    await fresh(camera, client)
    await person.greet(client, who)
    await person.becomes(client, who.bot, 'alive', 10000)
    const bot = `/agents/${who.bot}`
    await camera.shoot('24-bot-alive', client, bot)
    await camera.shoot('25-menu', client, bot, page => page.locator('summary').first().click())
    await camera.shoot('26-status-empty', client, `${bot}/status`)
    seedSamples(site, who.bot)
    await camera.shoot('27-status', client, `${bot}/status`)
    await invitesOf(camera, client, who)
    await confirmPages(camera, client, bot)
    const bots = await manyBots(camera, client, who)
    await errorPages(camera)
    await troubles(camera, client, who, bots)
  } finally {
    await chromium.close()
    await site.close()
  }
}

main().catch(err => {
  console.error(err)
  process.exitCode = 1
})
