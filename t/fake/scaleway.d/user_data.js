'use strict'
// /instance/v1/…/servers/ID/user_data: text by key, byte for byte.

const { Refusal, wrong } = require('./answer')
const { findServer } = require('./server_view')

// Not measured: what is known to work is far smaller, and nobody should come near.
const MAX = 16384

// A key that isn't there gets a 404 without a word.
function unknownKey (server, key) {
  if (!Object.hasOwn(server.user_data, key)) throw new Refusal(404, undefined, 'text/plain')
}

function list ({ world, zone, id }) {
  return { status: 200, body: { user_data: Object.keys(findServer(world, zone, id).user_data) } }
}

function get ({ world, zone, id, key }) {
  const server = findServer(world, zone, id)
  unknownKey(server, key)
  return { status: 200, raw: Buffer.from(server.user_data[key], 'base64'), type: 'text/plain' }
}

function set ({ world, zone, id, key, body }) {
  const server = findServer(world, zone, id)
  if (body.length > MAX) throw wrong('user_data', 'constraint', `at most ${MAX} bytes`)
  server.user_data[key] = body.toString('base64')
  return { status: 204, type: 'text/plain' }
}

function remove ({ world, zone, id, key }) {
  const server = findServer(world, zone, id)
  unknownKey(server, key)
  delete server.user_data[key]
  return { status: 204, type: 'text/plain' }
}

module.exports = { list, get, set, remove }
