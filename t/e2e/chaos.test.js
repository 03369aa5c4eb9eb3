'use strict'
// Worker and routes are killed at random moments while people click. What was acknowledged stays.
// BAAS_SEED repeats the choice of victims and moments.

const assert = require('node:assert/strict')
const { execFileSync } = require('child_process')
const path = require('path')
const { after, before, test } = require('node:test')
const person = require('./person')
const procs = require('./procs')
const { PREFIX, open } = require('./site')
const { pause, until } = require('./until')
const { data } = require('./html')

const ROUNDS = 50
const UNUSED_MAX = 90
const ACKNOWLEDGE = 20000
const LOST = [500, 502, 503, 504]
const seed = Number(process.env.BAAS_SEED ?? Date.now() % 1e9)

let state = seed
let site, client, who
let running = true
const done = { invites: new Map(), revoked: new Set(), wish: 'start', name: '' }
const count = { acknowledged: 0, lost: 0, killed: {} }

// 0 <= x < 1, the same for the same seed (mulberry32).
function random () {
  state = (state + 0x6D2B79F5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

// Sends until somebody answers. Resolves to the answer, with how many were lost before it.
function answered (send) {
  let lost = 0
  return until('an answer', ACKNOWLEDGE, async () => {
    try {
      const answer = await send()
      if (!LOST.includes(answer.status)) return { ...answer, lost }
    } catch {}
    lost++
    count.lost++
    return null
  })
}

async function page (path) {
  const answer = await answered(() => client.get(path))
  assert.equal(answer.status, 200, `GET ${path}: ${answer.status}`)
  return answer
}

// A POST until it is acknowledged; after a lost answer it may find that it has been done.
async function acknowledged (path, fields) {
  const answer = await answered(() => client.post(path, fields))
  const repeated = answer.lost > 0 && [404, 409, 422].includes(answer.status)
  assert.ok(answer.status === 303 || repeated, `POST ${path}: ${answer.status}`)
  count.acknowledged++
  return answer
}

async function makeInvites () {
  const path = `/agents/${who.bot}/invites`
  for (let n = 1; running && n <= UNUSED_MAX; n++) {
    const label = `guest ${n}.`
    const fields = client.fields(await page(path), path, { label })
    const { status, headers } = await acknowledged(path, fields)
    assert.equal(status, 303, 'the same once gets the same answer')
    done.invites.set(label, headers.location)
    await pause(300 * random())
  }
}

async function revokeSome () {
  while (running) {
    const path = `/agents/${who.bot}/invites`
    const { body } = await page(path)
    const one = data(body, 'invite').find(one => one.state === 'unused' && one.code && !done.revoked.has(one.invite))
    if (one !== undefined && random() < 0.3) {
      const revoke = `${path}/${one.invite}/revoke`
      const { csrf } = client.fields({ body, path, status: 200 }, path)
      await acknowledged(revoke, { csrf })
      done.revoked.add(one.invite)
    }
    await pause(50 * random())
  }
}

async function stopAndStart () {
  while (running) {
    const verb = done.wish === 'start' ? 'stop' : 'start'
    const path = `/agents/${who.bot}/${verb}`
    await acknowledged(path, client.fields(await page(path), path))
    done.wish = verb
    await pause(1000 + 1500 * random())
  }
}

async function rename () {
  for (let n = 1; running; n++) {
    const name = `ash ${n}.`
    await acknowledged('/account/name', client.fields(await page('/account'), '/account/name', { name }))
    done.name = name
  }
}

// Two in five times the worker, else all processes of a route: mostly one that is being used. The look
// for them holds up our own clicks, so the kill comes a little later, in the middle of the next ones.
async function kill () {
  const busy = ['account', 'bot', 'invites']
  const names = [...new Set(site.procs('cgi').map(one => path.basename(one.exe)))].sort()
  const some = random() < 0.7 ? busy : names
  const name = random() < 0.4 ? 'baas-reconcile' : some[Math.floor(random() * some.length)]
  const victims = site.procs().filter(one => path.basename(one.exe) === name)
  await pause(40 * random())
  procs.signal(victims, 'SIGKILL')
  count.killed[name] = (count.killed[name] ?? 0) + victims.length
}

// Looks all the time; resolves to what it ever saw twice.
async function watchForDoubles () {
  const seen = new Set()
  while (running) {
    for (const cwd of procs.doubled(site.dir)) seen.add(cwd)
    await pause(50)
  }
  return [...seen]
}

// The rows of an answer, without the line of names.
function sql (text) {
  const out = execFileSync(path.join(PREFIX, 'bin/baas'), ['-c', path.join(site.dir, 'baas.conf'), 'sql', text], { encoding: 'utf8' })
  return out.split('\n').filter(Boolean).slice(1)
}

before(async () => {
  site = await open()
  client = site.client()
  who = await person.settle(client)
  await person.becomes(client, who.bot, 'alive', 30000)
})
after(() => site?.close())

test(`${ROUNDS} kills while people click`, async t => {
  t.diagnostic(`BAAS_SEED=${seed}`)
  const clicks = Promise.all([makeInvites(), revokeSome(), stopAndStart(), rename()])
  const doubles = watchForDoubles()
  let failed
  clicks.catch(err => { failed = err })
  for (let round = 0; round < ROUNDS && failed === undefined; round++) {
    await pause(700 * random())
    await kill()
  }
  running = false
  await clicks
  t.diagnostic(JSON.stringify({ ...count, invites: done.invites.size, revoked: done.revoked.size }))
  assert.deepEqual(await doubles, [], 'two pubs in one directory')
})

test('the last wish is what the bot comes to', async () => {
  await person.becomes(client, who.bot, done.wish === 'start' ? 'alive' : 'stopped', 60000)
  // The last kill may have hit a route or the worker a moment ago, and what the page says is of the last look.
  const path = `/agents/${who.bot}/start`
  if (done.wish === 'stop') await acknowledged(path, client.fields(await page(path), path))
  await person.becomes(client, who.bot, 'alive', 60000)
  await until('a worker, and one pub', 10000, () => site.procs('worker').length > 0 && site.procs('pub').length === 1)
})

test('each acknowledged invite is there once, with its code or taken back', async () => {
  const all = await until('nothing is pending', 30000, async () => {
    const now = await person.invites(client, who.bot)
    return now.every(one => one.state !== 'pending') &&
      now.every(one => !done.revoked.has(one.invite) || one.state === 'revoked') && now
  })
  for (const label of done.invites.keys()) {
    const found = all.filter(one => one.words.startsWith(`${label} `) || one.words.startsWith(`${label},`))
    assert.equal(found.length, 1, `${label} is there ${found.length} times`)
    const [one] = found
    if (done.revoked.has(one.invite)) assert.equal(one.state, 'revoked', label)
    else assert.ok(one.state === 'unused' && one.code, `${label}: ${one.state}`)
  }
  assert.equal(all.length, done.invites.size, 'and no others')
})

test('the last acknowledged name is there', async () => {
  assert.ok((await page('/account')).body.includes(`value="${done.name}"`))
})

test('the database is whole', () => {
  assert.deepEqual(sql('PRAGMA integrity_check'), ['ok'])
  assert.deepEqual(sql('PRAGMA foreign_key_check'), [])
  assert.deepEqual(sql('SELECT b.id FROM bots b WHERE NOT EXISTS (SELECT 1 FROM belongs g WHERE g.source_agent_id = b.id)'), [])
})
