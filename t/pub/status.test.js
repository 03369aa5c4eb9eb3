'use strict'
// baas.status: what it says, and that it says it at once.

const assert = require('node:assert')
const fs = require('fs')
const path = require('path')
const test = require('node:test')
const frame = require('./frame')
const { launch, ready, skip, skipFriends, start, stop, until, writeConfig, invite } = require('./pub')
const { stranger } = require('./people')

const status = pub => pub.call('baas.status', {})

test('every field', { skip }, async t => {
  const before = Date.now()
  const pub = await start(t, { restarts: 3, rebuilds: 1, release: '1.2.3' })
  const { id, startedAt, disk, invites, ...rest } = await status(pub)
  assert.match(id, /^@[A-Za-z0-9+/]{43}=\.ed25519$/)
  assert.strictEqual(id, (await pub.call('whoami')).id)
  assert.ok(startedAt >= before && startedAt <= Date.now())
  assert.deepStrictEqual(Object.keys(disk), ['log', 'blobs', 'indexes'])
  assert.ok(Number.isInteger(invites))
  assert.deepStrictEqual(rest, {
    restarts: 3, rebuilds: 1, release: '1.2.3', synced: true, listening: true,
    peers: 0, feeds: 0, messages: 0, sequence: 0, bytesIn: 0, bytesOut: 0
  })
})

test('restarts are those of the running process, whatever config says by now', { skip }, async t => {
  const pub = await start(t, { restarts: 1 })
  const config = JSON.parse(fs.readFileSync(path.join(pub.dir, 'config')))
  writeConfig(pub.dir, { ...config, restarts: 2 })
  assert.strictEqual((await status(pub)).restarts, 1)
  await stop(pub)
  await ready(launch(t, pub))
  assert.strictEqual((await status(pub)).restarts, 2)
})

test('messages and sequence grow', { skip }, async t => {
  const pub = await start(t)
  for (let i = 0; i < 3; i++) await pub.call('publish', { type: 'post', text: String(i) })
  const { feeds, messages, sequence } = await status(pub)
  assert.deepStrictEqual({ feeds, messages, sequence }, { feeds: 1, messages: 3, sequence: 3 })
})

test('the disk is measured', { skip }, async t => {
  const pub = await start(t)
  await pub.call('publish', { type: 'post', text: 'x' })
  await stop(pub)
  fs.mkdirSync(path.join(pub.dir, 'blobs/sha256/00'), { recursive: true })
  fs.writeFileSync(path.join(pub.dir, 'blobs/sha256/00/' + '0'.repeat(62)), 'x'.repeat(12345))
  fs.symlinkSync('/etc/passwd', path.join(pub.dir, 'blobs/link'))
  await ready(launch(t, pub))
  const { disk } = await until('a measurement', async () => {
    const now = await status(pub)
    return now.disk.indexes > 0 && now
  })
  assert.strictEqual(disk.log, fs.statSync(path.join(pub.dir, 'flume/log.offset')).size)
  assert.strictEqual(disk.blobs, 12345)
})

// The cure: netcount.js looks at TCP sockets only.
test('bytes of the TCP port only', { skip: skipFriends }, async t => {
  const pub = await start(t)
  for (let i = 0; i < 3; i++) await pub.call('whoami')
  assert.strictEqual((await status(pub)).bytesIn, 0)
  const who = await stranger(t, pub)
  const open = await status(pub)
  assert.ok(open.bytesIn > 0 && open.bytesOut > 0)
  who.leave()
  const closed = await until('it is gone', async () => {
    const now = await status(pub)
    return now.peers === 0 && now
  })
  assert.ok(closed.bytesIn >= open.bytesIn && closed.bytesOut >= open.bytesOut)
})

test('peers: strangers count, invite keys and we do not', { skip: skipFriends }, async t => {
  const pub = await start(t)
  const local = frame.open(pub.socket)
  await local.call('whoami')
  const { seed } = await invite(pub)
  await stranger(t, pub, seed)
  assert.strictEqual((await status(pub)).peers, 0)
  const who = await stranger(t, pub)
  assert.strictEqual((await status(pub)).peers, 1)
  who.leave()
  await until('it is gone', async () => (await status(pub)).peers === 0)
  local.close()
})

async function fill (pub, count) {
  const client = frame.open(pub.socket)
  const text = 'x'.repeat(1000)
  await Promise.all(Array.from({ length: count }, () => client.call('publish', { type: 'post', text })))
  client.close()
}

function dropIndexes (dir) {
  for (const name of fs.readdirSync(path.join(dir, 'flume'))) {
    if (name !== 'log.offset') fs.rmSync(path.join(dir, 'flume', name), { recursive: true })
  }
}

// The cure: baas.js asks for the clock only once synced. The clock waits for the indexes, and a
// health check that waits with it would kill a pub in the middle of its rebuild, again and again.
test('status answers while indexes are made again', { skip }, async t => {
  const pub = await start(t)
  await fill(pub, 8000)
  await stop(pub)
  dropIndexes(pub.dir)
  launch(t, pub)
  let early = 0
  await until('synced', async () => {
    const { synced } = await status(pub)
    if (!synced) early++
    return synced
  })
  assert.ok(early > 3, `${early} answers before it was ready`)
  const { messages, sequence } = await status(pub)
  assert.deepStrictEqual({ messages, sequence }, { messages: 8000, sequence: 8000 })
})

test('one object, no more and no less', { skip }, async t => {
  const pub = await start(t)
  for (const args of [[], [null], ['x'], [1]]) {
    await assert.rejects(pub.call('baas.status', ...args), /needs one object/)
  }
})
