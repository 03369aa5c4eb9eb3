'use strict'
// The plugin that the control plane talks to: baas.* on the unix socket. Each method takes one
// object and answers one. Only who opens DIR/socket, or holds the secret, may call them.

const disk = require('./disk')
const invites = require('./invites')
const netcount = require('./netcount')

// (object?, cb) => ... out of an async function of one object.
function method (work) {
  return function (...args) {
    const cb = args.pop()
    const opts = args[0]
    const result = opts !== null && typeof opts === 'object'
      ? Promise.resolve(opts).then(work)
      : Promise.reject(new Error('needs one object'))
    result.then(answer => cb(null, answer), cb)
  }
}

function init (server, config) {
  const { restarts, rebuilds, release } = config.baas
  const startedAt = Date.now()
  const codes = invites(server, config)
  const sizes = disk(config.path)
  let counts = { feeds: 0, messages: 0, sequence: 0 }

  function synced () {
    const { since, sync } = server.since()
    return server.ready() === true && sync === true && since !== undefined
  }

  function count (clock) {
    const seqs = Object.values(clock)
    return { feeds: seqs.length, messages: seqs.reduce((a, b) => a + b, 0), sequence: clock[server.id] || 0 }
  }

  // While indexes are being made the clock would keep us waiting: then the last counts must do.
  function recount () {
    return new Promise((resolve, reject) => server.getVectorClock((err, clock) => {
      if (err) return reject(err)
      counts = count(clock)
      resolve()
    }))
  }

  function isPeer ([id, rpcs]) {
    return rpcs.length > 0 && id !== server.id && !codes.isCode(id)
  }

  async function status () {
    const ready = synced()
    if (ready) await recount()
    return {
      id: server.id,
      restarts,
      rebuilds,
      release,
      startedAt,
      synced: ready,
      listening: netcount.listening(),
      peers: Object.entries(server.peers).filter(isPeer).length,
      ...counts,
      ...netcount.bytes(),
      disk: sizes(),
      invites: codes.revision()
    }
  }

  setTimeout(sizes, 1000).unref()
  return {
    status: method(status),
    inviteCreate: method(codes.create),
    inviteRevoke: method(codes.revoke),
    inviteList: method(codes.list)
  }
}

module.exports = {
  name: 'baas',
  version: '1.0.0',
  manifest: { status: 'async', inviteCreate: 'async', inviteRevoke: 'async', inviteList: 'async' },
  permissions: { anonymous: { allow: [] } }, // strangers: nothing
  init
}
