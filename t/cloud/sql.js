'use strict'
// A sqlite3 that stays: a question to it costs a millisecond, not a process.

const { spawn } = require('child_process')

const END = '== end =='

class Sql {
  constructor () {
    this.child = spawn('sqlite3', ['-batch'], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.text = ''
    this.faults = ''
    this.asked = []
    this.child.stdout.on('data', data => this.take(data))
    this.child.stderr.on('data', data => { this.faults += data })
    this.child.on('exit', () => this.asked.splice(0).forEach(one => one.reject(new Error(`sqlite3 has ended: ${this.faults}`))))
    this.child.stdin.write('.mode json\n.timeout 20000\n')
  }

  take (data) {
    this.text += data
    for (;;) {
      const end = this.text.indexOf(END)
      if (end === -1) return
      const words = this.text.slice(0, end).trim()
      this.text = this.text.slice(end + END.length + 1)
      const { resolve, reject, what } = this.asked.shift()
      const faults = this.faults
      this.faults = ''
      if (faults) reject(new Error(`${what}: ${faults.trim()}`))
      else resolve(words ? JSON.parse(words) : [])
    }
  }

  // Resolves to the rows, as objects.
  ask (what) {
    return new Promise((resolve, reject) => {
      this.asked.push({ resolve, reject, what })
      this.child.stdin.write(`${what}\n.print "${END}"\n`)
    })
  }

  // To look at, never to write; nothing is held open between questions.
  use (file) {
    return this.ask(`.open ${file}\nPRAGMA query_only = ON;`)
  }

  close () {
    this.child.stdin.end()
    return new Promise(resolve => this.child.on('close', resolve))
  }
}

module.exports = { Sql }
