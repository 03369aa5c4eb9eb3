'use strict'
// The programs that are run when a server's guest goes on or off, so that a guest may really be there.  Each gets the
// server's id, and in its environment
//   FAKE_USER_DATA_FILE  the text of the key cloud-init, as a file (empty if there is none)
//   FAKE_ADDRESS         its first IPv4 address (or nothing)
//   FAKE_VOLUMES         ids of its volumes, the root first, with blanks between
//   FAKE_NAME            its name
//   FAKE_BOOT            1 when it boots for the first time
// A program ends by itself; the next of the same server waits for that.

const fs = require('fs')
const os = require('os')
const path = require('path')
const { spawn } = require('child_process')
const { addressesOf } = require('./server_view')

class Hooks {
  constructor (world, { onPoweron, onPoweroff, state }) {
    this.world = world
    this.dir = null
    this.last = new Map()
    this.keep = Boolean(state)
    if (onPoweron) world.on('poweron', server => this.run(onPoweron, server))
    if (onPoweroff) world.on('poweroff', server => this.run(onPoweroff, server))
    world.on('gone', server => this.forget(server))
    this.off = onPoweroff
  }

  file (server) {
    this.dir ??= fs.mkdtempSync(path.join(os.tmpdir(), 'fake-scaleway-'))
    const file = path.join(this.dir, server.id)
    fs.writeFileSync(file, Buffer.from(server.user_data['cloud-init'] ?? '', 'base64'), { mode: 0o600 })
    return file
  }

  environment (server) {
    const four = addressesOf(this.world, server).find(ip => ip.type === 'routed_ipv4')
    return {
      ...process.env,
      FAKE_USER_DATA_FILE: this.file(server),
      FAKE_ADDRESS: four?.address ?? '',
      FAKE_VOLUMES: Object.keys(server.volumes).sort((a, b) => a - b).map(key => server.volumes[key].id).join(' '),
      FAKE_NAME: server.name,
      FAKE_BOOT: String(server.boots)
    }
  }

  run (program, server) {
    const env = this.environment(server)
    const start = () => new Promise(resolve => {
      const child = spawn(program, [server.id], { env, stdio: ['ignore', 2, 2] })
      child.on('error', err => {
        console.error(`fake: ${program}: ${err.message}`)
        resolve()
      })
      child.on('exit', (code, signal) => {
        if (code !== 0) console.error(`fake: ${program} ${server.id}: ended with ${signal ?? code}`)
        resolve()
      })
    })
    this.last.set(server.id, (this.last.get(server.id) ?? Promise.resolve()).then(start))
  }

  forget (server) {
    const last = this.last.get(server.id) ?? Promise.resolve()
    last.then(() => {
      if (this.dir) fs.rmSync(path.join(this.dir, server.id), { force: true })
    })
  }

  // Without a state file the servers end with the world; with one they go on, and are found again.
  async end () {
    if (this.off && !this.keep) {
      for (const server of Object.values(this.world.data.servers)) if (server.on) this.run(this.off, server)
    }
    await Promise.all(this.last.values())
    if (this.dir) fs.rmSync(this.dir, { recursive: true, force: true })
  }
}

module.exports = { Hooks }
