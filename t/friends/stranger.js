#!/usr/bin/env node
'use strict'
// Somebody the pub does not know: node stranger.js ADDRESS. ADDRESS is net:HOST:PORT~shs:KEY, with
// :SEED after it to come with an invite's key. Reads lines of {"name":[..],"args":[..]} and prints
// for each {"ok":true,"answer"} or {"ok":false,"error"}; {"closed":true} once the pub hangs up.

const readline = require('readline')
const keys = require('ssb-keys')
const MultiServer = require('multiserver')
const Net = require('multiserver/plugins/net')
const Shs = require('multiserver/plugins/shs')
const Muxrpc = require('muxrpc')
const pull = require('pull-stream')
const caps = require('ssb-caps')

const say = answer => process.stdout.write(JSON.stringify(answer) + '\n')

const raw = text => Buffer.from(text.slice(0, -'.ed25519'.length), 'base64')

function dial (address, cb) {
  const mine = keys.generate()
  MultiServer([[Net({}), Shs({
    keys: { publicKey: raw(mine.public), secretKey: raw(mine.private) },
    appKey: Buffer.from(caps.shs, 'base64'),
    auth: (_, done) => done(null, null),
    timeout: 10000
  })]]).client(address, cb)
}

function serve (rpc) {
  const lines = readline.createInterface({ input: process.stdin })
  lines.on('line', line => {
    const { name, args } = JSON.parse(line)
    const method = name.reduce((at, part) => at[part], rpc)
    method(...args, (err, answer) => say(err ? { ok: false, error: err.message } : { ok: true, answer }))
  })
  lines.on('close', () => process.exit(0))
}

// A manifest of our own: what the pub says that it has does not limit what we try.
const manifest = {
  whoami: 'sync',
  publish: 'async',
  manifest: 'async',
  invite: { create: 'async', use: 'async' },
  baas: { status: 'async', inviteCreate: 'async', inviteRevoke: 'async', inviteList: 'async' }
}

dial(process.argv[2], (err, stream) => {
  if (err) {
    say({ ok: false, error: err.message })
    process.exit(1)
  }
  const rpc = Muxrpc(manifest, {})({})
  const back = rpc.createStream(() => {
    say({ closed: true })
    process.exit(0)
  })
  pull(stream, back, stream)
  say({ ok: true, answer: 'connected' })
  serve(rpc)
})
