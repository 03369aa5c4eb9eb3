'use strict'
// Makes, starts and stops real pubs for the tests. BAAS_PUB is an installed copy of pub/.

const { spawn } = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { freePort } = require('../e2e/site')
const frame = require('./frame')

const PUB = process.env.BAAS_PUB && path.resolve(process.env.BAAS_PUB)
const FRIENDS = process.env.BAAS_FRIENDS && path.resolve(process.env.BAAS_FRIENDS)

const DEFAULTS = { host: '127.0.0.1', external: '127.0.0.1', restarts: 0, rebuilds: 0, release: '1.0.0', hops: 2 }

// For a test's options: a reason to skip it, or false.
const skip = PUB ? false : 'BAAS_PUB is not set'
const skipFriends = skip || (FRIENDS ? false : 'BAAS_FRIENDS is not set')

// A run that is cut short must not leave pubs behind.
const children = new Set()
process.on('exit', () => children.forEach(child => child.kill('SIGKILL')))
process.once('SIGTERM', () => process.exit(143))

// What the test t has to clean away: first its processes, then its directories.
const litters = new WeakMap()
function litter (t) {
  if (!litters.has(t)) {
    litters.set(t, { children: [], dirs: [] })
    t.after(() => clean(litters.get(t)))
  }
  return litters.get(t)
}

async function clean ({ children, dirs }) {
  for (const { child, ended } of children) {
    child.kill('SIGKILL')
    await ended
  }
  dirs.forEach(dir => fs.rmSync(dir, { recursive: true, force: true }))
}

async function until (what, probe, ms = 20000) {
  const end = Date.now() + ms
  let last
  while (Date.now() < end) {
    try {
      const value = await probe()
      if (value) return value
    } catch (err) {
      last = err
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error(`not in time: ${what}${last ? `: ${last.message}` : ''}`)
}

function listen (host = '127.0.0.1', port = 0) {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.on('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}

// PKCS #8 of an ed25519 key, up to its 32 bytes of seed (RFC 8410).
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

// The text of a secret file, made without any ssb package. Not by generateKeyPairSync: node 20 can lock itself up
// when its garbage collector meets such a pair while the JWK of it is written.
function newSecret () {
  const seed = crypto.randomBytes(32)
  const key = crypto.createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
  const raw = crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32)
  const pub = raw.toString('base64') + '.ed25519'
  const sec = Buffer.concat([seed, raw]).toString('base64') + '.ed25519'
  return JSON.stringify({ curve: 'ed25519', public: pub, private: sec, id: '@' + pub })
}

// A directory with a secret and a config, gone when the test t ends.
async function make (t, config = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'pub-'))
  const port = config.port || await freePort()
  litter(t).dirs.push(dir)
  fs.writeFileSync(path.join(dir, 'secret'), newSecret(), { mode: 0o400 })
  writeConfig(dir, { ...DEFAULTS, port, ...config })
  return { dir, port, socket: path.join(dir, 'socket') }
}

function writeConfig (dir, config) {
  fs.writeFileSync(path.join(dir, 'config'), JSON.stringify(config))
}

// Starts node on a made directory, as the keeper does: "." and next to no environment.
function launch (t, pub, nodeArgs = [], dir = '.') {
  const child = spawn(process.execPath, ['--max-old-space-size=128', ...nodeArgs, path.join(PUB, 'pub.js'), dir], {
    cwd: pub.dir,
    env: { PATH: '/usr/bin:/bin', HOME: pub.dir },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  pub.child = child
  children.add(child)
  child.on('close', () => children.delete(child))
  pub.stderr = ''
  child.stdout.resume()
  child.stderr.on('data', data => { pub.stderr += data })
  const ended = new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal })))
  pub.ended = ended
  litter(t).children.push({ child, ended })
  pub.call = (name, ...args) => frame.call(pub.socket, name, ...args)
  pub.isDead = () => child.exitCode !== null || child.signalCode !== null
  return pub
}

async function ready (pub) {
  await until('the pub is ready', async () => {
    if (pub.isDead()) return true
    return (await pub.call('baas.status', {})).synced
  })
  if (pub.isDead()) throw new Error(`the pub ended: ${pub.stderr}`)
  return pub
}

async function start (t, config, nodeArgs) {
  return ready(launch(t, await make(t, config), nodeArgs))
}

async function stop (pub, signal = 'SIGTERM') {
  pub.child.kill(signal)
  return pub.ended
}

const newRef = () => 'i' + crypto.randomBytes(6).toString('hex')

// A whole invite code for a new or given ref.
async function invite (pub, ref = newRef()) {
  const { id } = await pub.call('whoami')
  const { seed } = await pub.call('baas.inviteCreate', { ref })
  return { ref, seed, code: `127.0.0.1:${pub.port}:${id}~${seed}` }
}

module.exports = { FRIENDS, PUB, invite, launch, listen, make, newRef, ready, skip, skipFriends, start, stop, until, writeConfig }
