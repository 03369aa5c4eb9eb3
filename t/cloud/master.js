'use strict'
// The fake Salt master, whose minions are a fake cloud's machines: one is there while its machine is on, was given its own
// key, and has its volume.  Containers end with their machine, what bots have written lies on the volume and outlives it.

const crypto = require('crypto')
const net = require('net')
const { listen } = require('../fake/salt-api.d/api')

const BOOT = 20000 // ms of our programs' clock until a machine's minion is there
const READS = ['test.ping', 'baas.status', 'saltutil.find_job', 'key.list_all', 'baas.master']

const pem = (kind, words) => `-----BEGIN ${kind}-----\n${Buffer.from(words.repeat(8)).toString('base64').match(/.{1,64}/g).join('\n')}\n-----END ${kind}-----\n`
const flat = text => text.replace(/\s+/g, '')

class Master {
  // from: what take() gave; hang: is told the connection of a request that is never answered.
  constructor ({ world, clock, from = null, hang = () => {} }) {
    this.world = world
    this.clock = clock
    this.hang = hang
    this.from = from ? JSON.parse(from) : null
    this.password = 'a shared secret for a test'
    this.privates = []
    this.doors = new Map()
    this.mute = () => false // minions that never answer
    world.on('poweron', machine => this.on(machine))
    world.on('poweroff', machine => this.off(machine))
    world.on('gone', machine => this.gone(machine))
    world.on('erased', ({ id }) => delete this.data.volumes[id])
  }

  async open () {
    this.fake = await listen({
      secret: this.password, speed: this.clock.speed, noPorts: true, isUp: id => this.machineOf(id) !== undefined, pillar: id => this.pillar(id), hang: this.hang
    })
    this.url = this.fake.url
    this.log = this.fake.state.log
    this.data = this.from?.data ?? { keys: {}, machines: {}, volumes: {}, wrong: [] }
    if (this.from) Object.assign(this.fake.state, this.from.state, { log: this.log })
    this.fake.api.genAccept = order => this.makeKey(order)
    const { minions } = this.fake.api
    const bring = minions.bring.bind(minions)
    minions.bring = (minion, key, bot, ...more) => this.bring(minion, key, bot, () => bring(minion, key, bot, ...more))
    for (const machine of Object.values(this.data.machines)) this.openDoors(machine)
    return this
  }

  // Whose pillars it asks for.
  add (private_) {
    this.privates.push(private_)
  }

  async pillar (id) {
    for (const one of this.privates) {
      const body = await one.pillar(id).catch(err => ({ _errors: [err.message] }))
      if (!body._errors) return body
    }
    return { _errors: ['unknown minion'] }
  }

  take () {
    return JSON.stringify({ data: this.data, state: { ...this.fake.state, sessions: [], jobs: {}, log: [] } })
  }

  async close () {
    await this.fake?.close()
    for (const door of this.doors.values()) door.close()
  }

  fail (rule) {
    return this.fake.faults.add(rule)
  }

  heal () {
    this.fake.faults.clear()
  }

  // What must never happen, in words.
  fault (words) {
    this.data.wrong.push(words)
  }

  // The last that was made counts.
  makeKey ({ id_: id, force }) {
    const { state, minions } = this.fake.api
    if (state.known.includes(id) && !force) return {}
    if (!state.known.includes(id)) state.known.push(id)
    minions.minion(id)
    this.data.keys[id] = `${id} ${crypto.randomBytes(16).toString('hex')} `
    return { priv: pem('RSA PRIVATE KEY', this.data.keys[id]), pub: pem('PUBLIC KEY', this.data.keys[id]) }
  }

  // ---- machines

  read (server) {
    const seed = Buffer.from(server.user_data['cloud-init'] ?? '', 'base64').toString()
    return {
      id: server.id,
      minion: /^ *id: '?([a-z0-9-]+)'?$/m.exec(seed)?.[1] ?? '',
      volume: /sbs_volume-([0-9a-f-]{36})/.exec(seed)?.[1] ?? '',
      secret: Object.values(this.data.keys).find(secret => flat(seed).includes(flat(pem('RSA PRIVATE KEY', secret)))) ?? ''
    }
  }

  on (server) {
    const machine = this.data.machines[server.id] ??= this.read(server)
    const ip = server.ips.map(id => this.world.data.ips[id]).find(one => one?.type === 'routed_ipv4')
    Object.assign(machine, { address: ip?.address ?? '', on: true, since: this.clock.now() + BOOT })
    if (machine.minion === '') this.fault(`${server.name}: boots without instructions`)
    else if (!Object.values(server.volumes).some(one => one.id === machine.volume)) this.fault(`${machine.minion}: boots without its volume`)
    this.data.volumes[machine.volume] ??= {}
    this.turn(machine, bot => bot.rests && Object.assign(bot, { running: true, state: 'running', rests: false, startedAt: Date.now() }))
  }

  off (server) {
    const machine = this.data.machines[server.id]
    if (!machine) return
    machine.on = false
    this.turn(machine, bot => bot.running && Object.assign(bot, { running: false, state: 'exited', rests: true, finishedAt: Date.now(), exitCode: 0 }))
  }

  gone (server) {
    const machine = this.data.machines[server.id]
    if (!machine) return
    this.off(server)
    delete this.data.machines[server.id]
    delete this.fake.state.minions[machine.minion]
  }

  botsOf (machine) {
    return this.fake.state.minions[machine.minion]?.bots ?? {}
  }

  turn (machine, change) {
    for (const bot of Object.values(this.botsOf(machine))) change(bot)
    this.openDoors(machine)
  }

  machineOf (minion) {
    return Object.values(this.data.machines).find(one => one.minion === minion && one.on && this.clock.now() >= one.since &&
      one.secret !== '' && one.secret === this.data.keys[minion] && !this.mute(minion))
  }

  // What an apply does for one bot.
  bring (minion, key, bot, bring) {
    const machine = Object.values(this.data.machines).find(one => this.fake.state.minions[one.minion] === minion)
    const volume = this.data.volumes[machine.volume] ??= {}
    if (bot.wanted === 'absent') {
      delete volume[key]
    } else if (bot.wanted === 'running') {
      volume[key] ??= bot.secret.id
      if (volume[key] !== bot.secret.id) this.fault(`bot ${key}: runs as somebody else on its data`)
    }
    const states = bring()
    if (minion.bots[key]) minion.bots[key].rests = false
    this.openDoors(machine)
    return states
  }

  // The ports of what runs there, and no others.
  openDoors (machine) {
    const open = machine.on && machine.address ? Object.values(this.botsOf(machine)).filter(one => one.running).map(one => `${machine.address}:${one.port}`) : []
    for (const [name, door] of this.doors) {
      if (door.machine !== machine.id || open.includes(name)) continue
      door.close()
      this.doors.delete(name)
    }
    for (const name of open.filter(one => !this.doors.has(one))) {
      const [host, port] = name.split(':')
      const door = net.createServer(socket => socket.destroy())
      door.machine = machine.id
      this.doors.set(name, door)
      door.on('error', err => this.fault(`${name}: ${err.code}`)).listen(Number(port), host)
    }
  }
}

// Whether a request changes nothing.
const isRead = entry => entry.method === 'GET' || entry.path === '/login' || READS.includes(entry.fun)

module.exports = { Master, isRead }
