'use strict'
// /block/v1/…/snapshots

const delays = require('./delays')
const disks = require('./disks')
const pages = require('./pages')
const { missing, unmet } = require('./answer')
const { bool, check, list: listOf, orNull, text, uuid } = require('./check')

function find (world, zone, id) {
  const snapshot = world.data.snapshots[id]
  if (!snapshot || snapshot.zone !== zone) throw missing('snapshot', id)
  return snapshot
}

function show (world, snapshot) {
  const parent = world.data.disks[snapshot.disk]
  return {
    id: snapshot.id,
    name: snapshot.name,
    parent_volume: parent
      ? {
          id: parent.id,
          name: parent.name,
          type: parent.iops === 15000 ? 'sbs_15k' : 'sbs_5k',
          status: parent.refs.length > 0 ? 'in_use' : 'available'
        }
      : null,
    size: snapshot.size,
    project_id: snapshot.project,
    created_at: snapshot.created,
    updated_at: snapshot.created,
    references: [],
    status: snapshot.status,
    tags: snapshot.tags,
    zone: snapshot.zone,
    class: 'sbs'
  }
}

function create ({ world, zone, body }) {
  const fields = check(body, {
    volume_id: uuid, name: text, project_id: uuid, tags: orNull(listOf(text)), public: bool
  }, ['volume_id', 'name', 'project_id'])
  const disk = disks.find(world, zone, fields.volume_id)
  const snapshot = {
    id: world.uuid(),
    zone,
    name: fields.name,
    project: fields.project_id,
    tags: fields.tags ?? [],
    disk: disk.id,
    size: disk.size,
    status: 'creating',
    created: world.dateZ()
  }

  world.data.snapshots[snapshot.id] = snapshot
  world.after(delays.snapshot, 'snapshot ready', snapshot.id)
  return { status: 200, body: show(world, snapshot) }
}

const tests = {
  project_id: (snapshot, value) => snapshot.project === value,
  name: (snapshot, value) => snapshot.name.includes(value),
  volume_id: (snapshot, value) => snapshot.disk === value,
  tags: (snapshot, value, words) => words.some(tag => snapshot.tags.includes(tag))
}

function list (call) {
  const found = Object.values(call.world.data.snapshots).filter(snapshot => snapshot.zone === call.zone)
  return pages.others(call, 'snapshots', found.filter(pages.passes(call.query, tests)), one => show(call.world, one))
}

function get ({ world, zone, id }) {
  return { status: 200, body: show(world, find(world, zone, id)) }
}

function remove ({ world, zone, id }) {
  find(world, zone, id)
  if (Object.values(world.data.disks).some(disk => disk.snapshot === id)) {
    throw unmet(412, 'snapshot should not be in use', 'protected_resource')
  }
  delete world.data.snapshots[id]
  return { status: 204 }
}

function plan (world) {
  world.when('snapshot ready', ({ id }) => {
    if (world.data.snapshots[id]) world.data.snapshots[id].status = 'available'
  })
}

module.exports = { create, list, get, remove, plan }
