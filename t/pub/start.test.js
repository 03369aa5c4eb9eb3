'use strict'
// Starting and stopping: what a pub refuses to start with, what it opens, how it ends.

const assert = require('node:assert')
const { spawnSync } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')
const test = require('node:test')
const frame = require('./frame')
const { PUB, launch, listen, make, ready, skip, start, stop, until, writeConfig } = require('./pub')

const lines = text => text.split('\n').filter(Boolean)

async function refuses (t, change, code, stderr) {
  const pub = await make(t)
  change(pub.dir)
  launch(t, pub)
  await until('it ends', pub.isDead)
  assert.deepStrictEqual(await pub.ended, { code, signal: null })
  assert.match(pub.stderr, stderr)
  assert.strictEqual(lines(pub.stderr).length, 1, 'one line')
  return pub
}

function rewriteSecret (dir, change) {
  const file = path.join(dir, 'secret')
  const text = change(fs.readFileSync(file, 'utf8'))
  fs.rmSync(file)
  fs.writeFileSync(file, text, { mode: 0o400 })
}

// The cure: identity.js reads and never makes; ssb-keys' loadOrCreateSync made somebody new.
test('without a secret there is no pub, and no new secret', { skip }, async t => {
  const pub = await refuses(t, dir => fs.rmSync(path.join(dir, 'secret')), 1, /^pub: secret: missing\n$/)
  assert.deepStrictEqual(fs.readdirSync(pub.dir), ['config'])
})

const other = 'A'.repeat(43) + '=.ed25519'
const corrupt = {
  empty: () => '',
  'an object with nothing in it': () => '{}',
  null: () => 'null',
  'cut off': text => text.slice(0, -10),
  'another public key': text => JSON.stringify({ ...JSON.parse(text), public: other, id: '@' + other }),
  'another id': text => JSON.stringify({ ...JSON.parse(text), id: '@' + other }),
  'half a private key': text => JSON.stringify({ ...JSON.parse(text), private: JSON.parse(text).public })
}

// The cure: identity.js' isWhole(), and a message that quotes nothing.
for (const name in corrupt) {
  test(`a corrupt secret: ${name}`, { skip }, async t => {
    const pub = await refuses(t, dir => rewriteSecret(dir, corrupt[name]), 78, /^pub: secret: not a whole key\n$/)
    assert.deepStrictEqual(fs.readdirSync(pub.dir).sort(), ['config', 'secret'])
  })
}

test('a secret with comments is whole', { skip }, async t => {
  const pub = await make(t)
  rewriteSecret(pub.dir, text => `# my key\n${JSON.stringify(JSON.parse(text), null, 2)}\n\n# @abc\n`)
  await ready(launch(t, pub))
})

const good = { host: '127.0.0.1', port: 8008, external: 'a.example', restarts: 0, rebuilds: 0, release: '1.0.0', hops: 2 }
const badConfigs = [
  ['port', 0], ['port', 65536], ['port', '8008'], ['host', ''], ['external', undefined], ['restarts', 'x'],
  ['rebuilds', undefined], ['release', 1], ['hops', 3], ['hops', -1]
]
for (const [key, value] of badConfigs) {
  test(`a config whose ${key} is ${JSON.stringify(value)}`, { skip }, async t => {
    await refuses(t, dir => writeConfig(dir, { ...good, [key]: value }), 78, new RegExp(`^pub: config: bad or missing ${key}\n$`))
  })
}

test('no config, or no JSON in it', { skip }, async t => {
  await refuses(t, dir => fs.rmSync(path.join(dir, 'config')), 78, /^pub: config: ENOENT/)
  await refuses(t, dir => fs.writeFileSync(path.join(dir, 'config'), '{'), 78, /^pub: config: /)
})

test('a ledger that is not JSON', { skip }, async t => {
  await refuses(t, dir => fs.writeFileSync(path.join(dir, 'invites.json'), '{'), 1, /^pub: crashed: invites.json: not JSON/)
})

test('no directory', { skip }, () => {
  const run = spawnSync(process.execPath, [path.join(PUB, 'pub.js'), '/no/such'], { encoding: 'utf8' })
  assert.strictEqual(run.status, 1)
  assert.strictEqual(run.stderr, 'pub: directory: ENOENT\n')
})

test('a second pub in the same directory ends, the first does not mind', { skip }, async t => {
  const first = await start(t)
  const second = launch(t, { dir: first.dir })
  assert.strictEqual((await second.ended).code, 1)
  assert.match(second.stderr, /^pub: crashed: .*LOCK/m)
  assert.strictEqual((await first.call('baas.status', {})).synced, true)
})

// The cure: pub.js' handlers. Without them: ended by the signal, and as PID 1 of a container never.
for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`${signal} is a clean end`, { skip }, async t => {
    const pub = await start(t)
    const client = frame.open(pub.socket)
    await client.call('whoami')
    const began = Date.now()
    assert.deepStrictEqual(await stop(pub, signal), { code: 0, signal: null })
    assert.ok(Date.now() - began < 5000, 'within 5 s')
    assert.strictEqual(pub.stderr, '')
    client.close()
  })
}

test('SIGTERM while it starts is a clean end too', { skip }, async t => {
  const pub = launch(t, await make(t))
  await until('its socket', () => fs.existsSync(pub.socket))
  assert.deepStrictEqual(await stop(pub), { code: 0, signal: null })
})

// The inodes of a process's sockets, and what /proc/net says of them.
function sockets (pid) {
  const inodes = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(fd => {
    try {
      return (/^socket:\[(\d+)\]$/.exec(fs.readlinkSync(`/proc/${pid}/fd/${fd}`)) || [])[1]
    } catch {
      return undefined
    }
  }))
  return ['tcp', 'tcp6', 'udp', 'udp6'].flatMap(kind => fs.readFileSync(`/proc/net/${kind}`, 'utf8').split('\n').slice(1)
    .map(line => line.trim().split(/\s+/))
    .filter(row => row.length > 9 && inodes.has(row[9]))
    .map(row => `${kind} ${parseInt(row[1].split(':')[1], 16)}`))
}

// The cure, twice: ssb-ws and ssb-local are not loaded, and config.js asks for neither. With them and
// the defaults there are a websocket, which all pubs of a host would share, and a UDP broadcast.
test('one TCP port and nothing else', { skip }, async t => {
  const pub = await start(t)
  assert.deepStrictEqual(sockets(pub.child.pid), [`tcp ${pub.port}`])
})

// The cure: netcount.js' busy(). Without it the pub lives on behind somebody else's port and says nothing.
test('a busy port ends it', { skip }, async t => {
  const squatter = await listen()
  t.after(() => squatter.close())
  const pub = launch(t, await make(t, { port: squatter.address().port }))
  await until('it ends', pub.isDead)
  assert.deepStrictEqual(await pub.ended, { code: 1, signal: null })
  assert.strictEqual(pub.stderr, `pub: port ${pub.port}: EADDRINUSE\n`)
})

// The cure: pub.js' chdir, hence a socket named "socket". Else the name is cut at 107 bytes.
test('a directory with a long name', { skip }, async t => {
  const pub = await make(t)
  const long = path.join(pub.dir, 'x'.repeat(200))
  fs.mkdirSync(long)
  for (const name of ['secret', 'config']) fs.renameSync(path.join(pub.dir, name), path.join(long, name))
  const fd = fs.openSync(long, 'r')
  t.after(() => fs.closeSync(fd))
  await ready(launch(t, { ...pub, socket: `/proc/${process.pid}/fd/${fd}/socket` }, [], long))
})

test('a relative directory', { skip }, async t => {
  const pub = await make(t)
  const inside = path.join(pub.dir, 'data')
  fs.mkdirSync(inside)
  for (const name of ['secret', 'config']) fs.renameSync(path.join(pub.dir, name), path.join(inside, name))
  launch(t, { ...pub, dir: pub.dir }, [], 'data')
  await until('its socket', () => fs.existsSync(path.join(inside, 'socket')))
  assert.ok((await frame.call(path.join(inside, 'socket'), 'baas.status', {})).id)
})

// The cure: umask. ssb's unix socket gets its mode from it once a stale one was replaced.
test('nobody else can open the socket, also after a kill', { skip }, async t => {
  const pub = await start(t)
  const mode = () => fs.statSync(pub.socket).mode & 0o077
  assert.strictEqual(mode(), 0)
  await stop(pub, 'SIGKILL')
  await ready(launch(t, pub))
  assert.strictEqual(mode(), 0)
})

test('nothing is written outside the directory', { skip }, async t => {
  const before = fs.readdirSync(os.tmpdir()).filter(name => name.startsWith('multiserver-')).length
  const pub = await start(t)
  for (let i = 0; i < 3; i++) await pub.call('whoami')
  assert.strictEqual(fs.readdirSync(os.tmpdir()).filter(name => name.startsWith('multiserver-')).length, before)
})
