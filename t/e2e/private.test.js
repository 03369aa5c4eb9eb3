'use strict'
// The private server through its own lighttpd: what a Salt master's request may look like, and what comes back.

const assert = require('node:assert/strict')
const { execFileSync, spawn } = require('child_process')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { after, before, test } = require('node:test')
const procs = require('./procs')
const { freePort } = require('./site')
const { until } = require('./until')

const PREFIX = process.env.BAAS_ROOT ?? path.resolve(__dirname, '../../build/root')
const UNKNOWN = '{"_errors":["unknown minion"]}'
let dir, port, token, lighttpd

const baas = (...args) => execFileSync(path.join(PREFIX, 'bin/baas'), ['-c', path.join(dir, 'baas.conf'), ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

const configure = (listen, ...more) => fs.writeFileSync(path.join(dir, 'baas.conf'),
  [`state_dir = ${dir}`, `private.listen = ${listen}`, `private.token_file = ${dir}/token`, ...more, ''].join('\n'))

// Sends a request as it is, and reads until the end.
function ask (target, { shown = `Bearer ${token}`, method = 'GET', lines = [] } = {}) {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: x', 'Connection: close', ...(shown ? [`Authorization: ${shown}`] : []), ...lines]
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(head.join('\r\n') + '\r\n\r\n', 'latin1'))
    let out = ''
    socket.setTimeout(10000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('data', data => { out += data })
    socket.on('close', () => {
      const end = out.indexOf('\r\n\r\n')
      resolve({ status: Number(out.split(' ')[1]), head: out.slice(0, end), body: out.slice(end + 4) })
    })
  })
}

before(async () => {
  dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'baas-private-'))
  port = await freePort()
  configure(`127.0.0.1:${port}`)
  baas('init')
  token = fs.readFileSync(path.join(dir, 'token'), 'utf8')
  const run = path.join(dir, 'run/one')
  fs.mkdirSync(run)
  fs.writeFileSync(path.join(run, 'lighttpd.conf'), baas('lighttpd', 'private', '.'))
  lighttpd = spawn('lighttpd', ['-D', '-f', 'lighttpd.conf'], { cwd: run, stdio: 'ignore', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  await until('it answers', 20000, () => ask('/agents', { shown: '' }).then(answer => answer.status === 401, () => false))
})

after(async () => {
  if (lighttpd?.pid) {
    lighttpd.kill('SIGINT')
    await new Promise(resolve => lighttpd.exitCode !== null ? resolve() : lighttpd.on('exit', resolve))
  }
  fs.rmSync(dir, { recursive: true, force: true })
})

const programs = () => procs.of(dir).filter(one => one.exe.endsWith('/cgi/pillar'))

test('a server that there is: this machine', async () => {
  const { status, head, body } = await ask('/agents?minion=local')
  assert.equal(status, 200)
  assert.match(head, /^content-type: application\/json\r?$/im)
  assert.match(head, /^cache-control: no-store\r?$/im)
  assert.doesNotMatch(head, /^server:/im)
  assert.deepEqual(JSON.parse(body), { baas: { schema: 1, minion: 'local', rev: 0, seeds: [], bots: {} } })
  await until('two processes', 10000, () => programs().length === 2)
})

test('401 without the token, empty, whatever is asked for', async () => {
  for (const shown of ['', 'Bearer', 'Bearer x', `Basic ${token}`, token, `Bearer ${token}x`]) {
    const { status, body } = await ask('/agents?minion=local', { shown })
    assert.deepEqual([status, body], [401, ''], shown.replace(token, 'TOKEN'))
  }
  const twice = await ask('/agents?minion=local', { shown: 'Bearer x', lines: [`Authorization: Bearer ${token}`] })
  assert.ok([400, 401].includes(twice.status), 'twice')
  assert.doesNotMatch(twice.body, /baas/)
})

test('an odd id is answered, and is nobody', async () => {
  for (const id of ['', 'LOCAL', 'Local', 'local.', '.local', '.', '..', '%2e', '%2e%2e', '../local', '%2e%2e%2flocal', 'local%0a', 'local%0A',
    'local%00', 'local%20', 'local+', '%6cocal', 'loc%61l', 'local/', '/local', 'local%2f', 'local%', 'local%zz', 'local%ff', 'local&', 'local&minion=local',
    'local?', 'local;', 'loc_al', '-local', 'x'.repeat(63), 'x'.repeat(64), 'x'.repeat(2000), 'local#x', 'local\xe9', 'local\\', "local'"]) {
    const { status, body } = await ask(`/agents?minion=${id}`)
    // What stands behind a # is not part of what is asked: lighttpd drops it, or refuses the request.
    if (id.includes('#') && status === 400) continue
    if (id.includes('#') && body !== UNKNOWN) continue
    assert.deepEqual([status, body], [200, UNKNOWN], JSON.stringify(id))
  }
})

test('nothing else is there', async () => {
  for (const target of ['/', '/agents/', '/agents/x', '/agentsx', '/Agents', '/agents%2f', '/agents%2f..', '/health', '/start', '/static/style.css', '/lighttpd.conf']) {
    const { status, body } = await ask(`${target}?minion=local`)
    assert.ok([400, 403, 404].includes(status), `${target}: ${status}`)
    assert.doesNotMatch(body, /"baas"/, target)
  }
  assert.equal((await ask('/agents?minion=local', { method: 'POST', lines: ['Content-Length: 0'] })).status, 405)
})

test('a killed program is back with the next request or two', async () => {
  procs.signal(programs(), 'SIGKILL')
  await until('it answers again', 10000, async () => (await ask('/agents?minion=local')).status === 200)
})

test('baas doctor asks as a Salt master does', () => {
  const doctor = () => {
    try { return baas('doctor') } catch (error) { return error.stdout }
  }
  configure(`127.0.0.1:${port}`, 'fleet = salt')
  assert.match(doctor(), /^ok +private server: 127\.0\.0\.1:\d+: answers, and takes the token$/m)
  fs.writeFileSync(path.join(dir, 'token'), 'another')
  assert.match(doctor(), /^bad +private server: .* says "HTTP\/1\.0 401 .*" to its own token: restart baas-private$/m)
  fs.writeFileSync(path.join(dir, 'token'), token)
})

test('the public site does not know of it, and it never listens everywhere', () => {
  assert.doesNotMatch(baas('lighttpd', 'public', dir), /pillar/)
  for (const listen of ['0.0.0.0:8081', '[::]:8081', ':8081', '127.0.0.1', '127.0.0.1:', '127.0.0.1:99999']) {
    configure(listen)
    assert.throws(() => baas('lighttpd', 'private', dir), { status: 1 }, listen)
  }
  configure('[::1]:8081')
  assert.match(baas('lighttpd', 'private', dir), /server\.bind = "\[::1\]"\nserver\.port = 8081/)
})

test('no log has the token', () => {
  for (const name of fs.readdirSync(path.join(dir, 'log'))) assert.ok(!fs.readFileSync(path.join(dir, 'log', name), 'utf8').includes(token), name)
})
