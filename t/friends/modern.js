#!/usr/bin/env node
'use strict'
// A friend with the stack of today's apps (ssb-db2, ssb-conn): same command line and answers as
// classic.js.

const path = require('path')
const pull = require('pull-stream')
const { ask, main, until } = require('./cli')

function start (dir) {
  const keys = require('ssb-keys').loadOrCreateSync(path.join(dir, 'secret'))
  const caps = require('ssb-caps')
  return require('secret-stack')({ caps })
    .use(require('ssb-db2'))
    .use(require('ssb-db2/compat'))
    .use(require('ssb-friends'))
    .use(require('ssb-conn'))
    .use(require('ssb-ebt'))
    .use(require('ssb-invite-client'))({
      path: dir,
      keys,
      caps,
      connections: { incoming: { net: [] }, outgoing: { net: [{ transform: 'shs' }] } },
      conn: { autostart: false }
    })
}

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
  ssb.ebt.request(ssb.id, true)
  ssb.ebt.request(pub.id, true)
  // By hand: the scheduler never dials a loopback address.
  const rpc = await ask(ssb.conn.connect, pub.address, { type: 'pub' })
  await until(async () => await heldBy(rpc, ssb.id) >= value.sequence)
  return ssb.id
})
