'use strict'
// Time that runs faster for our programs than for the machine, and can be moved on.  It is a page in a file that they
// share: kill.c has it in them.

const fs = require('fs')

// Six numbers of 64 bits: machine's monotonic ns, and what our clocks said then, since boot and since 1970; how many
// times faster they have run since; a count of changes, odd during one; how many answers that are waited for never come.
const [MONO, BOOT, REAL, RATE, TURN, HUNG, END] = [0, 8, 16, 24, 32, 40, 48]

class Clock {
  // fast: while our programs wait for time to pass, slow: for an answer, and work; from: where another clock has stopped.
  constructor (file, { fast, slow, from = null }) {
    this.file = file
    this.speed = fast
    this.slow = slow
    this.hung = 0
    const page = Buffer.alloc(END)
    const mono = process.hrtime.bigint()
    page.writeBigInt64LE(mono, MONO)
    page.writeBigInt64LE(from ? BigInt(from.boot) : mono, BOOT)
    page.writeBigInt64LE(from ? BigInt(from.real) : BigInt(Date.now()) * 1000000n, REAL)
    page.writeBigInt64LE(BigInt(fast), RATE)
    fs.writeFileSync(file, page)
  }

  read () {
    for (;;) {
      const page = fs.readFileSync(this.file)
      if (page.readBigInt64LE(TURN) & 1n) continue
      const gone = (process.hrtime.bigint() - page.readBigInt64LE(MONO)) * page.readBigInt64LE(RATE)
      return { page, real: page.readBigInt64LE(REAL) + gone, boot: page.readBigInt64LE(BOOT) + gone }
    }
  }

  // Milliseconds since 1970, as our programs see them.
  now () {
    return Number(this.read().real / 1000000n)
  }

  // While the worker does not run: it alone sets the page otherwise.
  jump (seconds) {
    const { page } = this.read()
    const more = BigInt(seconds) * 1000000000n
    page.writeBigInt64LE(page.readBigInt64LE(REAL) + more, REAL)
    page.writeBigInt64LE(page.readBigInt64LE(BOOT) + more, BOOT)
    fs.writeFileSync(this.file, page)
  }

  // So many more answers that never come: there is no use in a slow wait for them.
  hang (more) {
    const number = Buffer.alloc(8)
    number.writeBigInt64LE(BigInt(this.hung += more))
    const file = fs.openSync(this.file, 'r+')
    fs.writeSync(file, number, 0, number.length, HUNG)
    fs.closeSync(file)
  }

  stop () {
    const { real, boot } = this.read()
    return { real: String(real), boot: String(boot) }
  }
}

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

module.exports = { Clock, MINUTE, HOUR, DAY }
