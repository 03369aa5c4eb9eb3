'use strict'
// A site for measuring: its state directory, people and bots straight into the database, and lighttpd; no worker, no pubs.

const { execFileSync, spawn } = require('child_process')
const crypto = require('crypto')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { freePort } = require('../t/e2e/site')
const procs = require('../t/e2e/procs')
const { until } = require('../t/e2e/until')

const ROOT = process.env.BAAS_ROOT ?? path.resolve(__dirname, '../build/root')
const LIBEXEC = path.join(ROOT, 'libexec/baas')
const BAAS = path.join(ROOT, 'bin/baas')
const DAY = 24 * 3600 * 1000

// BLAKE2b-256, which node does not have.
const blake = text => execFileSync('b2sum', ['-l', '256'], { input: text, encoding: 'utf8' }).slice(0, 64)

class House {
  constructor (port, more = []) {
    this.dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'baas-bench-'))
    this.port = port
    this.url = `http://127.0.0.1:${port}`
    this.conf = path.join(this.dir, 'baas.conf')
    this.database = path.join(this.dir, 'baas.db')
    const lines = [`state_dir = ${this.dir}`, `site.url = ${this.url}`, ...more]
    fs.writeFileSync(this.conf, lines.join('\n') + '\n')
    this.baas('init')
  }

  baas (...args) {
    return execFileSync(BAAS, ['-c', this.conf, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  sql (text, database = this.database) {
    return execFileSync('sqlite3', ['-batch', '-cmd', '.timeout 5000', database],
      { input: text, encoding: 'utf8', maxBuffer: 1 << 28 }).trim()
  }

  // A person who has gone through /newbie, and is signed in: { id, email, token }.
  person (name) {
    const token = crypto.randomBytes(32).toString('base64url')
    const email = `${name}@example.org`
    const now = Date.now()
    const id = Number(this.sql(`BEGIN; INSERT INTO agents (key, type, name, created_at, updated_at)
      VALUES (lower(hex(randomblob(10))), 'person', '${name}', ${now}, ${now});
      INSERT INTO credentials (person_id, email, hash, named, changed_at) VALUES (last_insert_rowid(), '${email}', '*', 1, ${now});
      INSERT INTO sessions (key, hash, person_id, agent, created_at, used_at)
      SELECT lower(hex(randomblob(10))), X'${blake(token)}', person_id, 'a bench', ${now}, ${now} FROM credentials WHERE email = '${email}';
      SELECT person_id FROM credentials WHERE email = '${email}'; COMMIT`))
    return { id, name, email, token, cookie: `baas=${token}` }
  }

  // A bot, as an order makes it.
  bot (name, owner) {
    const body = `name=${name}&description=`
    const out = execFileSync(path.join(LIBEXEC, 'cgi/agents'), {
      input: body,
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        BAAS_CONF: this.conf,
        BAAS_AS: owner.email,
        REQUEST_METHOD: 'POST',
        PATH_INFO: '/agents',
        CONTENT_TYPE: 'application/x-www-form-urlencoded',
        CONTENT_LENGTH: String(body.length)
      }
    })
    if (!out.startsWith('Status: 303')) throw new Error(`no bot: ${out.slice(0, 300)}`)
  }

  // What the worker writes while all is well.
  proveAll (database = this.database) {
    const now = Date.now()
    this.sql(`BEGIN IMMEDIATE; UPDATE worker SET seen_at = ${now}, passed_at = ${now};
      UPDATE bots SET running = 1, seen_at = ${now}, proven_at = ${now}, started_at = coalesce(started_at, ${now - DAY}),
      status_since = coalesce(status_since, ${now - DAY}), last_status = 'alive', seen_restarts = restarts, seen_rebuilds = rebuilds,
      seen_release = '1.0.0', peers = 3, feeds = 40, messages = 12345, memory = 90000000, disk_log = 40000000, disk_blobs = 1000000,
      disk_indexes = 9000000, month = strftime('%Y-%m', 'now'), month_in = 5000000, month_out = 6000000; COMMIT`, database)
  }

  // Each 5 s, as the worker does: so often every connection finds its cache of the database stale.
  keepProving (...databases) {
    const prove = () => [this.database, ...databases].forEach(database => this.proveAll(database))
    prove()
    this.proving = setInterval(prove, 5000)
  }

  // lighttpd as ./dev run starts it, with more lines of configuration; which: or the private one, at private.listen.
  async serve (more = '', which = 'public') {
    const run = path.join(this.dir, 'run/bench')
    fs.mkdirSync(run, { recursive: true })
    fs.writeFileSync(path.join(run, 'lighttpd.conf'), this.baas('lighttpd', which, '.', ...(which === 'public' ? [String(this.port)] : [])) + more)
    this.lighttpd = spawn('lighttpd', ['-D', '-f', 'lighttpd.conf'],
      { cwd: run, env: { PATH: `${process.env.PATH}:/usr/sbin`, BAAS_CONF: this.conf }, stdio: ['ignore', 'inherit', 'inherit'] })
    await until('lighttpd listens', 10000, () => listens(this.port), 20)
  }

  // RSS in KiB of each process of a route, or of all.
  rss (route) {
    return procs.of(this.dir).filter(one => one.kind === 'cgi' && (route === undefined || path.basename(one.exe) === route))
      .map(one => ({ ...one, rss: memory(one.pid) }))
  }

  async close () {
    clearInterval(this.proving)
    if (this.lighttpd !== undefined) {
      const ended = new Promise(resolve => this.lighttpd.on('close', resolve))
      this.lighttpd.kill('SIGTERM')
      await ended
    }
    procs.signal(procs.of(this.dir), 'SIGKILL')
    if (!process.env.BAAS_BENCH_KEEP) fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

function memory (pid) {
  return Number(/^VmRSS:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0)
}

function listens (port) {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1')
    socket.on('connect', () => socket.destroy(resolve(true)))
    socket.on('error', () => resolve(false))
  })
}

module.exports = { BAAS, House, LIBEXEC, ROOT, freePort, listens, memory }
