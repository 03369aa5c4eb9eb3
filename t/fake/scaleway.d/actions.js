'use strict'
// /servers/ID/action: what servers do, and how long it takes them.

const delays = require('./delays')
const disks = require('./disks')
const locals = require('./locals')
const ips = require('./ips')
const { wrong, unmet } = require('./answer')
const { check, oneOf, text } = require('./check')
const { findServer, mayDo } = require('./server_view')

const NO_TASK = '00000000-0000-0000-0000-000000000000'

const hasLocalRoot = (world, server) => Boolean(world.data.locals[server.volumes[0]?.id])

// Steps: after so many seconds, the state, its detail, and what happens then.
const steps = {
  poweron (world, server) {
    if (server.state === 'stopped in place') {
      return [[0, 'starting', 'stopped in place'], [delays.poweron, 'running', 'booting kernel', 'up'],
        [delays.booted, 'running', 'booted']]
    }
    const all = hasLocalRoot(world, server) ? delays.poweronLocal : delays.poweron
    return [
      [0, 'starting', 'allocating node'],
      [all * 0.4, 'starting', 'provisioning node'],
      [all * 0.8, 'starting', 'starting'],
      [all, 'running', 'booting kernel', 'up'],
      [delays.booted, 'running', 'booted']
    ]
  },
  poweroff (world, server) {
    const all = server.state === 'running' ? delays.poweroff : delays.poweroffInPlace
    return [[0, 'stopping', 'stopping', 'halt'], [all, 'stopped', '', 'down']]
  },
  stop_in_place () {
    return [
      [0, 'stopping', 'stopping in place', 'halt'],
      [delays.stopInPlace, 'stopped in place', 'stopped in place']
    ]
  },
  reboot () {
    return [[0, 'stopping', 'rebooting', 'halt'], [delays.rebootStopped, 'starting', 'rebooting'],
      [delays.reboot, 'running', 'booting kernel', 'up'], [delays.reboot + delays.booted, 'running', 'booted']]
  },
  terminate () {
    return [
      [0, 'stopping', 'terminating', 'terminate'],
      [delays.terminateRelease, 'stopping', 'terminating', 'release'],
      [delays.terminate, 'stopping', 'terminating', 'gone']
    ]
  }
}

const effects = {
  up (world, server) {
    server.node = '1801'
    server.on = true
    server.boots++
    ips.giveDynamic(world, server)
    world.emit('poweron', server)
  },
  halt (world, server) {
    if (server.on) world.emit('poweroff', server)
    server.on = false
  },
  down (world, server) {
    server.node = null
    world.after(delays.dynamicGone, 'dynamic gone', server.id)
  },
  // The addresses are free at once, the volumes a little later.
  terminate (world, server) {
    effects.halt(world, server)
    ips.releaseAll(world, server)
  },
  release (world, server) {
    server.ending = true
    for (const { id } of Object.values(server.volumes)) disks.free(world, id)
  },
  gone (world, server) {
    for (const { id } of Object.values(server.volumes)) locals.erase(world, id)
    delete world.data.servers[server.id]
    world.emit('gone', server)
  }
}

function step (world, server, [, state, detail, effect]) {
  server.state = state
  server.detail = detail
  server.modified = world.date()
  if (effect) effects[effect](world, server)
}

function begin (world, server, name) {
  const [first, ...rest] = steps[name](world, server)

  server.turn++
  step(world, server, first)
  for (const next of rest) world.after(next[0], 'server', server.id, { turn: server.turn, step: next })
}

// A newer action has put an end to what was planned for an older one.
function proceed (world, { id, turn, step: next }) {
  const server = world.data.servers[id]
  if (server && server.turn === turn) step(world, server, next)
}

function stopNow (world, server) {
  server.turn++
  step(world, server, [0, 'stopped', '', 'halt'])
  effects.down(world, server)
}

function bootedNow (world, server) {
  server.detail = 'booted'
}

function refuse (world, server, action) {
  if (server.protected && server.state === 'running' && !['poweron', 'backup'].includes(action)) {
    throw unmet(400, 'server should not be protected', 'protected_resource')
  }
  if (mayDo(world, server).includes(action)) return
  throw unmet(400, action === 'poweron' ? 'server should be stopped' : 'server should be running')
}

function backup (world, server) {
  const id = world.uuid()
  world.data.images[id] = {
    id,
    zone: server.zone,
    name: `image-of-${server.name}`,
    project: server.project,
    server: server.id,
    created: world.date()
  }
  return `/images/${id}`
}

// It is true that a stopping server may be told to stop in place, and that nothing comes of it.
function act ({ world, zone, id, body }) {
  const server = findServer(world, zone, id)
  const { action } = check(body, {
    action: oneOf(...Object.keys(steps), 'backup'), name: text, volumes: () => ['constraint', 'is not supported here']
  }, ['action'])

  if (body.name !== undefined && action !== 'backup') throw wrong('name', 'constraint', 'only with backup')
  refuse(world, server, action)
  const result = action === 'backup' ? backup(world, server) : `/servers/${id}`
  if (action !== 'backup' && server.state !== 'stopping') begin(world, server, action)
  return {
    status: 202,
    body: {
      task: {
        id: NO_TASK,
        description: 'fake task',
        status: 'pending',
        href_from: `/servers/${id}/action`,
        href_result: result,
        started_at: world.date(),
        terminated_at: null,
        progress: 0,
        zone
      }
    }
  }
}

function list ({ world, zone, id }) {
  return { status: 200, body: { actions: mayDo(world, findServer(world, zone, id)) } }
}

function plan (world) {
  world.when('server', event => proceed(world, event))
}

module.exports = { act, list, plan, stopNow, bootedNow }
