'use strict'
// /block/v1/…/volumes: volumes of Block Storage, and how servers hold them.

const delays = require('./delays')
const pages = require('./pages')
const { missing, unmet, wrong } = require('./answer')
const { check, list: listOf, oneOf, orNull, shape, size, text, uuid } = require('./check')

const kinds = { 5000: 'sbs_5k', 15000: 'sbs_15k' }

function find (world, zone, id) {
  const disk = world.data.disks[id]
  if (!disk || disk.zone !== zone) throw missing('volume', id)
  return disk
}

function statusOf (disk) {
  if (disk.busy) return disk.busy
  return disk.refs.length > 0 || disk.held ? 'in_use' : 'available'
}

function show (world, disk, path = '') {
  const all = {
    id: disk.id,
    name: disk.name,
    type: kinds[disk.iops],
    size: disk.size,
    project_id: disk.project,
    created_at: disk.created,
    updated_at: disk.updated,
    references: disk.refs.map(ref => ({
      id: ref.id,
      product_resource_type: 'instance_server',
      product_resource_id: ref.server,
      created_at: ref.created,
      type: 'exclusive',
      status: ref.status
    })),
    parent_snapshot_id: disk.snapshot,
    status: statusOf(disk),
    tags: disk.tags,
    specs: { perf_iops: disk.iops, class: 'sbs' },
    last_detached_at: disk.detached,
    kms_key_id: null,
    zone: disk.zone
  }
  if (path.startsWith('/block/v1alpha1/')) delete all.kms_key_id
  return all
}

// ---- for servers

function make (world, { zone, name, project, size: bytes, tags = [], iops = 5000, snapshot = null, busy = null }) {
  const now = world.dateZ()
  const disk = {
    id: world.uuid(),
    zone,
    name,
    project,
    size: bytes,
    tags,
    iops,
    snapshot,
    busy,
    held: false,
    refs: [],
    detached: null,
    created: now,
    updated: now
  }
  world.data.disks[disk.id] = disk
  return disk
}

// Refuses a volume that a server can't have.
function usable (world, zone, id) {
  const disk = world.data.disks[id]
  if (!disk || disk.zone !== zone) throw missing('instance_volume', id)
  if (statusOf(disk) !== 'available') throw unmet(400, 'volume should be available')
  return disk
}

function hold (world, disk, server, status = 'attached') {
  const now = world.dateZ()
  disk.refs.push({ id: world.uuid(), server, created: now, status })
  disk.updated = now
  if (status === 'attaching') world.after(delays.attach, 'disk attached', disk.id)
}

// Nobody holds it any more.  Does nothing to volumes of another kind.
function free (world, id) {
  const disk = world.data.disks[id]
  if (!disk || (disk.refs.length === 0 && !disk.held)) return
  disk.refs = []
  disk.held = false
  disk.detached = disk.updated = world.dateZ()
}

function letGo (world, id, seconds, status = 'detaching') {
  const disk = world.data.disks[id]
  if (!disk) return
  for (const ref of disk.refs) ref.status = status
  world.after(seconds, 'disk free', id)
}

// After its server's DELETE a volume is free at once, or looks held for some seconds, in one of three ways.
function abandon (world, id) {
  const disk = world.data.disks[id]
  if (!disk) return
  const look = world.odd(['detaching', 'free', 'detaching', 'free', 'attached', 'free', 'detaching', 'bare'])
  if (look === 'free') {
    free(world, id)
    return
  }
  letGo(world, id, delays.releaseAfterDelete, look === 'bare' ? 'detaching' : look)
  if (look === 'bare') {
    disk.held = true
    disk.refs = []
  }
}

// ---- the calls

function create ({ world, zone, body, path }) {
  const fields = check(body, {
    name: text,
    project_id: uuid,
    perf_iops: orNull(oneOf(5000, 15000)),
    from_empty: orNull(shape({ size }, ['size'])),
    from_snapshot: orNull(shape({ snapshot_id: uuid, size: orNull(size) }, ['snapshot_id'])),
    tags: orNull(listOf(text))
  }, ['name', 'project_id'])
  const from = fields.from_snapshot

  if (!fields.from_empty === !from) {
    throw wrong('from_empty', 'required', 'exactly one of from_empty and from_snapshot')
  }
  const snapshot = from ? world.data.snapshots[from.snapshot_id] : null
  if (from && snapshot?.zone !== zone) throw missing('snapshot', from.snapshot_id)
  if (from?.size && from.size < snapshot.size) throw unmet(412, 'volume size should be at least that of its snapshot')
  const disk = make(world, {
    zone,
    name: fields.name,
    project: fields.project_id,
    size: fields.from_empty?.size ?? from.size ?? snapshot.size,
    tags: fields.tags ?? [],
    iops: fields.perf_iops ?? 5000,
    snapshot: snapshot?.id ?? null,
    busy: 'creating'
  })
  world.after(delays.volume, 'disk ready', disk.id)
  return { status: 200, body: show(world, disk, path) }
}

const orders = {
  created_at_asc: found => found,
  created_at_desc: found => found.reverse(),
  name_asc: found => found.sort((a, b) => a.name.localeCompare(b.name)),
  name_desc: found => found.sort((a, b) => b.name.localeCompare(a.name))
}

// Tags: one of them is enough here.
const tests = {
  project_id: (disk, value) => disk.project === value,
  organization_id: (disk, value) => disk.project === value,
  name: (disk, value) => disk.name.includes(value),
  tags: (disk, value, words) => words.some(tag => disk.tags.includes(tag)),
  volume_ids: (disk, value, words) => words.includes(disk.id),
  product_resource_id: (disk, value) => disk.refs.some(ref => ref.server === value)
}

function list (call) {
  const { world, zone, query, path } = call
  const order = orders[query.get('order_by') ?? 'created_at_asc']
  if (!order) throw wrong('order_by', 'constraint', `expected one of ${Object.keys(orders).join(', ')}`)
  const found = Object.values(world.data.disks).filter(disk => disk.zone === zone).filter(pages.passes(query, tests))
  return pages.others(call, 'volumes', order(found), disk => show(world, disk, path))
}

function get ({ world, zone, id, path }) {
  return { status: 200, body: show(world, find(world, zone, id), path) }
}

function update ({ world, zone, id, body, path }) {
  const disk = find(world, zone, id)
  const { size: bytes, ...fields } = check(body, {
    name: orNull(text), size: orNull(size), perf_iops: orNull(oneOf(5000, 15000)), tags: orNull(listOf(text))
  })

  if (bytes && bytes < disk.size) throw wrong('size', 'constraint', 'volumes can only grow')
  if (fields.perf_iops && disk.busy) throw wrong('perf_iops', 'constraint', 'volume should be available')
  if (fields.name) disk.name = fields.name
  if (fields.tags) disk.tags = fields.tags
  if (fields.perf_iops) disk.iops = fields.perf_iops
  if (bytes && bytes > disk.size) {
    disk.busy = 'updating'
    world.after(delays.resize, 'disk resized', id, { size: bytes })
  }
  disk.updated = world.dateZ()
  return { status: 200, body: show(world, disk, path) }
}

function remove ({ world, zone, id }) {
  const disk = find(world, zone, id)
  if (statusOf(disk) !== 'available') throw unmet(412, 'volume should be available', 'resource_still_in_use')
  delete world.data.disks[id]
  world.emit('erased', { id })
  return { status: 204 }
}

function plan (world) {
  const when = (kind, act) =>
    world.when(kind, event => world.data.disks[event.id] && act(world.data.disks[event.id], event))

  when('disk ready', disk => { disk.busy = null })
  when('disk resized', (disk, { size: bytes }) => {
    disk.busy = null
    disk.size = bytes
  })
  when('disk attached', disk =>
    disk.refs
      .filter(ref => ref.status === 'attaching')
      .forEach(ref => {
        ref.status = 'attached'
      })
  )
  when('disk free', disk => free(world, disk.id))
}

module.exports = { make, usable, hold, free, letGo, abandon, find, create, list, get, update, remove, plan }
