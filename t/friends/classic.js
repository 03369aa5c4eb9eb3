#!/usr/bin/env node
'use strict'
// A friend with the classic (flume) stack: node classic.js redeem CODE [--name NAME] [--dir DIR]
// [--stay MS] [--timeout MS]. Prints {"ok":true,"id","ms"} or {"ok":false,"error"}.

const path = require('path')
const pull = require('pull-stream')
const { ask, main, until } = require('./cli')

function start (dir) {
  const keys = require('ssb-keys').loadOrCreateSync(path.join(dir, 'secret'))
  const config = require('ssb-config/defaults')('ssb', {
    path: dir,
    keys,
    connections: { incoming: { net: [] }, outgoing: { net: [{ transform: 'shs' }] } },
    local: false
  })
  return require('secret-stack')({ caps: config.caps })
    .use(require('ssb-classic-db'))
    .use(require('ssb-classic-gossip'))
    .use(require('ssb-classic-replicate'))
    .use(require('ssb-classic-friends'))
    .use(require('ssb-classic-blobs'))
    .use(require('ssb-classic-invite'))
    .use(require('ssb-classic-ebt'))(config)
}

// How many of our messages the pub gives to anybody who asks.
function heldBy (rpc, id) {
  return new Promise((resolve, reject) => pull(
    rpc.createHistoryStream({ id, keys: false }),
    pull.collect((err, messages) => err ? reject(err) : resolve(messages.length))
  ))
}

main(async ({ code, pub, name, dir }) => {
  const ssb = start(dir)
  await ask(ssb.invite.accept, code)
  const { value } = await ask(ssb.publish, { type: 'about', about: ssb.id, name })
  const rpc = await ask(ssb.connect, pub.address)
  await until(async () => await heldBy(rpc, ssb.id) >= value.sequence)
  return ssb.id
})
