'use strict'
// The command line.

const usage = `usage: t/fake/scaleway [--port N] [--speed F] [--rate N] [--state FILE]
       [--addresses NET] [--domain NAME]... [--on-poweron PROGRAM] [--on-poweroff PROGRAM]
       [--machines DIR]

  --port N               listen there, on 127.0.0.1; without it on a free port
  --speed F              how many times faster than the cloud (1)
  --rate N               requests that one second may have; further ones get 429 (100)
  --state FILE           what there is outlives a restart
  --addresses NET        public addresses are taken from there (127.77.0.0/16)
  --domain NAME          a domain whose zones exist or may be made (butt.nz)
  --on-poweron PROGRAM   run as PROGRAM SERVERID when a server runs
  --on-poweroff PROGRAM  run as PROGRAM SERVERID when it stops
  --machines DIR         servers that run really do, by t/fake/machine, in DIR`

function bad (why) {
  return Object.assign(new Error(why), { usage: true })
}

function number (least) {
  return (text, name) => {
    const value = Number(text)
    if (text === '' || !Number.isFinite(value) || value < least) {
      throw bad(`${name}: a number from ${least} is wanted`)
    }
    return value
  }
}

const text = value => value

function net (value, name) {
  const [, address, bits] = /^(\d+\.\d+\.\d+\.\d+)\/(\d+)$/.exec(value) ?? []
  const parts = (address ?? '').split('.').map(Number)
  if (!address || parts.some(part => part > 255) || bits < 8 || bits > 29) {
    throw bad(`${name}: a net such as 127.77.0.0/16 is wanted`)
  }
  const size = 2 ** (32 - bits)
  const base = parts.reduce((sum, part) => sum * 256 + part, 0)
  return { base: base - base % size, size }
}

const known = {
  '--port': ['port', number(0)],
  '--speed': ['speed', number(0.01)],
  '--rate': ['rate', number(1)],
  '--state': ['state', text],
  '--addresses': ['addresses', net],
  '--domain': ['domains', text],
  '--on-poweron': ['onPoweron', text],
  '--on-poweroff': ['onPoweroff', text],
  '--machines': ['machines', text]
}

function parse (args) {
  const options = { port: 0, speed: 1, rate: 100, addresses: net('127.77.0.0/16', '--addresses'), domains: [] }
  const words = args.flatMap(arg =>
    /^--[a-z-]+=/.test(arg) ? [arg.slice(0, arg.indexOf('=')), arg.slice(arg.indexOf('=') + 1)] : [arg]
  )

  for (let i = 0; i < words.length; i += 2) {
    if (!known[words[i]]) throw bad(`unknown option ${words[i]}`)
    if (words[i + 1] === undefined) throw bad(`${words[i]}: a value is wanted`)
    const [name, read] = known[words[i]]
    const value = read(words[i + 1], words[i])
    if (Array.isArray(options[name])) options[name].push(value)
    else options[name] = value
  }
  if (options.domains.length === 0) options.domains.push('butt.nz')
  return options
}

module.exports = { parse, usage }
