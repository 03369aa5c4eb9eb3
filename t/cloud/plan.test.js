'use strict'
// baas-reconcile -n: a person reads what would be done, to what, and why; nothing is touched.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { HOUR, MINUTE } = require('./clock')
const { Slots } = require('./slots')
const { Lab } = require('./lab')
const { Sql } = require('./sql')
const { isRead } = require('./master')
const { makeMoment } = require('./play')

let slots, tools
const made = {}

before(async () => {
  slots = new Slots(0)
  tools = { kill: slots.kill, sql: new Sql(), dir: slots.dir }
  for (const moment of ['ready', 'over', 'off']) await makeMoment(moment, made, tools)
})

after(async () => {
  await tools.sql.close()
  await slots.close()
})

// What -n says at a moment after a wish; that it asks, and does nothing.
async function plan (from, wish) {
  const lab = new Lab({ ...tools, from: made[from] })
  try {
    await lab.open()
    await wish(lab)
    const before = await lab.sql.ask('SELECT * FROM servers; ')
    const dump = async () => JSON.stringify([before, await lab.servers(), await lab.bots(), await lab.sql.ask('SELECT * FROM makings;'), await lab.sql.ask('SELECT * FROM worker;')])
    const was = await dump()
    const { status, stdout, stderr } = await lab.once('-n')
    const log = await lab.tell('GET', 'log')
    assert.ok(log.length > 0, 'the cloud was looked at')
    assert.deepEqual(log.filter(entry => entry.method !== 'GET'), [], 'and only that')
    assert.deepEqual(lab.master.log.filter(entry => !isRead(entry)), [], 'the master too')
    assert.equal(await dump(), was, 'no row has changed')
    return { status, stdout, stderr }
  } finally {
    await lab.close()
  }
}

// Which act, on what, and why.
const lines = ({ stdout }) => stdout.trim().split('\n')

test('nothing to do', async () => {
  const said = await plan('ready', async () => {})
  assert.equal(said.stdout, 'all is as it should be\n', said.stderr)
  assert.equal(said.status, 0)
})

test('an order', async () => {
  const said = await plan('empty', lab => lab.order('ash', 'one'))
  assert.equal(said.status, 1)
  assert.deepEqual(lines(said), [
    'make     p1-g1 (one): data volume, address, IPv6 address, firewall, machine (it has none yet)',
    'start    p1-g1 (one): machine (it is ready for its first boot)'
  ])
})

test('one more, besides', async () => {
  const said = await plan('ready', async lab => {
    await lab.order('birch', 'other')
    await lab.baas('server', 'anew', 'ash@example.org')
  })
  assert.deepEqual(lines(said), [
    'renew    p1-g1 (one): machine (an admin wants a new one)',
    'stop     p1-g1 (one): machine (a new one takes its place)',
    'delete   p1-g1 (one): machine, root volume (a new one takes its place)',
    'make     p1-g1 (one): machine (it has none)',
    'start    p1-g1 (one): machine (it is ready for its first boot)',
    'make     p2-g1 (other): data volume, address, IPv6 address, machine (it has none yet)',
    'start    p2-g1 (other): machine (it is ready for its first boot)'
  ])
})

test('what would be deleted', async () => {
  const said = await plan('over', async lab => lab.clock.jump(HOUR + MINUTE))
  assert.deepEqual(lines(said), ['erase    one: its time in the bin is over'])
})

test('what would be started', async () => {
  const said = await plan('off', lab => lab.baas('person', 'resume', 'ash@example.org'))
  assert.deepEqual(lines(said), ['start    p1-g1 (one): machine (it is stopped)'])
})
