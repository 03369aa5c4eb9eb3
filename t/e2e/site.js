'use strict'
// A real site: ./dev run with a port and a directory of its own, and the end of all that it started.
// BAAS_URL with BAAS_DIR: one that runs already, for tests that need no start of their own.

const assert = require('node:assert/strict')
const { spawn } = require('child_process')
const fs = require('fs')
const net = require('net')
const os = require('os')
const path = require('path')
const { Client } = require('./client')
const procs = require('./procs')
const { until } = require('./until')

const ROOT = path.resolve(__dirname, '../..')
const PREFIX = path.join(ROOT, 'build/root')
const READY = /^baas: ready at (http:\/\/\S+)\/$/m
const FIRST_BUILD = { local: 300000, salt: 600000 }
const STOP = { local: 15000, salt: 30000 }

// Below the ports that the kernel gives to connections, or one of them could have it before it is used.
async function freePort () {
  for (;;) {
    const port = 30000 + Math.floor(2700 * Math.random())
    const free = await new Promise(resolve => {
      const server = net.createServer().on('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (free) return port
  }
}

// The state directory of a test, with a name that nobody else's begins with; bots' own users pass through it.
function newDir () {
  const dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'baas-e2e-'))
  fs.chmodSync(dir, 0o711)
  return dir
}

// Ports for the bots that other sites of this machine hardly want, so that none takes another's while it restarts.
const botPorts = () => 10000 + 20 * Math.floor(500 * Math.random())

class Site {
  constructor (dir, port, set, fleet = 'local') {
    this.dir = dir
    this.port = port
    this.set = set
    this.fleet = fleet
  }

  // Starts it; resolves once it says that it is ready. readyIn is how long that took.
  async start () {
    const args = ['run', '--port', String(this.port), '--dir', this.dir, '--fleet', this.fleet]
    const began = Date.now()
    for (const line of this.set) args.push('--set', line)
    this.out = this.err = ''
    this.child = spawn(path.join(ROOT, 'dev'), args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
    this.ended = new Promise(resolve => this.child.on('close', (code, signal) => resolve({ code, signal })))
    this.child.on('error', err => { this.err += err.message })
    this.child.stdout.on('data', data => { this.out += data })
    this.child.stderr.on('data', data => {
      this.err += data
      if (process.env.BAAS_E2E_VERBOSE) process.stderr.write(data)
    })
    const ready = await until('./dev run is ready', FIRST_BUILD[this.fleet], () => READY.exec(this.out) ?? this.isDead(), 10)
    if (!Array.isArray(ready)) throw new Error(`./dev run ended: ${this.tail()}`)
    this.readyIn = Date.now() - began
    this.url = ready[1]
    return this
  }

  isDead () {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  tail () {
    return `${this.out}${this.err}`.slice(-3000)
  }

  // SIGTERM, and all that it started is gone in time. Resolves to the milliseconds.
  async stop () {
    const began = Date.now()
    const most = STOP[this.fleet]
    this.child.kill('SIGTERM')
    try {
      await until('./dev run ends', most, () => this.isDead())
      await until('all that it started ends', most - (Date.now() - began), () => procs.of(this.dir).length === 0)
    } catch (err) {
      assert.fail(`${err.message}\n${procs.say(procs.of(this.dir))}\n${this.tail()}`)
    }
    await this.ended
    return Date.now() - began
  }

  // After a test, whatever happened in it. The directory stays with BAAS_E2E_KEEP=1.
  async close () {
    try {
      procs.signal(procs.of(this.dir), 'SIGCONT')
      if (this.child && !this.isDead()) await this.stop()
    } finally {
      procs.signal(procs.of(this.dir), 'SIGKILL')
      if (!process.env.BAAS_E2E_KEEP) fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
    }
  }

  client () {
    return new Client(this.url)
  }

  procs (kind) {
    return kind === undefined ? procs.of(this.dir) : procs.kind(this.dir, kind)
  }

  // ./dev run itself and whatever helps it to start others again.
  supervisors () {
    return procs.of(this.dir).filter(one => one.kind === 'other' || one.pid === this.child.pid)
  }
}

// A started site of its own. With fleet salt each person's bots have an address of their own.
async function open ({ set = [], fleet = 'local' } = {}) {
  const ports = fleet === 'local' ? [`bots.first_port=${botPorts()}`] : []
  const site = new Site(newDir(), await freePort(), [...ports, ...set], fleet)
  try {
    return await site.start()
  } catch (err) {
    await site.close()
    throw err
  }
}

// The running one, if the environment names it; close leaves it alone.
async function borrow () {
  if (!process.env.BAAS_URL || !process.env.BAAS_DIR) return open()
  const site = new Site(fs.realpathSync(process.env.BAAS_DIR), 0, [])
  site.url = process.env.BAAS_URL.replace(/\/$/, '')
  site.close = async () => {}
  return site
}

module.exports = { PREFIX, ROOT, borrow, freePort, newDir, open }
