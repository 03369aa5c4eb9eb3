'use strict'
// The whole of ./dev run ends and starts again: the same people, the sleeper asleep, the other one awake.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const person = require('./person')
const { open } = require('./site')
const { until } = require('./until')

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

test('an end in the middle of a start leaves nobody behind', async () => {
  await person.act(client, SLEEPS, 'start')
  await site.stop()
  await site.start()
  await person.becomes(client, SLEEPS, 'alive', WAKES)
})
