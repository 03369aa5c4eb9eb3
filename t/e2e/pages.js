'use strict'
// Every page that people can meet, once in each of its states: walk(site) resolves to [{ name, path, html }].
// Some states would take minutes to come by themselves, or a fault: the database is told that they are so.

const assert = require('node:assert/strict')
const { spawn, spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { links } = require('./letters')
const person = require('./person')
const { PREFIX, borrow, open } = require('./site')
const { sql } = require('./sql')
const { until } = require('./until')
const { data } = require('./html')

const DAY = 86400000
const LATER = 4102444800000 // no look of the worker's comes between
const FRIEND = `@${'A'.repeat(43)}=.ed25519`

const STATES = {
  poorly: ['unhealthy', "wanted = 'running', running = 0, fails = 2, reason = 'it ran out of memory'"],
  unsure: ['unknown', 'running = 0, seen_at = seen_at - 400000'],
  sleepy: ['stopped', "wanted = 'stopped', running = 0"],
  paused: ['suspended', "suspended_at = created_at, suspended_for = 'the bill of march is open'"]
}

// A server that is not everybody's, and what its bots' pages have then: a bot's status, columns of the server, of the bot.
const SERVERS = {
  building: ['starting', "state = 'building', volume_id = 'v', reason = 'the first machine did not come up; this is the second'", ''],
  joining: ['starting', "state = 'joining', reason = '', address = '192.0.2.1', cloud_id = 'm', powered_at = 1", ''],
  'moving in': ['starting', "state = 'ready', state_since = created_at, joined_at = created_at", ''],
  'building, not wanted': ['unknown', "state = 'building', joined_at = NULL", ", wanted = 'stopped'"],
  broken: ['unhealthy', "state = 'broken', reason = 'there is no machine of this kind left'", ", wanted = 'running'"]
}

const idOf = bot => `(SELECT id FROM agents WHERE type = 'bot' AND name = '${bot}')`

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
      const moved = step * 300 * Math.round(wave * 10)
      rows.push(`(${step}, ${start}, ${100 * mega}, ${Math.round((1.2 - away) * 4e9)}, ${3 * moved}, ${7 * moved}, ${Math.round(wave * 12)}, ${step * 1000})`)
    }
  }
  sql(site, `BEGIN; CREATE TEMP TABLE s (step, at, memory, disk, i, o, peers, ms); INSERT INTO s VALUES ${rows.join(',')};
    INSERT OR REPLACE INTO samples (bot_id, step, at, memory, disk, bytes_in, bytes_out, peers, alive_ms)
    SELECT ${idOf(bot)}, s.* FROM s; COMMIT;`)
}

class Walk {
  constructor (site) {
    this.site = site
    this.client = site.client()
    this.pages = []
  }

  add (name, answer, status = 200) {
    assert.equal(answer.status, status, `${name}: ${answer.path} says ${answer.status}`)
    this.pages.push({ name, path: answer.path, html: answer.body })
  }

  async see (name, where, { status = 200, client = this.client } = {}) {
    this.add(name, await client.get(where), status)
  }

  // What a form's page says when it is sent with these fields.
  async refuse (name, where, fields, { status = 422, client = this.client, action = where } = {}) {
    this.add(name, await client.submit(await client.page(where), action, fields), status)
  }

  // Sends a form, and sees the page that comes after it.
  async send (name, where, fields, action = where) {
    const answer = await this.client.submit(await this.client.page(where), action, fields)
    this.add(name, await this.client.follow(answer))
  }
}

// From the wish for an account to the page behind the letter's link, in this browser and in another one.
async function newcomers (walk, site) {
  const [client, other] = [site.client(), site.client()]
  const { email, password } = person.invent()
  const first = await client.submit(await client.page('/start'), '/start', { email, password })
  walk.add('mailed', await client.submit(first, '/start', { email, password, new: '1' }))
  const [link] = await until('there is a letter', 10000, () => links(site, email).length > 0 && links(site, email))
  await walk.see('newcomer, elsewhere', link, { client: other })
  await walk.refuse('newcomer, wrong', link, { password: 'not that one' }, { client: other })
  await walk.see('newcomer', link, { client })
  await client.submit(await client.page(link), link)
  await walk.see('stale', link, { client: other, status: 404 })
}

async function outside (walk) {
  const client = walk.site.client()
  await walk.see('landing', '/', { client })
  await walk.see('start', '/start', { client })
  await walk.refuse('start, new', '/start', { email: person.invent().email, password: 'a rather silly sentence' }, { client })
  await walk.refuse('start, empty', '/start', {}, { client })
  await walk.see('404', '/nothing-here', { client, status: 404 })
  await walk.see('friend, gone', '/i/unknown', { client, status: 404 })
}

async function settle (walk) {
  const { client } = walk
  const who = await person.register(client, person.invent())
  await walk.see('newbie', '/newbie')
  await walk.refuse('newbie, wrong', '/newbie', { name: '', bot: 'Not A Name!', payment: 'gold' })
  await walk.see('dashboard, empty', '/agents')
  await person.greet(client, who)
  const bot = `/agents/${who.bot}`
  await walk.see('bot, waking', bot)
  await person.becomes(client, who.bot, 'alive', 30000)
  await walk.see('bot, alive', bot)
  await walk.see('status, empty', `${bot}/status`)
  seedSamples(walk.site, who.bot)
  await walk.see('status', `${bot}/status`)
  return who
}

async function invites (walk, { bot }) {
  const { client, site } = walk
  const where = `/agents/${bot}/invites`
  await walk.see('invites, none', where)
  await walk.refuse('invites, wrong', where, { label: 'x'.repeat(300) })
  const made = {}
  for (const label of ['alice', 'dan, from the choir with the long name', 'eve']) made[label] = await person.invite(client, bot, label)
  const revoke = `${where}/${made.eve.invite}/revoke`
  await walk.see('revoke', revoke)
  await client.submit(await client.page(revoke), revoke)
  await until('eve is revoked', 20000, async () => (await person.invites(client, bot)).some(one => one.state === 'revoked'))
  await walk.see('revoke, late', revoke)
  sql(site, `UPDATE invites SET state = 'used', used_by = '${FRIEND}', used_name = 'Alice in Wonderland', used_at = created_at,
    token = NULL, seed = NULL WHERE key = '${made.alice.invite}'`)
  await walk.see('invites', where)
  const token = sql(site, `SELECT token FROM invites WHERE bot_id = ${idOf(bot)} AND state = 'unused'`)
  await walk.see('friend', `/i/${token}`, { client: site.client() })
}

async function asks (walk, { bot, password }) {
  const path = `/agents/${bot}`
  for (const verb of ['start', 'stop', 'restart', 'delete']) await walk.see(verb, `${path}/${verb}`)
  await walk.refuse('delete, wrong', `${path}/delete`, { confirm: 'something else', password: 'not the password' })
  await walk.send('bot, stopping', `${path}/stop`, {})
  await person.becomes(walk.client, bot, 'stopped', 15000)
  await walk.see('bot, asleep', path)
  await walk.send('invites, pending', `${path}/invites`, { label: 'frank' })
  const token = sql(walk.site, `SELECT token FROM invites WHERE bot_id = ${idOf(bot)} AND state = 'pending'`)
  await walk.see('friend, pending', `/i/${token}`, { client: walk.site.client() })
  await walk.send('bot, bin', `${path}/delete`, { confirm: bot, password })
  await walk.see('invites, bin', `${path}/invites`)
  await walk.see('cannot', `${path}/start`, { status: 422 })
}

// Bots that are not well, and so many that the first one can't come back.  Nobody gets a new one while one is paused.
async function troubles (walk, { bot }) {
  for (const [name, [status, so]] of Object.entries(STATES)) {
    const other = `${name}-${bot}`
    await person.order(walk.client, other)
    await until(`${other} is ${status}`, 20000, async () => {
      sql(walk.site, `UPDATE bots SET seen_at = ${Date.now()}, due = ${LATER} WHERE id = ${idOf(other)};
        UPDATE bots SET ${so.replace('created_at', Date.now())} WHERE id = ${idOf(other)}`)
      const answer = await walk.client.get(`/agents/${other}`)
      if (data(answer.body, 'status')[0].status !== status) return false
      walk.add(`bot, ${name}`, answer)
      return true
    })
  }
  await walk.see('status, poorly', `/agents/poorly-${bot}/status`)
  await walk.see('dashboard', '/agents')
  await walk.refuse('dashboard, paused', '/agents', { name: `more-${bot}`, description: '' })
  await walk.see('cannot, paused', `/agents/paused-${bot}/stop`, { status: 422 })
  sql(walk.site, `UPDATE bots SET suspended_at = NULL WHERE id = ${idOf(`paused-${bot}`)}`)
  await walk.refuse('dashboard, wrong', '/agents', { name: '-', description: 'x'.repeat(6000) })
  await servers(walk, `poorly-${bot}`)
  await person.order(walk.client, `last-${bot}`)
  await walk.see('dashboard, full', '/agents')
  await walk.refuse('full', `/agents/${bot}`, {}, { action: `/agents/${bot}/restore` })
}

// The page of a bot whose server is on its way: this one's row is told to be on such a one for a while.
async function servers (walk, bot) {
  const { site } = walk
  const home = sql(site, `SELECT server_id FROM bots WHERE id = ${idOf(bot)}`)
  sql(site, `INSERT INTO servers (minion, person_id, created_at)
    SELECT 'p0-g1', target_agent_id, ${Date.now()} FROM belongs WHERE source_agent_id = ${idOf(bot)}`)
  const server = "(SELECT id FROM servers WHERE minion = 'p0-g1')"
  for (const [name, [status, so, wish]] of Object.entries(SERVERS)) {
    sql(site, `BEGIN; UPDATE servers SET ${so} WHERE id = ${server};
      UPDATE bots SET server_id = ${server}, seen_at = NULL${wish}, wished_at = ${Date.now() - 60000}, due = ${LATER} WHERE id = ${idOf(bot)}; COMMIT`)
    const answer = await walk.client.get(`/agents/${bot}`)
    assert.equal(data(answer.body, 'status')[0].status, status, `server, ${name}`)
    assert.match(answer.body, /its server/, `server, ${name}`)
    walk.add(`server, ${name}`, answer)
  }
  await walk.see('status, broken', `/agents/${bot}/status`)
  sql(site, `BEGIN; UPDATE bots SET server_id = ${home}, seen_at = ${Date.now()}, due = ${LATER} WHERE id = ${idOf(bot)};
    DELETE FROM servers WHERE id = ${server}; COMMIT`)
}

async function account (walk, who) {
  await person.signIn(walk.site.client(), who)
  await walk.see('you', '/account')
  await walk.send('you, renamed', '/account', { name: 'ash the second' }, '/account/name')
  await walk.refuse('you, no name', '/account', { name: '' }, { action: '/account/name' })
  await walk.refuse('you, wrong password', '/account', { password: 'no', new: 'short' }, { action: '/account/password' })
  await walk.see('leave', '/account/delete')
  await walk.refuse('leave, wrong', '/account/delete', { confirm: 'nobody', password: '' })
  await walk.see('404, signed in', '/agents/not-mine', { status: 404 })
}

// Requests that no page of ours sends.
async function oddities (walk, who) {
  const { client, site } = walk
  const { csrf } = client.fields(await client.page('/account'), '/account/name')
  walk.add('400', await client.send('POST', '/account/name', { body: 'name=%00' }), 400)
  walk.add('403', await client.post('/account/name', { csrf: 'stale' }), 403)
  walk.add('405', await client.get(`/agents/${who.bot}/restore`), 405)
  walk.add('413', await client.post('/account/name', { csrf, name: 'x'.repeat(70000) }), 413)
  sql(site, "INSERT OR REPLACE INTO tries (subject, count, last_at) VALUES ('address:127.0.0.1', 99, unixepoch() * 1000)")
  await walk.refuse('429', '/start', { email: who.email, password: 'no' }, { status: 429, client: site.client() })
  sql(site, "DELETE FROM tries WHERE subject = 'address:127.0.0.1'")
}

// Faults: no room for a password, and a name that can't be.
async function faults (walk, who) {
  const { site } = walk
  const slots = ['hash.0', 'hash.1'].map(name => path.join(site.dir, name))
  const holder = spawn('flock', [slots[0], 'flock', slots[1], 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const client = site.client()
  try {
    await until('both slots are held', 10000, () => spawnSync('flock', ['-n', slots[1], 'true']).status === 1)
    const start = await client.page('/start')
    walk.add('503', await client.submit(start, '/start', { email: who.email, password: who.password }), 503)
  } finally {
    holder.stdin.end()
  }
  sql(site, `UPDATE agents SET name = name || '${'x'.repeat(300)}' WHERE id = (SELECT person_id FROM credentials WHERE email = '${who.email}')`)
  await walk.see('500', '/account', { status: 500 })
}

// What lighttpd says by itself.
function errors (walk) {
  const dir = path.join(PREFIX, 'share/baas/errors')
  for (const name of fs.readdirSync(dir).filter(name => name.endsWith('.html'))) {
    walk.add(`lighttpd's ${path.parse(name).name}`, { path: '/nothing-here', status: 200, body: fs.readFileSync(path.join(dir, name), 'utf8') })
  }
}

// Those of accounts.verify, on a site of its own.
async function verified (walk) {
  const site = await open({ set: ['accounts.verify=on'] })
  try {
    await newcomers(walk, site)
  } finally {
    await site.close()
  }
}

async function walk (site) {
  const all = new Walk(site)
  await outside(all)
  await verified(all)
  const who = await settle(all)
  await invites(all, who)
  await asks(all, who)
  await troubles(all, who)
  await account(all, who)
  await oddities(all, who)
  await faults(all, who)
  errors(all)
  return all.pages
}

// A site that has all that a page can show, or the one that runs already.
const site = () => process.env.BAAS_URL ? borrow() : open({ set: ['site.contact=hello@example.com'] })

// A browser's page that shows what walk has collected, with the site's own style and script; nobody else answers.
async function screen (context, site) {
  const page = await context.newPage()
  let html
  await page.route('**/*', route => {
    const request = route.request()
    if (request.isNavigationRequest()) return route.fulfill({ contentType: 'text/html; charset=utf-8', body: html })
    return new URL(request.url()).pathname.startsWith('/static/') ? route.continue() : route.abort()
  })
  return {
    page,
    async show (one) {
      html = one.html
      await page.goto(site.url + one.path)
    }
  }
}

module.exports = { screen, site, walk }
