'use strict'
// Runs one pub: node pub.js DIR. DIR holds secret (never made here) and config; everything else in
// it is the pub's. Exit status: 0 told to stop, 1 failed, 78 secret or config will not do.

require('./stubs')
require('./netcount')

function die (status, what, err) {
  const cause = String((err && err.message) || err).replace(/\s+/g, ' ').replace(/[^ -~]/g, '?')
  process.stderr.write(`pub: ${what}: ${cause}\n`)
  process.exit(status)
}

function uncaught (err) {
  const where = String((err && err.stack) || '').split('\n').find(line => /^\s+at /.test(line)) || ''
  die(1, 'crashed', `${(err && err.message) || err}${where}`)
}

// The working directory is DIR, so the socket's path is short however long DIR's is.
function enter (dir) {
  try {
    process.chdir(dir)
  } catch (err) {
    die(1, 'directory', err.code)
  }
}

function loadKeys () {
  const identity = require('./identity')
  try {
    return identity.load('secret')
  } catch (err) {
    die(err instanceof identity.Corrupt ? 78 : 1, 'secret', err.code === 'ENOENT' ? 'missing' : err)
  }
}

function loadConfig (keys) {
  const config = require('./config')
  try {
    return config.expand(config.read('config'), '.', keys)
  } catch (err) {
    die(78, 'config', err)
  }
}

// Replication must stand before friends, and ebt last: it hooks what the others have made.
function start (config) {
  return require('secret-stack')({ caps: config.caps })
    .use(require('ssb-db'))
    .use(require('ssb-unix-socket'))
    .use(require('ssb-no-auth'))
    .use(require('ssb-master'))
    .use(require('ssb-gossip'))
    .use(require('ssb-replicate'))
    .use(require('ssb-friends'))
    .use(require('ssb-blobs'))
    .use(require('ssb-invite'))
    .use(require('ssb-ebt'))
    .use(require('./baas'))(config)
}

// Asked for before the start, which no signal interrupts: so none finds us without a handler.
function stopOn (signals, close) {
  let stopping = false
  const stop = () => {
    if (stopping) return
    stopping = true
    setTimeout(die, 8000, 1, 'stop', 'takes too long').unref()
    close(() => process.exit(0))
  }
  signals.forEach(signal => process.on(signal, stop))
}

process.umask(0o077)
process.on('uncaughtException', uncaught)
if (process.argv.length !== 3) die(78, 'usage', 'node pub.js DIR')
enter(process.argv[2])
stopOn(['SIGTERM', 'SIGINT'], cb => server.close(true, cb))
const server = start(loadConfig(loadKeys()))
