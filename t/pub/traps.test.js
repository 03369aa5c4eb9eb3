'use strict'
// What once killed, cut off or misused pubs. Each test names its cure, and fails without it.

const assert = require('node:assert')
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')
const test = require('node:test')
const frame = require('./frame')
const { launch, listen, ready, skip, skipFriends, start, until } = require('./pub')
const { stranger } = require('./people')

const newKey = () => crypto.randomBytes(32).toString('base64')
const announce = (host, port) => ({ type: 'pub', address: { host, port, key: `@${newKey()}.ed25519` } })

// A port that notes that somebody came.
async function door (t) {
  const server = await listen()
  const at = { port: server.address().port, visits: 0 }
  server.on('connection', socket => {
    at.visits++
    socket.on('error', () => {})
    socket.destroy()
  })
  t.after(() => server.close())
  return at
}

const add = (pub, host, port) => pub.call('gossip.add', `net:${host}:${port}~shs:${newKey()}`)

// The cure: "ip": "1.1.8" in package.json's overrides. From 1.1.9 on ip.isPrivate throws on a name,
// and ssb-gossip asks it about every peer.
test('a peer with a host name does not kill', { skip }, async t => {
  const pub = await start(t)
  await add(pub, 'pub9.invalid', 8008)
  const tried = async () => (await pub.call('gossip.peers')).some(peer => peer.stateChange)
  await until('the scheduler tries it', async () => pub.isDead() || await tried())
  assert.ok(!pub.isDead(), `dead: ${pub.stderr}`)
  assert.ok((await pub.call('baas.status', {})).synced)
})

// The cure: gossip.pub and gossip.autoPopulate false in config.js. Else any member's message makes
// the pub dial any host and port. The second door shows that the scheduler has been at work.
test('nobody makes the pub dial by a message', { skip }, async t => {
  const pub = await start(t)
  const [asked, control] = [await door(t), await door(t)]
  await pub.call('publish', announce('127.0.0.1', asked.port))
  await pub.call('publish', announce('pub9.invalid', 8008))
  await add(pub, '127.0.0.1', control.port)
  await until('the wanted peer is dialled', () => control.visits > 0)
  assert.strictEqual(asked.visits, 0)
  assert.strictEqual((await pub.call('gossip.peers')).length, 1)
})

// The cure: stubs.js. ssb-gossip has the interfaces looked at each second; here they never are the
// same twice.
test('changing interfaces cut nobody off', { skip: skipFriends }, async t => {
  const pub = await start(t, {}, ['--require', path.join(__dirname, 'interfaces.js')])
  const who = await stranger(t, pub)
  await new Promise(resolve => setTimeout(resolve, 2500))
  assert.strictEqual(who.closed, false)
  assert.strictEqual((await pub.call('baas.status', {})).peers, 1)
})

// The cure: stubs.js silences the packages, whose last words would stand where a cause should.
test('a pub that is well says nothing', { skip: skipFriends }, async t => {
  const pub = await start(t)
  const who = await stranger(t, pub)
  await pub.call('baas.inviteCreate', { ref: 'i0123456789ab' })
  who.leave()
  await until('the stranger is gone', async () => (await pub.call('baas.status', {})).peers === 0)
  assert.strictEqual(pub.stderr, '')
})

// Publishes as fast as it can; answers the highest sequence that was acknowledged before the kill.
async function publishUntilKilled (pub) {
  const client = frame.open(pub.socket)
  let highest = 0
  const one = () => client.call('publish', { type: 'post', text: 'x'.repeat(300) })
    .then(msg => { highest = Math.max(highest, msg.value.sequence) })
  const busy = Array.from({ length: 50 }, async () => { while (!pub.isDead()) await one() })
  await until('some are acknowledged', () => highest > 200)
  pub.child.kill('SIGKILL')
  await Promise.allSettled(busy)
  await pub.ended
  return highest
}

// No cure of ours: ssb-db answers after the write. This holds the packages to it.
test('a kill while publishing loses nothing that was acknowledged', { skip }, async t => {
  const pub = await start(t)
  const { id } = await pub.call('baas.status', {})
  const acknowledged = await publishUntilKilled(pub)
  await ready(launch(t, pub))
  const after = await pub.call('baas.status', {})
  assert.strictEqual(after.id, id)
  assert.ok(after.sequence >= acknowledged, `${after.sequence} >= ${acknowledged}`)
  assert.ok(fs.statSync(path.join(pub.dir, 'flume/log.offset')).size > 0)
})
