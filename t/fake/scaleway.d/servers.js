'use strict'
// /instance/v1/…/servers: made, listed, changed, deleted; and their volumes.

const crypto = require('crypto')
const delays = require('./delays')
const disks = require('./disks')
const groups = require('./groups')
const ips = require('./ips')
const locals = require('./locals')
const market = require('./market')
const pages = require('./pages')
const { missing, unmet, wrong } = require('./answer')
const {
  GB,
  bool,
  check,
  hostname,
  isObject,
  list: listOf,
  object,
  oneOf,
  orNull,
  shape,
  size,
  text,
  uuid
} = require('./check')
const { findServer, showServer } = require('./server_view')

const VOLUMES_MAX = 16

const volume = shape({
  id: uuid,
  boot: bool,
  name: text,
  size,
  volume_type: oneOf('sbs_volume', 'l_ssd', 'scratch'),
  base_snapshot: uuid,
  project: uuid,
  organization: uuid
})

function volumes (value) {
  if (!isObject(value)) return ['format', 'expected a dictionary']
  const keys = Object.keys(value)
  if (keys.some(key => !/^(\d|1[0-5])$/.test(key))) return ['constraint', `keys from "0" to "${VOLUMES_MAX - 1}"`]
  return keys.map(key => {
    const [reason, help] = volume(value[key]) ?? []
    return reason && [reason, `${key}.${help}`]
  }).find(Boolean)
}

const answer = (world, server, status = 200) => ({ status, body: { server: showServer(world, server) } })

// ---- volumes of a server

const heldBy = (server, id) => Object.values(server.volumes).some(one => one.id === id)

// An existing volume for a server; its kind must be said if it is of Block Storage.
function existing (world, zone, { id, volume_type: kind }) {
  return kind === 'sbs_volume' ? disks.usable(world, zone, id) : locals.usable(world, zone, id)
}

// What will be made or taken: how much of the local disk it needs, and the function that does it.  Nothing is made
// before all is known to be right.
function taken (world, found) {
  return { local: world.data.locals[found.id] ? found.size : 0, take: () => found }
}

function fromSnapshot (world, base, entry) {
  const snapshot = world.data.snapshots[entry.base_snapshot]
  if (snapshot?.zone !== base.zone) throw missing('instance_snapshot', entry.base_snapshot)
  const fields = {
    ...base,
    name: entry.name ?? snapshot.name,
    size: entry.size ?? snapshot.size,
    snapshot: snapshot.id
  }
  return { local: 0, take: () => disks.make(world, fields) }
}

function newLocal (world, fields) {
  return { local: fields.size, take: () => locals.make(world, fields) }
}

// The root volume's kind follows the image, and so does its name.
function fromImage (world, base, entry, image, type) {
  const kind = image.type === 'instance_sbs' ? 'sbs_volume' : 'l_ssd'
  if (entry.volume_type && entry.volume_type !== kind) {
    throw wrong('volumes', 'constraint', `0.volume_type: the image makes ${kind}`)
  }
  if (kind === 'l_ssd') {
    return newLocal(world, { ...base, name: entry.name ?? image.name, size: entry.size ?? type.disk * GB })
  }
  const fields = {
    name: `${image.name}_sbs_volume_0`,
    size: entry.size ?? market.IMAGE_SIZE,
    snapshot: image.snapshot
  }
  return { local: 0, take: () => disks.make(world, { ...base, ...fields }) }
}

function planVolume (world, base, [key, entry], image, type) {
  if (entry.id) return taken(world, existing(world, base.zone, entry))
  if (entry.base_snapshot) return fromSnapshot(world, base, entry)
  if (key !== '0') {
    if (entry.volume_type === 'l_ssd' && entry.size && entry.name) return newLocal(world, { ...base, ...entry })
    throw wrong('volumes', 'constraint', `${key}: an id, or name, size and volume_type l_ssd`)
  }
  if (!image) throw wrong('image', 'required', 'required key not provided')
  return fromImage(world, base, entry, image, type)
}

// Without a "0", that is made from the image.
function planVolumes (world, base, wanted, image, type) {
  const entries = Object.entries({ ...(wanted[0] ? {} : { 0: {} }), ...wanted })
  const planned = entries.map(one => ({ key: one[0], entry: one[1], ...planVolume(world, base, one, image, type) }))
  const sum = planned.reduce((total, { local }) => total + local, 0)
  if (sum > type.disk * GB) {
    throw wrong('volumes', 'constraint', `local volumes of ${type.name} have at most ${type.disk} GB`)
  }
  return planned
}

function hold (world, server, key, { boot = false }, found, status) {
  server.volumes[key] = { id: found.id, boot }
  if (world.data.disks[found.id]) disks.hold(world, found, server.id, status)
  else locals.hold(world, found, server.id)
}

function drop (world, server, key) {
  const { id } = server.volumes[key]
  delete server.volumes[key]
  disks.letGo(world, id, server.on ? delays.detachRunning : delays.detach)
  locals.letGo(world, id)
}

// ---- create

function reserved (world, zone, ids) {
  return ids.map(id => {
    const ip = ips.find(world, zone, id)
    if (ip.server !== null) throw unmet(400, 'ip should be detached')
    return ip
  })
}

const fieldsOfServer = {
  name: hostname,
  tags: listOf(text),
  volumes,
  dynamic_ip_required: bool,
  protected: bool,
  boot_type: oneOf('local', 'rescue'),
  enable_ipv6: bool,
  routed_ip_enabled: bool,
  commercial_type: text,
  public_ips: listOf(uuid)
}

function create ({ world, zone, body, path }) {
  const fields = check(
    body,
    {
      ...fieldsOfServer,
      image: uuid,
      project: uuid,
      organization: uuid,
      security_group: uuid
    },
    ['name', 'commercial_type', ...(body.organization ? [] : ['project'])]
  )
  if (fields.project && fields.organization) {
    throw wrong('organization', 'constraint', 'exactly one of project and organization')
  }
  const project = fields.project ?? fields.organization
  const type = market.typeOf(fields.commercial_type)
  if (!type) throw wrong('commercial_type', 'constraint', 'is not a valid commercial type')
  const image = fields.image ? market.findImage(world, zone, fields.image) : null
  if (image && image.arch !== type.arch) throw wrong('image', 'constraint', `is not for ${type.arch}`)
  if (image?.type === 'instance_local' && type.disk === 0) {
    throw wrong('image', 'constraint', `${type.name} has no local disk`)
  }
  const planned = planVolumes(world, { zone, project }, fields.volumes ?? {}, image, type)
  const addresses = reserved(world, zone, fields.public_ips ?? [])
  const group = groups.choose(world, zone, project, fields.security_group)

  const server = make(world, { zone, project, fields, image, group })
  for (const { key, entry, take } of planned) hold(world, server, key, entry, take(), 'attached')
  for (const ip of addresses) ips.attach(world, ip, server)
  return { ...answer(world, server, 201), headers: { Location: `https://api.scaleway.com${path}/${server.id}` } }
}

function make (world, { zone, project, fields, image, group }) {
  const now = world.date()
  const server = {
    id: world.uuid(),
    zone,
    project,
    name: fields.name,
    commercial_type: fields.commercial_type,
    boot_type: fields.boot_type ?? 'local',
    image: image && market.showImage(image),
    volumes: {},
    tags: fields.tags ?? [],
    state: 'stopped',
    detail: '',
    turn: 0, // of the last action
    on: false, // the guest
    boots: 0,
    ending: false,
    protected: fields.protected ?? false,
    dynamic_ip_required: fields.dynamic_ip_required ?? true,
    dynamic: null,
    ips: [],
    mac: ['de', '00', '01', ...crypto.randomBytes(3).toString('hex').match(/../g)].join(':'),
    group: group.id,
    node: null,
    user_data: {},
    created: now,
    modified: now
  }
  world.data.servers[server.id] = server
  return server
}

// ---- list and get

// Tags: all of them.  Names: any part.
const tests = {
  project: (server, value) => server.project === value,
  organization: (server, value) => server.project === value,
  name: (server, value) => server.name.includes(value),
  tags: (server, value, words) => words.every(tag => server.tags.includes(tag)),
  state: (server, value) => server.state === value,
  commercial_type: (server, value) => server.commercial_type === value,
  servers: (server, value, words) => words.includes(server.id),
  without_ip: (server, value) => (value === 'true') === (server.ips.length === 0 && !server.dynamic)
}

const orders = {
  creation_date_desc: list => list.reverse(),
  creation_date_asc: list => list,
  modification_date_desc: list => list.sort((a, b) => b.modified.localeCompare(a.modified)),
  modification_date_asc: list => list.sort((a, b) => a.modified.localeCompare(b.modified))
}

function list (call) {
  const { world, zone, query } = call
  const order = orders[query.get('order') ?? 'creation_date_desc']
  if (!order) throw wrong('order', 'constraint', `expected one of ${Object.keys(orders).join(', ')}`)
  const found = Object.values(world.data.servers)
    .filter(server => server.zone === zone)
    .filter(pages.passes(query, tests))
  return pages.instance(call, 'servers', order(found), server => showServer(world, server))
}

function get ({ world, zone, id }) {
  return answer(world, findServer(world, zone, id))
}

function nics (call) {
  findServer(call.world, call.zone, call.id)
  return pages.instance(call, 'private_nics', [], one => one)
}

// ---- change

// The map is the whole: a volume that isn't in it is detached.
function setVolumes (world, server, wanted) {
  const found = Object.entries(wanted).map(([key, entry]) => {
    if (!entry.id) throw wrong('volumes', 'constraint', `${key}: an id is wanted`)
    return [key, entry, heldBy(server, entry.id) ? null : existing(world, server.zone, entry)]
  })
  const ids = new Set(found.map(([, entry]) => entry.id))
  const before = server.volumes

  for (const [key, { id }] of Object.entries(before)) {
    if (!ids.has(id)) drop(world, server, key)
  }
  server.volumes = {}
  for (const [key, entry, one] of found) {
    if (one) hold(world, server, key, entry, one, 'attaching')
    else server.volumes[key] = { id: entry.id, boot: entry.boot ?? false }
  }
}

function setAddresses (world, server, ids) {
  const wanted = ids.map(id => ips.find(world, server.zone, id))
  if (wanted.some(ip => ip.server !== null && ip.server !== server.id)) throw unmet(400, 'ip should be detached')
  for (const id of server.ips) {
    if (!ids.includes(id)) ips.detach(world, world.data.ips[id])
  }
  for (const ip of wanted) ips.attach(world, ip, server)
}

function setType (server, name) {
  if (!market.typeOf(name)) throw wrong('commercial_type', 'constraint', 'is not a valid commercial type')
  if (server.state !== 'stopped') throw unmet(400, 'server should be stopped')
  server.commercial_type = name
}

function update ({ world, zone, id, body }) {
  const server = findServer(world, zone, id)
  const fields = check(body, {
    ...fieldsOfServer,
    security_group: shape({ id: uuid, name: text }, ['id']),
    placement_group: orNull(object),
    private_nics: listOf(object)
  })

  if (fields.security_group) server.group = groups.choose(world, zone, server.project, fields.security_group.id).id
  if (fields.commercial_type) setType(server, fields.commercial_type)
  if (fields.volumes) setVolumes(world, server, fields.volumes)
  if (fields.public_ips) setAddresses(world, server, fields.public_ips)
  for (const name of ['name', 'tags', 'protected', 'dynamic_ip_required', 'boot_type']) {
    if (fields[name] !== undefined) server[name] = fields[name]
  }
  server.modified = world.date()
  return answer(world, server)
}

function attach ({ world, zone, id, body }) {
  const server = findServer(world, zone, id)
  const fields = check(body, { volume_id: uuid, volume_type: oneOf('sbs_volume', 'l_ssd'), boot: bool }, [
    'volume_id'
  ])
  const found = existing(world, zone, { id: fields.volume_id, volume_type: fields.volume_type })
  const key = Array.from({ length: VOLUMES_MAX }, (_, i) => String(i)).find(one => !server.volumes[one])

  if (key === undefined) throw wrong('volume_id', 'constraint', `a server has at most ${VOLUMES_MAX} volumes`)
  hold(world, server, key, fields, found, 'attaching')
  server.modified = world.date()
  return answer(world, server)
}

// There is no interlock: even the root of a running server goes.
function detach ({ world, zone, id, body }) {
  const server = findServer(world, zone, id)
  const fields = check(body, { volume_id: uuid }, ['volume_id'])
  const key = Object.keys(server.volumes).find(one => server.volumes[one].id === fields.volume_id)

  if (key === undefined) throw wrong('volume_id', 'constraint', 'is not attached to this server')
  drop(world, server, key)
  server.modified = world.date()
  return answer(world, server)
}

// ---- delete

// Volumes remain, all of them; addresses too.
function remove ({ world, zone, id }) {
  const server = findServer(world, zone, id)
  if (server.state !== 'stopped') throw unmet(400, 'server should be stopped')
  if (server.protected) throw unmet(400, 'server should not be protected', 'protected_resource')
  for (const one of Object.values(server.volumes)) {
    disks.abandon(world, one.id)
    locals.letGo(world, one.id)
  }
  ips.releaseAll(world, server)
  delete world.data.servers[id]
  world.emit('gone', server)
  return { status: 204 }
}

module.exports = { create, list, get, nics, update, attach, detach, remove }
