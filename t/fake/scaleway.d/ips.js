'use strict'
// /instance/v1/…/ips: public addresses, which outlive the servers that have them.

const delays = require('./delays')
const pages = require('./pages')
const { missing, unmet, wrong } = require('./answer')
const { check, list: listOf, oneOf, orNull, text, uuid } = require('./check')
const { findServer } = require('./server_view')

// By id or, for IPv4, by the address itself.
function find (world, zone, id) {
  const ip = world.data.ips[id] ?? Object.values(world.data.ips).find(one => one.address === id)
  if (!ip || ip.zone !== zone) throw missing('instance_ip', id)
  return ip
}

const dotted = number => [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')

// The next that nobody has; the first of the net is the gateway.
function nextAddress (world) {
  const { base, size } = world.addresses
  const servers = Object.values(world.data.servers)
  const taken = new Set(
    [...Object.values(world.data.ips), ...servers.map(one => one.dynamic)].filter(Boolean).map(ip => ip.address)
  )

  for (let tries = 0; tries < size; tries++) {
    const at = 2 + world.data.address++ % (size - 3)
    const address = dotted(base + at)
    if (at % 256 !== 0 && at % 256 !== 255 && !taken.has(address)) return address
  }
  throw unmet(403, 'no address is left')
}

function show (world, ip) {
  const server = world.data.servers[ip.server]
  return {
    id: ip.id,
    address: ip.address,
    prefix: ip.prefix,
    reverse: ip.reverse,
    server: server ? { id: server.id, name: server.name } : null,
    organization: ip.project,
    project: ip.project,
    zone: ip.zone,
    type: ip.type,
    state: ip.state,
    tags: ip.tags,
    ipam_id: ip.id
  }
}

// ---- for servers

function attach (world, ip, server) {
  if (ip.server === server.id) return
  if (ip.server !== null) throw unmet(400, 'ip should be detached')
  ip.server = server.id
  ip.state = server.on ? 'pending' : 'attached'
  server.ips.push(ip.id)
  if (server.on) world.after(delays.addressPending, 'address taken', ip.id)
}

function detach (world, ip) {
  const server = world.data.servers[ip.server]
  if (server) server.ips = server.ips.filter(id => id !== ip.id)
  ip.server = null
  ip.state = 'detached'
}

function releaseAll (world, server) {
  for (const id of server.ips) detach(world, world.data.ips[id])
  server.dynamic = null
}

// A throw-away address, if one is wanted and none was reserved.
function giveDynamic (world, server) {
  if (!server.dynamic_ip_required || server.ips.length > 0 || server.dynamic) return
  server.dynamic = {
    id: world.uuid(),
    address: nextAddress(world),
    dynamic: true,
    state: 'pending',
    tags: [],
    type: 'routed_ipv4'
  }
}

// ---- the calls

function create ({ world, zone, body }) {
  const fields = check(body, {
    project: uuid,
    organization: uuid,
    type: oneOf('routed_ipv4', 'routed_ipv6'),
    tags: listOf(text),
    server: orNull(uuid)
  }, body.organization ? [] : ['project'])
  const type = fields.type ?? 'routed_ipv4'
  const server = fields.server ? findServer(world, zone, fields.server) : null
  const four = type === 'routed_ipv4'
  const ip = {
    id: world.uuid(),
    zone,
    type,
    address: four ? nextAddress(world) : null,
    prefix: four ? null : `2001:db8:${(++world.data.address).toString(16)}:1::/64`,
    reverse: null,
    project: fields.project ?? fields.organization,
    tags: fields.tags ?? [],
    server: null,
    state: 'detached'
  }

  world.data.ips[ip.id] = ip
  if (server) attach(world, ip, server)
  return { status: 201, body: { ip: show(world, ip) } }
}

const tests = {
  project: (ip, value) => ip.project === value,
  organization: (ip, value) => ip.project === value,
  name: (ip, value) => (ip.reverse ?? '').includes(value),
  type: (ip, value) => ip.type === value,
  tags: (ip, value, words) => words.every(tag => ip.tags.includes(tag))
}

function list (call) {
  const found = Object.values(call.world.data.ips).filter(ip => ip.zone === call.zone)
  return pages.instance(call, 'ips', found.filter(pages.passes(call.query, tests)).reverse(), ip =>
    show(call.world, ip)
  )
}

function get ({ world, zone, id }) {
  return { status: 200, body: { ip: show(world, find(world, zone, id)) } }
}

// The name must lead to the address before the address may lead to the name.
function resolves (world, name, ip) {
  return Object.values(world.data.zones).some(({ name: zone, records }) => records.some(record =>
    record.type === 'A' && record.data === ip.address && [record.name, zone].filter(Boolean).join('.') === name))
}

function update ({ world, zone, id, body }) {
  const ip = find(world, zone, id)
  const fields = check(body, {
    server: orNull(uuid), reverse: orNull(text), tags: listOf(text), type: oneOf('routed_ipv4', 'routed_ipv6')
  })

  if (fields.type && fields.type !== ip.type) throw wrong('type', 'constraint', 'cannot be changed')
  if (fields.reverse && !resolves(world, fields.reverse, ip)) {
    throw wrong(
      'reverse',
      'constraint',
      "Your reverse must resolve. Ensure the command 'dig +short' matches your IP address"
    )
  }
  if (fields.server) attach(world, ip, findServer(world, zone, fields.server))
  if (fields.server === null) detach(world, ip)
  if (fields.reverse !== undefined) ip.reverse = fields.reverse
  if (fields.tags) ip.tags = fields.tags
  return { status: 200, body: { ip: show(world, ip) } }
}

// Nothing holds an address back, not even a server that runs with it.
function remove ({ world, zone, id }) {
  const ip = find(world, zone, id)
  detach(world, ip)
  delete world.data.ips[ip.id]
  return { status: 204 }
}

function plan (world) {
  world.when('address taken', ({ id }) => {
    const ip = world.data.ips[id]
    if (ip?.state === 'pending') ip.state = 'attached'
  })
  world.when('dynamic gone', ({ id }) => {
    const server = world.data.servers[id]
    if (server && !server.on) server.dynamic = null
  })
}

module.exports = { find, attach, detach, releaseAll, giveDynamic, create, list, get, update, remove, plan }
