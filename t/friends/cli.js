'use strict'
// What both friends share: the command line, the one line of JSON, the deadlines. It knows no stack.

const crypto = require('crypto')
const fs = require('fs')
const os = require('os')
const path = require('path')
const { parseArgs } = require('util')

const USAGE = 'redeem CODE [--name NAME] [--dir DIR] [--stay MS] [--timeout MS]'

const options = {
  name: { type: 'string' },
  dir: { type: 'string' },
  stay: { type: 'string', default: '0' },
  timeout: { type: 'string', default: '30000' }
}

// host:port:@key.ed25519~seed -> who and where the pub is.
function parseCode (code) {
  const found = /^(.+):(\d+):(@([A-Za-z0-9+/]{43}=)\.ed25519)~[A-Za-z0-9+/]{43}=$/.exec(code)
  if (found === null) throw new Error('not an invite code')
  const [, host, port, id, key] = found
  return { id, address: `net:${host}:${port}~shs:${key}` }
}

// A callback function's answer as a promise.
const ask = (fn, ...args) => new Promise((resolve, reject) => {
  fn(...args, (err, value) => err ? reject(err) : resolve(value))
})

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

async function until (probe) {
  while (!await probe()) await pause(50)
}

// The packages chatter: only our line goes to standard output.
function hush () {
  const write = process.stdout.write.bind(process.stdout)
  for (const name of ['log', 'info', 'warn', 'error', 'trace']) console[name] = () => {}
  return answer => write(JSON.stringify(answer) + '\n')
}

function readArgs (argv) {
  const { values, positionals } = parseArgs({ args: argv, options, allowPositionals: true })
  if (positionals.length !== 2 || positionals[0] !== 'redeem') throw new Error(`usage: ${USAGE}`)
  return { ...values, code: positionals[1], pub: parseCode(positionals[1]) }
}

// Gives work a directory: the asked one, which keeps its identity, or one that is gone afterwards.
function place (dir) {
  const made = dir === undefined
  const where = made ? fs.mkdtempSync(path.join(os.tmpdir(), 'friend-')) : path.resolve(dir)
  fs.mkdirSync(where, { recursive: true })
  process.env.TMPDIR = where // some packages leave empty folders there
  process.on('exit', () => { if (made) fs.rmSync(where, { recursive: true, force: true }) })
  return where
}

// Runs redeem(args) -> id, prints its answer, ends the process. Whatever happens, it ends in time.
async function main (redeem) {
  const say = hush()
  const began = Date.now()
  const fail = err => {
    say({ ok: false, error: String((err && err.message) || err) })
    process.exit(1)
  }

  process.on('uncaughtException', fail)
  try {
    const args = readArgs(process.argv.slice(2))
    const deadline = setTimeout(fail, Number(args.timeout), 'not in time')
    args.name = args.name || 'friend ' + crypto.randomBytes(3).toString('hex')
    const id = await redeem({ ...args, dir: place(args.dir) })
    clearTimeout(deadline)
    say({ ok: true, id, ms: Date.now() - began })
    setTimeout(() => process.exit(0), Number(args.stay))
  } catch (err) {
    fail(err)
  }
}

module.exports = { ask, main, until }
