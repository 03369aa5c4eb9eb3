'use strict'
// The whole of ./dev run ends and starts again: the same people, the sleeper asleep, the other one awake.

const assert = require('node:assert/strict')
const { spawn } = require('child_process')
const fs = require('fs')
const path = require('path')
const { after, before, test } = require('node:test')
const person = require('./person')
const { open } = require('./site')
const { pause, until } = require('./until')

const READY = 5000
const WAKES = 30000
const SLEEPS = 'sleeper-' + process.pid
let site, client, who, keys

const statuses = async () => Promise.all([who.bot, SLEEPS].map(async bot => (await person.tag(client, bot)).status))
const keysNow = async () => Promise.all([who.bot, SLEEPS].map(async bot => (await person.tag(client, bot)).key))

before(async () => {
  site = await open()
  client = site.client()
  who = await person.settle(client)
  await person.order(client, SLEEPS)
  for (const bot of [who.bot, SLEEPS]) await person.becomes(client, bot, 'alive', WAKES)
  await person.act(client, SLEEPS, 'stop')
  await person.becomes(client, SLEEPS, 'stopped', 15000)
  keys = await keysNow()
})
after(() => site?.close())

for (const round of [1, 2]) {
  test(`start ${round + 1}: ready in under 5 s, people and wishes as they were`, async t => {
    t.diagnostic(`all ended within ${await site.stop()} ms`)
    await site.start()
    t.diagnostic(`ready after ${site.readyIn} ms`)
    assert.ok(site.readyIn < READY, `ready only after ${site.readyIn} ms`)
    await until('the awake one is alive by itself', WAKES, async () => (await statuses())[0] === 'alive')
    await until('the other is known to sleep', WAKES, async () => (await statuses())[1] === 'stopped')
    assert.equal(site.procs('pub').length, 1)
    assert.deepEqual(await keysNow(), keys)
  })
}

test('nothing says "ready" before a pass of the worker has ended', async () => {
  await site.stop()
  const holder = spawn('flock', [path.join(site.dir, 'run.lock'), 'cat'], { stdio: ['pipe', 'ignore', 'inherit'] })
  const held = new Promise(resolve => holder.on('close', resolve))
  const started = site.start()
  await until('lighttpd answers', 20000, async () => (await client.get('/health')).status === 503)
  await pause(1000)
  assert.equal(site.out, '')
  holder.stdin.end()
  await held
  await started
  assert.equal((await client.get('/health')).status, 200)
})

test('an end in the middle of a start leaves nobody behind', async () => {
  await person.act(client, SLEEPS, 'start')
  await site.stop()
  await site.start()
  await person.becomes(client, SLEEPS, 'alive', WAKES)
})

// Somebody who keeps the database locked until release() is called.
async function hold () {
  const holder = spawn('sqlite3', ['-batch', path.join(site.dir, 'baas.db')], { stdio: ['pipe', 'pipe', 'inherit'] })
  holder.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\n")
  await new Promise(resolve => holder.stdout.once('data', resolve))
  return () => new Promise(resolve => holder.on('close', resolve).stdin.end('ROLLBACK;\n'))
}

// How many want to write: each holds this lock while it waits for the database.
function writers () {
  const { ino } = fs.statSync(path.join(site.dir, 'baas.db.lock'))
  return fs.readFileSync('/proc/locks', 'utf8').split('\n').filter(line => / FLOCK /.test(line) && line.includes(`:${ino} `)).length
}

const isShut = () => client.get('/health').then(() => false, err => err.code === 'ECONNREFUSED')

test('a request that runs when the end comes is answered, and done', async () => {
  const fields = client.fields(await client.page('/account'), '/account/name', { name: 'ash at the end' })
  const release = await hold()
  const answer = client.post('/account/name', fields)
  answer.catch(() => {})
  await until('it waits', 5000, () => writers() > 0, 10)
  const stopped = site.stop()
  await until('nobody new comes in', 5000, isShut, 10)
  await release()
  person.sees(await answer, 303, '/account')
  await stopped
  await site.start()
  assert.ok((await client.page('/account')).body.includes('value="ash at the end"'))
})
