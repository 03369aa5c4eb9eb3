'use strict'
// Several processes that play stories side by side; none: only the place and the compiled kill.c.

const { execFileSync, fork } = require('child_process')
const fs = require('fs')
const os = require('os')
const path = require('path')

const SLOTS = Number(process.env.BAAS_SLOTS ?? 6)

class Slots {
  constructor (n = SLOTS) {
    this.dir = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'baas-cloud-'))
    this.kill = path.join(this.dir, 'kill.so')
    execFileSync('cc', ['-Wall', '-O2', '-D_GNU_SOURCE', '-shared', '-fPIC', '-o', this.kill, path.join(__dirname, 'kill.c')], { stdio: 'inherit' })
    this.free = []
    this.waiting = []
    this.made = {}
    this.all = Array.from({ length: n }, () => this.open())
    this.free.push(...this.all)
  }

  open () {
    const child = fork(path.join(__dirname, 'slot.js'), [], { env: { ...process.env, BAAS_KILL_SO: this.kill } })
    child.on('message', ({ result }) => this.done(child, { result }))
    child.on('exit', code => this.done(child, { fault: new Error(`a slot has ended: ${code}`) }))
    return child
  }

  done (child, { result, fault }) {
    const { resolve, reject } = child.now ?? {}
    child.now = null
    if (fault) reject?.(fault)
    else resolve?.(result)
    if (!fault) this.free.push(child)
    this.next()
  }

  next () {
    while (this.free.length > 0 && this.waiting.length > 0) {
      const child = this.free.pop()
      child.now = this.waiting.shift()
      child.send({ job: child.now.job, given: this.made })
    }
  }

  play (job) {
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject })
      this.next()
    })
  }

  // Makes a moment that stories begin at.
  async make (moment) {
    const result = await this.play({ moment })
    if (result.wrong) throw new Error(result.wrong.join('\n'))
    Object.assign(this.made, result)
  }

  async close () {
    await Promise.all(this.all.map(child => new Promise(resolve => {
      if (child.exitCode !== null) return resolve()
      child.on('exit', resolve)
      child.disconnect()
    })))
    if (!process.env.BAAS_KEEP) fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 })
  }
}

module.exports = { Slots, SLOTS }
