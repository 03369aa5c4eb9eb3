'use strict'
// One world to break: a state directory, a fake cloud, a fake Salt master and a clock of its own, taken from an earlier
// moment of another one if there is one.  People act through the routes, run as plain CGI; the worker is the shipped one.

const { execFile, spawn } = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { Readable } = require('stream')
const { World } = require('../fake/scaleway.d/world')
const { plan } = require('../fake/scaleway.d/events')
const { listen } = require('../fake/scaleway.d/http')
const { parse } = require('../fake/scaleway.d/options')
const { Clock } = require('./clock')
const { Master } = require('./master')
const { Private } = require('./private')

const ROOT = process.env.BAAS_ROOT ?? path.resolve(__dirname, '../../build/root')
const LIBEXEC = process.env.BAAS_LIBEXEC ?? path.join(ROOT, 'libexec/baas')
const BAAS = process.env.BAAS_ADMIN ?? path.join(ROOT, 'bin/baas')
const PROJECT = '22222222-2222-4222-8222-222222222222'
const TOKEN = '11111111-1111-4111-8111-111111111111'
const SPEED = Number(process.env.BAAS_LAB_SPEED ?? 100)
const SLOW = 2
const CLOUD_SPEED = 4 // the cloud's, beside our clock's: its slowness is not what is tested
const GRACE = 5 // real ms in which a killed process is seen to be gone
const CLAIM = 8007 // bots' ports begin after it
const PASSWORD = 'correct horse battery'

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

class Lab {
  // from: what take() gave, or nothing; kill: the compiled kill.c; dir: where to be.
  // slow: how fast the clock runs while an answer is outstanding.
  constructor ({ kill, sql, from = null, verbose = false, slow = SLOW, dir = fs.realpathSync(os.tmpdir()) }) {
    this.kill = kill
    this.sql = sql
    this.from = from
    this.verbose = verbose
    this.dir = fs.mkdtempSync(path.join(dir, 'baas-cloud-'))
    this.clock = new Clock(path.join(this.dir, 'clock'), { fast: SPEED, slow, from: from?.clock })
    this.conf = path.join(this.dir, 'baas.conf')
    this.database = path.join(this.dir, 'baas.db')
    this.counts = path.join(this.dir, 'counts')
    this.words = '' // what the worker has said
    this.passes = 0
    this.kills = 0
    this.child = null
  }

  // share: another lab, whose cloud this one is a customer of too; its master as well, if this is to be a copy of it.
  // settle: from now on the copy of a moment is the original.
  async open ({ share = null, master = null, settle = true } = {}) {
    await this.claim()
    if (share) Object.assign(this, { world: share.world, cloud: share.cloud, shared: true })
    else await this.openCloud()
    this.borrowed = master !== null
    this.master = master ?? await new Master({ world: this.world, clock: this.clock, from: this.from?.master?.replaceAll(`${this.from.net}.`, `${this.net}.`), hang: socket => this.hang(socket) }).open()
    this.private = await new Private(this).open()
    this.configure()
    if (this.from) {
      for (const file of fs.readdirSync(this.from.dir)) fs.copyFileSync(path.join(this.from.dir, file), path.join(this.dir, file))
      for (const name of ['bots', 'run', 'log', 'mail']) fs.mkdirSync(path.join(this.dir, name))
      await this.move()
      if (settle) await this.baas('worker', 'act')
    } else {
      await this.baas('init')
    }
    await this.sql.use(this.database)
    this.private.read(this.dir)
    this.master.add(this.private)
    return this
  }

  // Bots' ports are open on the cloud's addresses, so each lab has some of its own: whose it is listens at a port below.
  async claim () {
    for (let taken = true; taken;) {
      this.net = `127.${128 + crypto.randomInt(120)}.${crypto.randomInt(256)}`
      this.claimed = net.createServer().listen(CLAIM, `${this.net}.254`)
      taken = await new Promise(resolve => this.claimed.once('listening', () => resolve(false)).once('error', () => resolve(true)))
    }
  }

  // A moment's addresses become this lab's.
  async move () {
    if (!this.from.net) return
    const moved = column => `replace(${column}, '${this.from.net}.', '${this.net}.')`
    await this.run('sqlite3', ['-batch', this.database,
      `UPDATE servers SET address = ${moved('address')} WHERE address IS NOT NULL; UPDATE bots SET record = ${moved('record')}`], { env: { LD_PRELOAD: '' } })
  }

  async openCloud () {
    const options = parse(['--speed', String(SPEED * CLOUD_SPEED), '--rate', '1000000', '--domain', 'butt.test', '--addresses', `${this.net}.0/24`])
    this.world = new World(options)
    if (this.from) this.world.data = JSON.parse(this.from.world.replaceAll(`${this.from.net}.`, `${this.net}.`))
    plan(this.world)
    this.cloud = await listen(this.world, options)
    this.world.on('hang', socket => this.hang(socket))
    this.lag()
    this.world.settle()
    this.cloudUrl = `http://127.0.0.1:${this.cloud.address().port}`
  }

  // A request on that connection is never answered.
  hang (socket) {
    this.clock.hang(1)
    socket.once('close', () => this.closed || this.clock.hang(-1))
  }

  // With late set, what a killed worker has asked for is done only so many ms of its clock later, after others may have looked.
  lag () {
    const [serve] = this.cloud.listeners('request')
    this.cloud.removeAllListeners('request')
    this.cloud.on('request', async (request, response) => {
      if (!this.late || request.method === 'GET' || request.url.startsWith('/fake/')) return serve(request, response)
      const { method, url, headers, socket } = request
      const parts = []
      for await (const part of request) parts.push(part)
      await pause(GRACE)
      if (this.child === null || this.child.signalCode !== null) await pause(this.late / this.clock.speed)
      serve(Object.assign(Readable.from(parts), { method, url, headers, socket }), response)
    })
  }

  configure () {
    fs.writeFileSync(path.join(this.dir, 'scaleway.token'), TOKEN, { mode: 0o600 })
    fs.writeFileSync(path.join(this.dir, 'salt.password'), this.master.password, { mode: 0o600 })
    fs.writeFileSync(this.conf, [
      `state_dir = ${this.dir}`,
      'site.url = http://127.0.0.1:1',
      'bots.domain = butt.test',
      'cloud = scaleway',
      `scaleway.url = http://127.0.0.1:${this.cloud.address().port}`,
      `scaleway.project = ${PROJECT}`,
      `scaleway.token_file = ${this.dir}/scaleway.token`,
      'scaleway.dns_zone = butt.test',
      'fleet = salt',
      `salt.url = ${this.master.url}`,
      `salt.password_file = ${this.dir}/salt.password`,
      'salt.master = 127.0.0.1',
      `private.listen = 127.0.0.1:${this.private.port}`,
      `private.token_file = ${this.dir}/token`
    ].join('\n') + '\n')
  }

  // ---- programs of ours

  environment (more = {}) {
    return { PATH: process.env.PATH, LD_PRELOAD: this.kill, BAAS_CONF: this.conf, BAAS_CLOCK: this.clock.file, ...more }
  }

  run (program, args, { env = {}, input = '', good = [0] } = {}) {
    return new Promise((resolve, reject) => {
      const child = execFile(program, args, { env: this.environment(env), maxBuffer: 1 << 26 }, (err, stdout, stderr) => {
        const status = err ? err.code ?? err.signal : 0
        if (!good.includes(status)) reject(new Error(`${path.basename(program)} ${args.join(' ')}: ${status}: ${stderr}${stdout.slice(0, 300)}`))
        else resolve({ status, stdout, stderr })
      })
      child.stdin.on('error', () => {})
      child.stdin.end(input)
    })
  }

  baas (...args) {
    return this.run(BAAS, args)
  }

  async cgi (program, method, place, { who, fields, json } = {}) {
    const body = json ? JSON.stringify(json) : fields ? new URLSearchParams(fields).toString() : ''
    const { stdout } = await this.run(path.join(LIBEXEC, 'cgi', program), [], {
      input: body,
      env: {
        REQUEST_METHOD: method,
        PATH_INFO: place,
        CONTENT_TYPE: json ? 'application/json' : 'application/x-www-form-urlencoded',
        CONTENT_LENGTH: String(Buffer.byteLength(body)),
        ...(json ? { HTTP_ACCEPT: 'application/json' } : {}),
        ...(who ? { BAAS_AS: `${who}@example.org` } : {})
      }
    })
    const status = Number(/^Status: (\d+)/.exec(stdout)?.[1])
    if (status >= 400 || !status) throw new Error(`${method} ${place}: ${stdout.slice(0, 2000)}`)
    return stdout
  }

  // ---- people

  join (who) {
    return this.cgi('signin', 'POST', '/users', { json: { email: `${who}@example.org`, password: PASSWORD, name: who } })
  }

  order (who, name) {
    return this.cgi('agents', 'POST', '/agents', { who, fields: { name, description: '' } })
  }

  act (who, name, what) {
    return this.cgi('bot', 'POST', `/agents/${name}/${what}`, { who, fields: {} })
  }

  drop (who, name) {
    return this.cgi('bot', 'POST', `/agents/${name}/delete`, { who, fields: { confirm: name, password: PASSWORD } })
  }

  // ---- the worker

  // One run of it for so many seconds of its clock, or until "until" says true: its exit status, or 'killed'.
  async pass ({ seconds = 60, until = async () => false, kill = null, every = false } = {}) {
    const args = ['-c', this.conf, ...(this.verbose ? ['-v'] : []), '--watch', String(seconds)]
    const env = { BAAS_COUNT: this.counts, BAAS_SPEED: `${this.clock.speed} ${this.clock.slow}`, ...(kill ? { BAAS_KILL: kill } : {}), ...(every ? { BAAS_EVERY: '1' } : {}) }
    const child = this.child = spawn(path.join(LIBEXEC, 'baas-reconcile'), args,
      { env: this.environment(env), stdio: ['ignore', 'inherit', 'pipe'] })
    child.stderr.on('data', data => { this.words += data })
    const ended = new Promise(resolve => child.on('close', (code, signal) => resolve(signal ?? code)))
    const watched = this.watch(child, until)
    const status = await ended
    this.child = null
    await watched
    if (status !== 'SIGKILL') {
      this.passes++
      return status
    }
    this.kills++
    this.passes = 0
    await pause(2) // what it had sent arrives
    return 'killed'
  }

  async watch (child, until) {
    while (child.exitCode === null && child.signalCode === null) {
      if (await until()) {
        child.kill('SIGTERM')
        return
      }
      await pause(15)
    }
  }

  once (...args) {
    const env = { BAAS_SPEED: `${this.clock.speed} ${this.clock.slow}` }
    return this.run(path.join(LIBEXEC, 'baas-reconcile'), ['-c', this.conf, '--once', ...args], { env, good: [0, 1] })
  }

  // How often it could have been killed so far.
  count () {
    if (!fs.existsSync(this.counts)) return { changes: 0, asked: 0, commits: 0 }
    const bytes = fs.readFileSync(this.counts)
    const [changes, asked, commits] = [0, 8, 16].map(at => Number(bytes.readBigUInt64LE(at)))
    return { changes, asked, commits }
  }

  // ---- what there is

  // What the cloud was asked, but for looks.
  async log () {
    return (await this.tell('GET', 'log')).filter(entry => entry.method !== 'GET')
  }

  async tell (method, what, body) {
    const answer = await fetch(`http://127.0.0.1:${this.cloud.address().port}/fake/${what}`,
      { method, body: body === undefined ? undefined : JSON.stringify(body) })
    if (answer.status !== 200) throw new Error(`/fake/${what}: ${(await answer.json()).message}`)
    return answer.json()
  }

  servers () {
    return this.sql.ask('SELECT * FROM servers ORDER BY id;')
  }

  bots () {
    return this.sql.ask(`SELECT b.id, a.key, a.name, b.server_id, b.wanted, b.restarts, b.public_key, hex(b.secret) AS secret, b.dir, b.port,
      b.binned_at, b.suspended_at, b.running, b.proven_at, b.started_at, b.seen_restarts, b.record, b.record6
      FROM bots b JOIN agents a USING (id) ORDER BY b.id;`)
  }

  // ---- moments

  // Keeps this moment, to begin from it as often as one likes.
  async take (name) {
    this.world.pass()
    const dir = path.join(this.dir, `moment-${name}`)
    fs.mkdirSync(dir)
    for (const file of ['vault.public', 'vault.secret', 'token', 'hash.0', 'hash.1']) fs.copyFileSync(path.join(this.dir, file), path.join(dir, file))
    await this.baas('backup', path.join(dir, 'baas.db'))
    return { dir, world: JSON.stringify(this.world.data), master: this.master.take(), clock: this.clock.stop(), net: this.net }
  }

  async close ({ keep = false } = {}) {
    this.closed = true
    this.child?.kill('SIGKILL')
    await this.private?.close()
    if (!this.borrowed) await this.master?.close()
    if (!this.shared) {
      this.cloud?.close()
      this.cloud?.closeAllConnections()
      this.world?.close()
    }
    this.claimed?.close()
    if (!keep && !process.env.BAAS_KEEP) fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

module.exports = { Lab, PROJECT, SPEED, ROOT, LIBEXEC }
