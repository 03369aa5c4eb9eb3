'use strict'
// A site as baas(7) sets it up: public lighttpd, private lighttpd and worker as three users, all that they run taken from a
// copy of what make install gives.  t/admin/users.t has the files one by one.

const assert = require('node:assert/strict')
const { execFileSync, spawn, spawnSync } = require('child_process')
const fs = require('fs')
const http = require('http')
const os = require('os')
const path = require('path')
const { after, before, test } = require('node:test')
const procs = require('./procs')
const { freePort } = require('./site')
const { until } = require('./until')

const PREFIX = process.env.BAAS_ROOT ?? path.resolve(__dirname, '../../build/root')
const USERS = { web: 40001, pillar: 40002, worker: 40003 }
const GROUP = 40000
const PASSWORD = 'a good long sentence'
const skip = process.getuid() !== 0 && 'needs root, to be other users'
const servers = []
let dir, root, state, ports, bearer

const baas = (...args) => execFileSync(path.join(PREFIX, 'bin/baas'), ['-c', path.join(dir, 'baas.conf'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const sql = text => baas('sql', text).trim().split('\n').slice(1).join('\n')

// The answer of lighttpd itself is no JSON.
function parse (text) {
  try { return JSON.parse(text) } catch { return text }
}

function ask (port, method, target, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, method, path: target, agent: false, timeout: 20000, headers: { accept: 'application/json', ...headers, ...(body && { 'content-type': 'application/json' }) } }, response => {
      let text = ''
      response.setEncoding('utf8').on('data', data => { text += data }).on('end', () => resolve({ status: response.statusCode, json: parse(text) }))
    })
    request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer'))).end(body && JSON.stringify(body))
  })
}

const web = (method, target, body) => ask(ports.web, method, target, body, bearer && { authorization: `Bearer ${bearer}` })
const pillar = () => ask(ports.pillar, 'GET', '/agents?minion=local', null, { authorization: `Bearer ${fs.readFileSync(path.join(dir, 'token'), 'utf8')}` })

// As the unit does: a directory of the user's own, the configuration written into it, lighttpd there.
function serve (which, user, ...more) {
  const run = path.join(dir, user)
  fs.mkdirSync(run, { mode: 0o700 })
  fs.writeFileSync(path.join(run, 'lighttpd.conf'), baas('lighttpd', which, '.', ...more).replaceAll(PREFIX, root))
  for (const name of [run, path.join(run, 'lighttpd.conf')]) fs.chownSync(name, USERS[user], GROUP)
  servers.push(spawn('lighttpd', ['-D', '-f', 'lighttpd.conf'], { cwd: run, uid: USERS[user], gid: GROUP, stdio: 'ignore', env: { PATH: `${process.env.PATH}:/usr/sbin` } }))
}

// One pass of the worker; what it says.
const pass = () => spawnSync(path.join(root, 'libexec/baas/baas-reconcile'), ['-c', path.join(dir, 'baas.conf'), '--once'], { uid: USERS.worker, gid: GROUP, encoding: 'utf8' })

// Who a process is, and the groups that it is in.
function userOf ({ pid }) {
  const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8')
  return ['Uid', 'Gid', 'Groups'].map(name => status.match(new RegExp(`^${name}:(.*)$`, 'm'))[1].trim().split(/\s+/)[0]).join(' ').trim()
}

before(async () => {
  if (skip) return
  dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'baas-users-'))
  root = path.join(dir, 'root')
  state = path.join(dir, 'state')
  fs.chmodSync(dir, 0o755)
  for (const name of ['libexec/baas/cgi', 'libexec/baas/baas-reconcile', 'share/baas']) fs.cpSync(path.join(PREFIX, name), path.join(root, name), { recursive: true })
  for (const name of ['pub/1.0.0/node_modules', 'pub/1.0.0']) fs.mkdirSync(path.join(dir, name), { recursive: true })
  fs.writeFileSync(path.join(dir, 'pub/1.0.0/pub.js'), '')
  execFileSync('chmod', ['-R', 'a+rX', root, path.join(dir, 'pub')])
  ports = { web: await freePort(), pillar: await freePort() }
  fs.writeFileSync(path.join(dir, 'baas.conf'), [`state_dir = ${state}`, `site.url = http://127.0.0.1:${ports.web}`, `site.templates = ${root}/share/baas/html`,
    `pub.dir = ${dir}/pub`, `private.listen = 127.0.0.1:${ports.pillar}`, `private.token_file = ${dir}/token`, 'fleet = salt', 'salt.url = http://127.0.0.1:1',
    `salt.password_file = ${dir}/salt`, `users.web = ${USERS.web}`, `users.pillar = ${USERS.pillar}`, `users.worker = ${USERS.worker}`, `users.group = ${GROUP}`, ''].join('\n'))
  fs.writeFileSync(path.join(dir, 'salt'), 'password', { mode: 0o600 })
  baas('init')
  serve('public', 'web')
  serve('private', 'pillar')
  await until('both answer', 20000, async () => (await web('GET', '/health')).status && (await ask(ports.pillar, 'GET', '/agents')).status === 401)
})

after(async () => {
  for (const one of servers) {
    one.kill('SIGINT')
    await new Promise(resolve => one.exitCode !== null || one.signalCode !== null ? resolve() : one.on('exit', resolve))
  }
  if (dir) fs.rmSync(dir, { recursive: true, force: true })
})

test('each of their processes is its own user, with one group', { skip }, async () => {
  const cgi = await until('more than 20 processes', 10000, () => procs.kind(dir, 'cgi').length > 20 && procs.kind(dir, 'cgi'))
  const both = procs.kind(dir, 'lighttpd')
  for (const one of cgi) assert.equal(userOf(one), `${one.exe.endsWith('/pillar') ? USERS.pillar : USERS.web} ${GROUP}`, one.exe)
  assert.deepEqual(both.map(userOf).sort(), [`${USERS.web} ${GROUP}`, `${USERS.pillar} ${GROUP}`])
})

test('somebody comes and orders, the private server tells the secret, the worker makes a pass', { skip }, async () => {
  assert.equal((await web('POST', '/users', { email: 'alice@example.org', password: PASSWORD, name: 'Alice' })).status, 201)
  bearer = (await web('POST', '/authentication', { strategy: 'local', email: 'alice@example.org', password: PASSWORD })).json.accessToken
  const bot = await web('POST', '/agents', { name: 'one' })
  assert.equal(bot.status, 201)
  const { status, json } = await pillar()
  assert.deepEqual([status, Object.keys(json.baas.bots)], [200, [bot.json.id]])
  assert.equal(json.baas.bots[bot.json.id].secret.id, bot.json.key)
  assert.match(json.baas.bots[bot.json.id].secret.private, /=\.ed25519$/)
  const { status: end, stderr } = pass()
  assert.ok(end === 0 || end === 1, `${end}: ${stderr}`)
  assert.doesNotMatch(stderr, /ermission|not permitted|readonly|unable to open/)
  assert.ok(Number(sql('SELECT seen_at FROM worker')) > 0)
})

test('a restart of the units: baas init first, and then all goes on', { skip }, async () => {
  baas('init')
  assert.equal((await web('POST', '/agents', { name: 'two' })).status, 201)
  procs.signal(procs.kind(dir, 'cgi'), 'SIGKILL')
  await until('they are back', 10000, async () => (await web('GET', '/agents')).json.total === 3 && Object.keys((await pillar()).json.baas.bots).length === 2)
})

test('baas doctor has nothing to say against it', { skip }, () => {
  const { stdout } = spawnSync(path.join(PREFIX, 'bin/baas'), ['-c', path.join(dir, 'baas.conf'), 'doctor'], { encoding: 'utf8' })
  assert.match(stdout, /^ok +users: each can open what it needs, and no secret of another's$/m)
  assert.match(stdout, /^ok +private server: .* answers, and takes the token$/m)
  assert.doesNotMatch(stdout, /^bad .*(run baas init|can read|can't read)/m)
})

test('each lighttpd writes its own log', { skip }, () => {
  for (const [name, user] of [['lighttpd.log', 'web'], ['private.log', 'pillar']]) {
    const { uid, mode, size } = fs.statSync(path.join(state, 'log', name))
    assert.deepEqual([uid, mode & 0o777, size > 0], [USERS[user], 0o600, true], name)
  }
})
