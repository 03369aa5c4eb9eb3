'use strict'
// All that there is, and what is going to happen to it.  Everything in data is plain JSON, the future too, so that a
// restart forgets nothing.

const crypto = require('crypto')
const fs = require('fs')
const { EventEmitter } = require('events')

const empty = () => ({
  servers: {},
  disks: {}, // volumes of Block Storage
  locals: {}, // volumes of the Instance API
  snapshots: {},
  ips: {},
  groups: {},
  images: {}, // made by the action backup
  zones: {}, // of DNS
  rotated: 0, // how often the ids of images have changed
  address: 0, // the last that was given out
  odd: 0, // how many times a choice among oddities was made
  ahead: 0, // milliseconds that tests have let pass
  later: []
})

class World extends EventEmitter {
  constructor ({ speed, state, addresses, domains }) {
    super()
    this.speed = speed
    this.file = state
    this.addresses = addresses
    this.domains = domains
    this.data = empty()
    this.what = {}
    this.moment = null
    this.timer = null
    this.dirty = false
  }

  // ---- time

  // Milliseconds: of what is happening, or of now.
  now () {
    return this.moment ?? Date.now() + this.data.ahead
  }

  // Says what to do when an event of that kind falls due.
  when (kind, act) {
    this.what[kind] = act
  }

  // Plans an event, some of the cloud's seconds from now.
  after (seconds, kind, id, more = {}) {
    const event = { at: this.now() + seconds * 1000 / this.speed, kind, id, ...more }
    const { later } = this.data
    let at = later.length

    while (at > 0 && later[at - 1].at > event.at) at--
    later.splice(at, 0, event)
    if (at === 0) this.arm()
  }

  // Lets everything happen that is due.
  settle () {
    const { later } = this.data

    while (later.length > 0 && later[0].at <= this.now()) {
      const event = later.shift()
      this.moment = event.at
      this.dirty = true
      try {
        this.what[event.kind](event)
      } finally {
        this.moment = null
      }
    }
    this.arm()
  }

  // Lets some of the cloud's seconds pass at once; without a number, all until nothing more is planned.
  pass (seconds) {
    const { later } = this.data

    if (seconds !== undefined) {
      this.data.ahead += this.ms(seconds)
      this.settle()
      return
    }
    while (later.length > 0) {
      this.data.ahead += Math.max(later[later.length - 1].at - this.now(), 0)
      this.settle()
    }
  }

  arm () {
    clearTimeout(this.timer)
    if (this.data.later.length === 0) return
    const wait = Math.min(Math.max(this.data.later[0].at - this.now(), 1), 2 ** 31 - 1)
    this.timer = setTimeout(() => {
      this.settle()
      this.save()
    }, wait)
    this.timer.unref()
  }

  // Seconds of the cloud, as milliseconds of ours.
  ms (seconds) {
    return seconds * 1000 / this.speed
  }

  // Dates as the Instance API writes them, and as all others do.
  date (ms = this.now()) {
    return new Date(ms).toISOString().replace('Z', `${this.micros()}+00:00`)
  }

  dateZ (ms = this.now()) {
    return new Date(ms).toISOString().replace('Z', `${this.micros()}Z`)
  }

  micros () {
    return String(crypto.randomInt(1000)).padStart(3, '0')
  }

  // ---- names

  uuid () {
    return crypto.randomUUID()
  }

  // The next of several oddities: they come in turn, so that a run can be repeated.
  odd (choices) {
    return choices[this.data.odd++ % choices.length]
  }

  // ---- disk

  load () {
    if (!this.file) return
    try {
      this.data = { ...empty(), ...JSON.parse(fs.readFileSync(this.file, 'utf8')) }
    } catch (err) {
      if (err.code !== 'ENOENT') throw new Error(`${this.file}: ${err.message}`)
    }
    this.settle()
  }

  // Writes what has changed, whole.
  save () {
    if (!this.file || !this.dirty) return
    this.dirty = false
    fs.writeFileSync(`${this.file}.new`, JSON.stringify(this.data), { mode: 0o600 })
    fs.renameSync(`${this.file}.new`, this.file)
  }

  close () {
    clearTimeout(this.timer)
    this.save()
  }
}

module.exports = { World }
