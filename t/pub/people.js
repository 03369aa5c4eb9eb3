'use strict'
// Runs the programs of t/friends: friends who redeem a code, strangers who try what they may not.

const { spawn } = require('child_process')
const path = require('path')
const readline = require('readline')
const { FRIENDS } = require('./pub')

// kind is classic or modern. Resolves to the program's answer, with its exit status as code.
function redeem (t, kind, code, ...more) {
  const program = path.join(FRIENDS, `${kind}.js`)
  const child = spawn(process.execPath, [program, 'redeem', code, ...more], { stdio: ['ignore', 'pipe', 'inherit'] })
  let out = ''
  t.after(() => child.kill('SIGKILL'))
  child.stdout.on('data', data => { out += data })
  return new Promise(resolve => child.on('close', code => resolve({ ...JSON.parse(out), code })))
}

// Dials pub with a fresh key, or with an invite's seed. say(name, ...args) resolves to the answer.
async function stranger (t, pub, seed) {
  const id = (await pub.call('whoami')).id.slice(1, -'.ed25519'.length)
  const address = `net:127.0.0.1:${pub.port}~shs:${id}${seed ? ':' + seed : ''}`
  const child = spawn(process.execPath, [path.join(FRIENDS, 'stranger.js'), address], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = readline.createInterface({ input: child.stdout })
  const asked = []
  const who = { closed: false, leave: () => child.kill('SIGKILL') }

  who.say = (name, ...args) => new Promise(resolve => {
    asked.push(resolve)
    child.stdin.write(JSON.stringify({ name: name.split('.'), args }) + '\n')
  })
  const connected = new Promise(resolve => asked.push(resolve))
  child.on('close', () => {
    who.closed = true
    asked.splice(0).forEach(answer => answer({ ok: false, error: 'the stranger ended' }))
  })
  lines.on('line', line => {
    const answer = JSON.parse(line)
    if (answer.closed) who.closed = true
    else asked.shift()(answer)
  })
  t.after(who.leave)
  const { ok, error } = await connected
  if (!ok) throw new Error(`the stranger could not connect: ${error}`)
  return who
}

module.exports = { redeem, stranger }
