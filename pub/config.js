'use strict'
// Makes the whole ssb config out of the few values in DIR/config. No other file is read, and no
// environment; each setting that looks odd is the cure of a trap and says which.

const fs = require('fs')
const defaults = require('ssb-config/defaults')

const checks = {
  host: v => typeof v === 'string' && v !== '',
  port: v => Number.isInteger(v) && v > 0 && v < 65536,
  external: v => typeof v === 'string' && v !== '',
  restarts: Number.isInteger,
  rebuilds: Number.isInteger,
  release: v => typeof v === 'string',
  hops: v => Number.isInteger(v) && v >= 0 && v <= 2
}

// The values of DIR/config, checked. Throws an error whose message names the first bad one.
function read (path) {
  const given = { hops: 2, ...JSON.parse(fs.readFileSync(path, 'utf8')) }
  for (const key in checks) {
    if (!checks[key](given[key])) throw new Error(`bad or missing ${key}`)
  }
  return given
}

function connections ({ host, port, external }) {
  return {
    // Said in full, else ssb-config makes one for each interface of the host, and a websocket.
    incoming: {
      net: [{ scope: ['public', 'local', 'device'], transform: 'shs', host, port, external }],
      unix: [{ scope: 'device', transform: 'noauth' }]
    },
    outgoing: { net: [{ transform: 'shs' }] }
  }
}

function expand (given, path, keys) {
  return defaults('ssb', {
    path,
    keys,
    connections: connections(given),
    allowPrivate: true, // else no invites for 127.0.0.1 or a name in the LAN
    local: false, // no UDP broadcast
    // pub, autoPopulate: else any member's message makes us dial any host and port.
    gossip: { local: false, global: true, pub: false, autoPopulate: false },
    friends: { hops: given.hops, dunbar: 150 },
    blobs: { max: 5242880, sympathy: 3 },
    timers: { inactivity: 600000 },
    logging: { level: 'notice' },
    baas: given
  })
}

module.exports = { read, expand }
