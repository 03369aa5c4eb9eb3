'use strict'
// The minions: what each does when a job reaches it.  Containers are made up: they follow the pillar after an apply.

const crypto = require('crypto')
const http = require('http')
const net = require('net')

const delay = { ping: 20, status: 60, call: 40, apply: 300, container: 100, restart: 200, sync: 40 } // ms
const ok = ret => ({ return: ret, retcode: 0, success: true })
const bad = (ret, retcode = 1) => ({ return: ret, retcode, success: false })

// Somebody whose answers cannot be trusted: each changes the answer to baas.status.
const lies = {
  nonsense: () => ok('moo'),
  list: () => ok([1, 2, 3]),
  'another-server': ret => ok({ ...ret, server: 'p1-g1' }),
  'no-bots': ret => ok({ ...ret, bots: null }),
  numbers: ret => ok(each(ret, bot => ({ ...bot, memory: -5, startedAt: 1e300 }))),
  text: ret => ok(each(ret, bot => ({ ...bot, running: 'yes' }))),
  future: ret => ok(each(ret, bot => ({ ...bot, startedAt: Date.now() + 86400e3 }))),
  release: ret => ok(each(ret, bot => ({ ...bot, release: 'x'.repeat(1000) }))),
  'another-bot': ret => ok(each(ret, bot => ({ ...bot, pub: { ...bot.pub, id: '@' + 'A'.repeat(43) + '=.ed25519' } }))),
  silent: ret => ok(each(ret, ({ pub, ...bot }) => ({ ...bot, fault: 'no answer in time' }))),
  unsynced: ret => ok(each(ret, bot => ({ ...bot, pub: { ...bot.pub, synced: false } }))),
  deep: ret => {
    let deep = {}
    for (let i = 0; i < 40; i++) deep = { deep }
    return ok({ ...ret, deep })
  },
  docker: () => bad('ERROR: docker: Connection refused'),
  throws: () => bad('The minion function caused an exception: Traceback (most recent call last):\n  File "x"')
}

function each (ret, change) {
  return { ...ret, bots: Object.fromEntries(Object.entries(ret.bots).map(([key, bot]) => [key, change(bot)])) }
}

// Ports of running bots, on all addresses; several fakes of one process share them.
const doors = new Map() // port -> { server, users, open: a promise of whether it is ours }

function openDoor (port, user) {
  let door = doors.get(port)
  if (!door) {
    const server = net.createServer(socket => socket.destroy())
    const open = new Promise(resolve => {
      server.on('error', () => { doors.delete(port); resolve(false) })
      server.listen(port, () => resolve(true))
    })
    door = { server, users: new Set(), open }
    doors.set(port, door)
  }
  door.users.add(user)
  return door.open
}

function closeDoors (user) {
  for (const [port, door] of doors) {
    if (!door.users.delete(user) || door.users.size > 0) continue
    door.server.close()
    doors.delete(port)
  }
}

class Minions {
  constructor (state, options) {
    this.state = state
    this.options = options
    this.speed = options.speed ?? 1
    this.timers = new Set()
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 8 })
  }

  minion (id) {
    return (this.state.minions[id] ??= {
      up: this.options.manual !== true, synced: false, lie: null, applying: null, fail: null, rev: 0, applies: 0, bots: {}
    })
  }

  isUp (id) {
    return this.minion(id).up && (this.options.isUp?.(id) ?? true)
  }

  after (ms, call) {
    const timer = setTimeout(() => {
      this.timers.delete(timer)
      call()
    }, ms / this.speed)
    this.timers.add(timer)
  }

  // The job reaches a minion: its answer goes into results, unless it is down, or loses it.
  run (id, job) {
    const minion = this.minion(id)
    if (!this.isUp(id) || job.lost) return
    const done = result => {
      if (this.isUp(id) && minion.applying !== 'killed') job.results[id] = result
    }
    const [module, name] = job.fun.split('.')
    if (module === 'baas' && !minion.synced) return this.after(delay.ping, () => done(bad(`'${job.fun}' is not available.`)))
    const work = this[`${module}_${name}`]
    if (!work) return this.after(delay.ping, () => done(bad(`'${job.fun}' is not available.`)))
    work.call(this, id, minion, job, done)
  }

  test_ping (id, minion, job, done) {
    this.after(delay.ping, () => done(ok(true)))
  }

  saltutil_sync_modules (id, minion, job, done) {
    this.after(delay.sync, () => {
      minion.synced = true
      done(ok(['modules.baas']))
    })
  }

  saltutil_find_job (id, minion, job, done) {
    const [jid] = job.arg
    this.after(delay.ping, () => done(ok(minion.applying === jid ? { pid: 17, fun: 'state.apply', jid } : {})))
  }

  // ---- status

  baas_status (id, minion, job, done) {
    this.after(delay.status, () => {
      const bots = Object.fromEntries(Object.entries(minion.bots).map(([key, bot]) => [key, status(bot)]))
      const ret = { server: id, at: Date.now(), bots }
      done(minion.lie ? lies[minion.lie](ret) : ok(ret))
    })
  }

  baas_restart (id, minion, job, done) {
    const bot = minion.bots[job.arg[0]]
    this.after(delay.restart, () => {
      if (!bot) return done(bad('ERROR: no such bot'))
      Object.assign(bot, { running: true, state: 'running', startedAt: Date.now() })
      minion.lie = null
      done(ok(true))
    })
  }

  // ---- calls

  baas_call (id, minion, job, done) {
    const [key, method, args = {}] = job.arg
    const bot = minion.bots[key]
    this.after(delay.call, () => {
      if (!bot?.running) return done(bad('ERROR: No such file or directory'))
      const work = { status: () => status(bot).pub, inviteCreate: create, inviteRevoke: revoke, inviteList: list }[method]
      if (!work) return done(bad('ERROR: bad method'))
      try {
        done(ok(work(bot, args)))
      } catch (err) {
        done(bad(`ERROR: refused: ${err.message}`))
      }
    })
  }

  // ---- applies

  state_apply (id, minion, job, done) {
    if (minion.applying && minion.applying !== 'killed') {
      return this.after(delay.ping, () => done(bad([
        `The function "state.apply" is running as PID 17 and was started at 2026, Nov 24 10:24:55.020985 with jid ${minion.applying}`
      ])))
    }
    minion.applying = job.jid
    minion.applies++
    this.pillar(id).then(async pillar => {
      const bots = Object.entries(pillar?.baas?.bots ?? {})
      const wanted = bots.filter(([, bot]) => bot.wanted === 'running')
      const opened = await Promise.all(wanted.map(([, bot]) => this.options.noPorts || openDoor(bot.port, this)))
      const taken = wanted.filter((one, i) => !opened[i]).map(([, bot]) => bot.port)
      const takes = (minion.takes ?? delay.apply) + delay.container * bots.filter(([key, bot]) => changes(minion.bots[key], bot)).length
      this.after(takes, () => {
        if (minion.applying !== job.jid) return // killed meanwhile
        minion.applying = null
        minion.synced = true
        done(this.apply(id, minion, pillar, taken))
      })
    })
  }

  apply (id, minion, pillar, taken) {
    if (pillar?._errors) return bad(['Pillar failed to render with the following messages:', ...pillar._errors], 5)
    const baas = pillar?.baas
    if (baas?.schema !== 1 || baas.minion !== id) {
      return bad(states([['guard', 'test', 'fail_without_changes', 'guard: the pillar is missing or of another schema', false, 'Failure!']]), 2)
    }
    const out = [
      ['guard', 'test', 'succeed_without_changes', `rev ${baas.rev}`, true, 'Success!'],
      ['host-docker', 'baas', 'docker_there', 'host-docker', minion.fail !== 'host', 'docker 20.10.24']
    ]
    minion.rev = baas.rev
    for (const [key, bot] of minion.fail === 'host' ? [] : Object.entries(baas.bots)) out.push(...this.bring(minion, key, bot, taken))
    return out.every(state => state[4]) ? ok(states(out)) : bad(states(out), 2)
  }

  bring (minion, key, bot, taken) {
    const state = (what, module, fun, name, result = true, comment = 'ok') =>
      [`bot-${key}-${what}`, module, fun, name, result, comment]
    const name = `baas-${key}`
    const old = minion.bots[key]

    if (bot.wanted === 'absent') {
      delete minion.bots[key]
      return [
        state('stop', 'docker_container', 'stopped', name), state('container', 'docker_container', 'absent', name),
        state('data', 'file', 'absent', `/srv/baas/bots/${key}`)
      ]
    }
    if (bot.wanted === 'stopped') {
      if (old?.running) Object.assign(old, { running: false, state: 'exited', finishedAt: Date.now(), exitCode: 0 })
      return [state('container', 'docker_container', 'stopped', name)]
    }
    const dirs = [state('data', 'file', 'directory', `/srv/baas/bots/${key}/data`)]
    if (minion.fail === 'container') {
      return [...dirs, state('container', 'docker_container', 'running', name, false, 'Created container. Container is not running.')]
    }
    if (this.state.taken.includes(bot.port) || taken.includes(bot.port)) {
      minion.bots[key] = { ...container(key, bot), running: false, state: 'created', startedAt: null }
      return [...dirs, state('container', 'docker_container', 'running', name, false,
        `Created container '${name}'. Failed to start container '${name}': 'Error 500: driver failed programming external ` +
        `connectivity: Bind for 0.0.0.0:${bot.port} failed: port is already allocated'.`)]
    }
    if (changes(old, bot)) minion.bots[key] = { ...container(key, bot), invites: old?.invites ?? {}, revision: old?.revision ?? Date.now() }
    return [...dirs, state('container', 'docker_container', 'running', name)]
  }

  put (id, bots) {
    const minion = this.minion(id)
    if (!this.state.known.includes(id)) this.state.known.push(id)
    minion.up = minion.synced = true
    for (const [key, bot] of Object.entries(bots)) {
      minion.bots[key] = container(key, bot)
      openDoor(bot.port, this)
    }
  }

  // A process of the minion that dies in the middle of its apply.
  kill (id) {
    const minion = this.minion(id)
    minion.applying = null
  }

  // ---- the outside

  pillar (id) {
    if (this.options.pillar) return Promise.resolve(this.options.pillar(id))
    if (!this.options.private) return Promise.resolve({})
    return new Promise(resolve => {
      const url = `${this.options.private}/agents?minion=${encodeURIComponent(id)}`
      const fail = words => resolve({ _errors: [`http_json: ${words}`] })
      http.get(url, { agent: this.agent, timeout: 3000, headers: { authorization: `Bearer ${this.options.token}` } }, answer => {
        let text = ''
        answer.setEncoding('utf8').on('data', part => { text += part }).on('end', () => {
          try {
            answer.statusCode === 200 ? resolve(JSON.parse(text)) : fail(`the private server answers ${answer.statusCode}`)
          } catch {
            fail('the private server answers no JSON')
          }
        })
      }).on('error', err => fail(err.code)).on('timeout', function () { this.destroy() })
    })
  }

  close () {
    for (const timer of this.timers) clearTimeout(timer)
    closeDoors(this)
    this.agent.destroy()
  }
}

// ---- what a container is

function container (key, bot) {
  const { port, host, restarts, rebuilds, release, secret } = bot
  return {
    key, port, host, restarts, rebuilds, release, id: secret?.id, running: true, state: 'running', startedAt: Date.now(),
    finishedAt: null, exitCode: null, restartCount: 0, rx: 1000, tx: 1000, peers: 1, invites: {}, revision: Date.now()
  }
}

function changes (old, bot) {
  if (bot.wanted !== 'running') return old?.running === true || bot.wanted === 'absent'
  return !old?.running || ['port', 'host', 'restarts', 'rebuilds', 'release'].some(field => old[field] !== bot[field])
}

function status (bot) {
  const seen = {
    running: bot.running, state: bot.state, startedAt: bot.startedAt, finishedAt: bot.finishedAt, restartCount: bot.restartCount,
    exitCode: bot.running ? null : bot.exitCode, oom: false, health: 'healthy', image: 'sha256:' + 'd'.repeat(64),
    restarts: bot.restarts, rebuilds: bot.rebuilds, release: bot.release, disk: { log: 5000, blobs: 700, indexes: 9000 }
  }
  if (!bot.running) return seen
  bot.rx += 100
  bot.tx += 50
  return {
    ...seen, memory: 60 << 20, rx: bot.rx, tx: bot.tx,
    pub: {
      id: bot.id, restarts: bot.restarts, rebuilds: bot.rebuilds, release: bot.release, startedAt: bot.startedAt, synced: true,
      listening: true, peers: bot.peers, feeds: 3, messages: 70, sequence: 7, bytesIn: bot.rx, bytesOut: bot.tx,
      disk: { log: 5000, blobs: 700, indexes: 9000 }, invites: bot.revision
    }
  }
}

// The real answer is an object by "MODULE_|-ID_|-NAME_|-FUNCTION".
function states (list) {
  return Object.fromEntries(list.map(([id, module, fun, name, result, comment], i) => [
    `${module}_|-${id}_|-${name}_|-${fun}`,
    { name, changes: {}, result, comment, __sls__: 'bots', __run_num__: i, start_time: '10:24:55.0', duration: 1.5, __id__: id }
  ]))
}

// ---- what a pub does

function create (bot, { ref }) {
  if (bot.invites[ref]?.state === 'revoked') throw new Error('invite was revoked')
  const seed = crypto.createHash('sha256').update(`${bot.id} ${ref}`).digest('base64')
  bot.invites[ref] ??= { ref, state: 'unused', seed }
  return { ref, seed }
}

function revoke (bot, { ref }) {
  bot.invites[ref] = { ref, state: 'revoked' }
  bot.revision++
  return bot.invites[ref]
}

function list (bot, { refs = [] }) {
  return { invites: refs.map(ref => bot.invites[ref] ?? { ref, state: 'unknown' }) }
}

module.exports = { Minions, lies }
