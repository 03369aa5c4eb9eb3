'use strict'
// Our own client, led by a test: t/worker/errand, as BAAS_ERRAND or in the build that BAAS_ROOT is of.

const fs = require('fs')
const os = require('os')
const path = require('path')
const { spawn } = require('child_process')
const { once } = require('events')
const { createInterface } = require('readline')
const { PROJECT, TOKEN } = require('./fake')

const PROGRAM = process.env.BAAS_ERRAND ?? path.join(process.env.BAAS_ROOT ?? '', '../obj/t/worker/errand')
const INSTANCE = '00112233aabbccdd'

// For a test's options: a reason to skip it, or false.
const whyNot = () => fs.existsSync(PROGRAM) ? false : 't/worker/errand is not built (BAAS_ERRAND)'

class Client {
  constructor (child, dir) {
    this.child = child
    this.dir = dir
    this.last = 0
    this.marks = 0
    this.waiting = new Map()
    this.said = ''
    child.stderr.on('data', text => { this.said += text })
    createInterface(child.stdout).on('line', line => {
      const answer = JSON.parse(line)
      this.waiting.get(answer.n)(answer)
      this.waiting.delete(answer.n)
    })
    child.stdin.on('error', () => {})
    child.on('close', () => {
      for (const answer of this.waiting.values()) answer(this.ended())
    })
  }

  ended () {
    return { verdict: `the client has ended: ${this.child.exitCode ?? this.child.signalCode}` }
  }

  // Resolves to its answer.
  ask (what, more = {}) {
    const n = ++this.last
    if (this.child.exitCode !== null) return Promise.resolve(this.ended())
    return new Promise(resolve => {
      this.waiting.set(n, resolve)
      this.child.stdin.write(`${JSON.stringify({ n, do: what, ...more })}\n`)
    })
  }

  make (kind, more = {}) {
    const mark = `mark${String(++this.marks).padStart(8, '0')}`
    return this.ask('make', { kind, instance: INSTANCE, mark, server: 7, generation: 1, ...more })
  }

  async look () {
    const { things, why } = await this.ask('look')
    if (!things) throw new Error(why)
    return things
  }

  async close () {
    if (this.child.exitCode === null) {
      const exit = once(this.child, 'exit')
      this.child.stdin.end()
      await exit
    }
    fs.rmSync(this.dir, { recursive: true, force: true })
    return this.child.exitCode
  }
}

// A client of that API; conf: further or other lines of its configuration.
async function client (url, { conf = {}, args = [] } = {}) {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'baas-errand-'))
  const write = (name, text) => fs.writeFileSync(path.join(dir, name), text, { mode: 0o600 })

  write('token', `${TOKEN}\n`)
  const lines = {
    state_dir: dir,
    cloud: 'scaleway',
    'scaleway.url': url,
    'scaleway.project': PROJECT,
    'scaleway.token_file': path.join(dir, 'token'),
    'scaleway.dns_zone': 'butt.nz',
    'bots.first_port': '9000',
    ...conf
  }
  write('baas.conf', Object.entries(lines).map(([key, value]) => `${key} = ${value}\n`).join(''))
  const child = spawn(PROGRAM, [path.join(dir, 'baas.conf'), ...args])
  return new Client(child, dir)
}

module.exports = { INSTANCE, whyNot, client }
