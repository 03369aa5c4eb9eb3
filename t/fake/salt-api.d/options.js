'use strict'

const usage = `usage: salt-api [--port N] [--private URL --token WORD] [--minions ID,ID...] [--speed N] [--user NAME]
       [--secret WORD] [--version 3006.28] [--manual] [--no-ports]
  --private   the private server that pillars come from; without one there are none
  --minions   those whose keys are there, and that are up, from the start
  --speed     all that takes time takes it so many times faster
  --manual    a minion whose key was made is not up by itself: POST /fake/join {"id": ID}
  --no-ports  running bots' ports are not listened on`

const fault = text => Object.assign(new Error(text), { usage: true })

const known = {
  '--port': (out, value) => { out.port = number(value) },
  '--private': (out, value) => { out.private = value },
  '--token': (out, value) => { out.token = value },
  '--minions': (out, value) => { out.minions = value.split(',').filter(Boolean) },
  '--speed': (out, value) => { out.speed = number(value) },
  '--user': (out, value) => { out.user = value },
  '--secret': (out, value) => { out.secret = value },
  '--version': (out, value) => { out.version = value }
}
const flags = { '--manual': 'manual', '--no-ports': 'noPorts' }

function number (text) {
  if (!/^\d{1,6}$/.test(text)) throw fault(`a number is wanted, not ${text}`)
  return Number(text)
}

function parse (argv) {
  const out = {}
  while (argv.length > 0) {
    const [name, value, ...rest] = argv[0].startsWith('--') && argv[0].includes('=')
      ? [...argv[0].split(/=(.*)/s).slice(0, 2), ...argv.slice(1)]
      : argv
    if (flags[name]) {
      out[flags[name]] = true
      argv = argv.slice(1)
      continue
    }
    if (!known[name] || value === undefined) throw fault(`unknown: ${name}`)
    known[name](out, value)
    argv = rest
  }
  return out
}

module.exports = { parse, usage }
