'use strict'
// Two installations in one project of a cloud, and copies of a database: none eats what is another's.

const assert = require('node:assert/strict')
const fs = require('fs')
const path = require('path')
const { after, before, test } = require('node:test')
const { DAY, HOUR, MINUTE } = require('./clock')
const { Lab } = require('./lab')
const { Slots } = require('./slots')
const { Sql } = require('./sql')
const { isRead } = require('./master')
const { compare, things } = require('./check')
const { makeMoment } = require('./play')
const { isGone, isReady } = require('./stories')

const PASSES = 3
let slots, tools
const made = {}

before(async () => {
  slots = new Slots(0)
  tools = { kill: slots.kill, dir: slots.dir }
  const sql = new Sql()
  for (const moment of ['ready', 'over']) await makeMoment(moment, made, { ...tools, sql })
  await sql.close()
})

after(() => slots.close())

async function until (lab, done) {
  for (let i = 0; i < PASSES && !await done(lab); i++) await lab.pass({ until: () => done(lab) })
  assert.ok(await done(lab), lab.words)
}

const instanceOf = async lab => (await lab.sql.ask('SELECT instance FROM house;'))[0].instance

// Runs with as many labs as there are functions that open them.
async function labs (opens, act) {
  const all = []
  try {
    for (const open of opens) all.push(await open(all))
    await act(...all)
  } finally {
    for (const lab of all.reverse()) {
      await lab.close()
      await lab.sql.close()
    }
  }
}

const first = from => () => new Lab({ ...tools, sql: new Sql(), from: made[from] }).open()
const second = () => async ([one]) => {
  const lab = await new Lab({ ...tools, sql: new Sql() }).open({ share: one })
  await lab.join('ash')
  return lab
}

// As cp would, while nobody writes; at the same master.
const copyOf = () => async ([one]) => {
  const dir = path.join(one.dir, 'copied')
  fs.mkdirSync(dir)
  for (const file of fs.readdirSync(one.dir).filter(name => /^(baas\.db(-wal)?|vault\..*|token|hash\..*)$/.test(name))) {
    fs.copyFileSync(path.join(one.dir, file), path.join(dir, file))
  }
  const lab = new Lab({ ...tools, sql: new Sql(), from: { dir, clock: one.clock.stop() } })
  return lab.open({ share: one, master: one.master, settle: false })
}

test('two installations', () => labs([first('ready'), second()], async (one, two) => {
  assert.notEqual(await instanceOf(one), await instanceOf(two))
  const before = JSON.stringify(things(one.world).filter(thing => thing.mark !== ''))
  await two.order('ash', 'two')
  await until(two, isReady)
  assert.equal(things(one.world).filter(thing => thing.kind === 'server').length, 2, 'each has its own')
  for (const lab of [one, two]) {
    await lab.once()
    assert.deepEqual(compare(lab.world, await lab.servers(), await instanceOf(lab)), [])
    assert.deepEqual(await lab.sql.ask('SELECT * FROM orphans;'), [], 'nothing of the other is even reported')
  }
  await two.drop('ash', 'two')
  two.clock.jump(7 * DAY + MINUTE)
  await two.pass()
  two.clock.jump(HOUR + MINUTE)
  await until(two, isGone)
  const mine = things(one.world).filter(thing => thing.mark !== '' && thing.instance !== '')
  const own = await instanceOf(one)
  assert.equal(JSON.stringify(mine.filter(thing => thing.instance === own)), before, 'all of the other is still there')
}))

test('a copy made with cp looks, and does nothing', () => labs([first('over'), copyOf()], async (one, copy) => {
  copy.clock.jump(HOUR + MINUTE)
  const before = JSON.stringify(one.world.data.servers)
  const asked = one.master.log.length
  const posts = (await one.log()).length
  for (let i = 0; i < 2; i++) await copy.pass({ seconds: 30 })
  copy.clock.jump(2 * DAY)
  await copy.pass({ seconds: 30 })
  assert.equal((await one.log()).length, posts, 'the cloud was only looked at')
  assert.deepEqual(one.master.log.slice(asked).filter(entry => !isRead(entry)), [], 'the master too')
  assert.equal(JSON.stringify(one.world.data.servers), before)
  assert.equal((await copy.bots()).length, 1, 'its bot is still there')
  assert.match(copy.words, /report/i, copy.words)
  assert.match(copy.words, /baas worker act/, 'and it says how to change that')
}))

test('a restored backup looks, and does nothing, until it is told to', () => labs([first('over')], async one => {
  await one.baas('backup', path.join(one.dir, 'kept.db'))
  await one.sql.use(':memory:') // nobody may have it open
  await one.baas('restore', path.join(one.dir, 'kept.db'))
  await one.sql.use(one.database)
  one.clock.jump(HOUR + MINUTE)
  const posts = (await one.log()).length
  await one.pass({ seconds: 30 })
  one.clock.jump(2 * DAY)
  await one.pass({ seconds: 30 })
  assert.equal((await one.log()).length, posts, 'the cloud was only looked at')
  assert.equal((await one.bots()).length, 1)
  await one.baas('worker', 'act')
  await one.pass({ seconds: 30 })
  one.clock.jump(HOUR + MINUTE)
  await until(one, isGone)
}))

// A thing that looks like ours and was made by nobody here, and one of ours that no row knows any more.
test('what is left over is reported, and deleted only if it was made here', () => labs([first('ready')], async one => {
  const own = await instanceOf(one)
  const tell = (kind, body) => fetch(`${one.cloudUrl}/${kind}`, {
    method: 'POST', headers: { 'X-Auth-Token': '11111111-1111-4111-8111-111111111111', 'Content-Type': 'application/json' }, body: JSON.stringify(body)
  })
  const tags = ['baas', `baas-i-${own}`, 'baas-s-99', 'baas-g-1', 'baas-m-00000000000000000000']
  await tell('block/v1/zones/fr-par-1/volumes', { name: 'like-ours', project_id: '22222222-2222-4222-8222-222222222222', from_empty: { size: 20e9 }, tags })
  await one.pass({ seconds: 70 })
  const found = await one.sql.ask('SELECT kind, name, ours, drop_it FROM orphans;')
  assert.deepEqual(found.map(({ kind, ours, drop_it: drop }) => [kind, ours, drop]), [['volume', 0, 0]], one.words)
  one.clock.jump(2 * DAY)
  await one.pass({ seconds: 70 })
  assert.equal(things(one.world).filter(thing => thing.name === 'like-ours').length, 1, 'it stays')
  const [{ id }] = await one.sql.ask('SELECT id FROM orphans;')
  await one.baas('orphan', 'delete', String(id))
  await one.pass({ seconds: 70 })
  assert.equal(things(one.world).filter(thing => thing.name === 'like-ours').length, 0, one.words)
  assert.deepEqual(await one.sql.ask('SELECT id FROM orphans;'), [])
}))
