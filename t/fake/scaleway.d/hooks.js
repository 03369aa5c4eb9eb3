'use strict'
// The programs that are run when a server's guest goes on or off, so that a guest may really be there.  Each gets the
// server's id, and in its environment
//   FAKE_EVENT           poweron or poweroff; with --machines also gone (the server is), erased (the id is a volume's)
//   FAKE_USER_DATA_FILE  the text of the key cloud-init, as a file (empty if there is none)
//   FAKE_ADDRESS         its first IPv4 address (or nothing)
//   FAKE_ADDRESS6        its first IPv6 address, likewise
//   FAKE_VOLUMES         ids of its volumes, the root first, with blanks between
//   FAKE_NAME            its name
//   FAKE_BOOT            1 when it boots for the first time
//   FAKE_MACHINES        the directory of --machines
// A program ends by itself; the next of the same server waits for that.

const fs = require('fs')
const os = require('os')
const path = require('path')
const { spawn } = require('child_process')
const { addressesOf, showAddress } = require('./server_view')

const MACHINE = path.join(__dirname, '../machine')

class Hooks {
  constructor (world, { onPoweron, onPoweroff, machines, state }) {
    this.world = world
    this.dir = null
    this.last = new Map()
    this.keep = Boolean(state)
    this.machines = machines
    this.on = machines ? MACHINE : onPoweron
    this.off = machines ? MACHINE : onPoweroff
    if (this.on) world.on('poweron', server => this.run(this.on, server, 'poweron'))
    if (this.off) world.on('poweroff', server => this.run(this.off, server, 'poweroff'))
    world.on('gone', server => {
      if (machines) this.run(MACHINE, server, 'gone')
      this.forget(server)
    })
    if (machines) world.on('erased', disk => this.start(MACHINE, disk.id, { FAKE_EVENT: 'erased' }))
  }

  // Those that were on when the world ended have lost their power, and have it again.
  begin () {
    if (!this.machines) return
    for (const server of Object.values(this.world.data.servers)) if (server.on) this.run(this.on, server, 'poweron')
  }

  // Where the user data lie, which hold keys.
  place () {
    if (!this.machines) return fs.mkdtempSync(path.join(os.tmpdir(), 'fake-scaleway-'))
    const dir = path.join(this.machines, 'told')
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
    return dir
  }

  file (server) {
    this.dir ??= this.place()
    const file = path.join(this.dir, server.id)
    fs.writeFileSync(file, Buffer.from(server.user_data['cloud-init'] ?? '', 'base64'), { mode: 0o600 })
    return file
  }

  environment (server) {
    const addresses = addressesOf(this.world, server).map(ip => showAddress(this.world, server, ip))
    const first = family => addresses.find(one => one.family === family)?.address ?? ''
    return {
      FAKE_USER_DATA_FILE: this.file(server),
      FAKE_ADDRESS: first('inet'),
      FAKE_ADDRESS6: first('inet6'),
      FAKE_VOLUMES: Object.keys(server.volumes).sort((a, b) => a - b).map(key => server.volumes[key].id).join(' '),
      FAKE_NAME: server.name,
      FAKE_BOOT: String(server.boots)
    }
  }

  run (program, server, event) {
    this.start(program, server.id, { ...this.environment(server), FAKE_EVENT: event })
  }

  start (program, id, more) {
    const env = { ...process.env, ...more, FAKE_MACHINES: this.machines ?? '' }
    const start = () => new Promise(resolve => {
      const child = spawn(program, [id], { env, stdio: ['ignore', 2, 2] })
      child.on('error', err => {
        console.error(`fake: ${program}: ${err.message}`)
        resolve()
      })
      child.on('exit', (code, signal) => {
        if (code !== 0) console.error(`fake: ${program} ${id}: ended with ${signal ?? code}`)
        resolve()
      })
    })
    this.last.set(id, (this.last.get(id) ?? Promise.resolve()).then(start))
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
      for (const server of Object.values(this.world.data.servers)) if (server.on) this.run(this.off, server, 'poweroff')
    }
    await Promise.all(this.last.values())
    if (this.dir) fs.rmSync(this.dir, { recursive: true, force: true })
  }
}

module.exports = { Hooks }
