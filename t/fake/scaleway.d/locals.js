'use strict'
// /instance/v1/…/volumes: local volumes.  Those of Block Storage aren't found here.

const pages = require('./pages')
const { missing, unmet } = require('./answer')
const { check, list: listOf, oneOf, size, text, uuid } = require('./check')
const { showLocal } = require('./server_view')

function find (world, zone, id) {
  const volume = world.data.locals[id]
  if (!volume || volume.zone !== zone) throw missing('instance_volume', id)
  return volume
}

function make (world, { zone, name, project, size: bytes, tags = [], server = null }) {
  const now = world.date()
  const volume = { id: world.uuid(), zone, name, project, size: bytes, tags, server, created: now, modified: now }
  world.data.locals[volume.id] = volume
  return volume
}

// Refuses a volume that a server can't have.
function usable (world, zone, id) {
  const volume = find(world, zone, id)
  if (volume.server !== null) throw unmet(400, 'volume should not be attached')
  return volume
}

function hold (world, volume, server) {
  volume.server = server
  volume.modified = world.date()
}

function letGo (world, id) {
  if (world.data.locals[id]) hold(world, world.data.locals[id], null)
}

function erase (world, id) {
  delete world.data.locals[id]
}

function create ({ world, zone, body }) {
  const fields = check(body, {
    name: text, project: uuid, organization: uuid, volume_type: oneOf('l_ssd'), size, tags: listOf(text)
  }, ['name', 'volume_type', 'size', ...(body.organization ? [] : ['project'])])
  const volume = make(world, { ...fields, zone, project: fields.project ?? fields.organization })
  return { status: 201, body: { volume: showLocal(world, volume) } }
}

const tests = {
  project: (volume, value) => volume.project === value,
  organization: (volume, value) => volume.project === value,
  name: (volume, value) => volume.name.includes(value),
  tags: (volume, value, words) => words.every(tag => volume.tags.includes(tag)),
  volume_type: (volume, value) => value === 'l_ssd'
}

function list (call) {
  const found = Object.values(call.world.data.locals).filter(volume => volume.zone === call.zone)
  return pages.instance(call, 'volumes', found.filter(pages.passes(call.query, tests)).reverse(), volume =>
    showLocal(call.world, volume)
  )
}

function get ({ world, zone, id }) {
  return { status: 200, body: { volume: showLocal(world, find(world, zone, id)) } }
}

function update ({ world, zone, id, body }) {
  const volume = find(world, zone, id)
  Object.assign(volume, check(body, { name: text, tags: listOf(text) }), { modified: world.date() })
  return { status: 200, body: { volume: showLocal(world, volume) } }
}

function remove ({ world, zone, id }) {
  if (find(world, zone, id).server !== null) {
    throw unmet(400, 'volume should not be attached', 'resource_still_in_use')
  }
  erase(world, id)
  return { status: 204 }
}

module.exports = { make, usable, hold, letGo, erase, create, list, get, update, remove }
