'use strict'
// Stands in for a pub that has turned against its host (t/worker/real.sh puts it where pub.js would be, with
// targets.json beside it). It tries what it must not be able to do, writes what came of it into DIR/tries.json, and
// leaves traps for whoever cleans up.

const fs = require('fs')
const net = require('net')
const path = require('path')
const { spawn } = require('child_process')

const t = JSON.parse(fs.readFileSync(path.join(__dirname, 'targets.json'), 'utf8'))
process.chdir(process.argv[2])

const config = JSON.parse(fs.readFileSync('config', 'utf8'))
const tries = {}

function attempt (name, work) {
  try {
    work()
    tries[name] = 'done'
  } catch (err) {
    tries[name] = err.code || String(err)
  }
}

function wait (name, emitter, good) {
  return new Promise(resolve => {
    emitter.once(good, () => { tries[name] = 'done'; resolve() })
    emitter.once('error', err => { tries[name] = err.code; resolve() })
  })
}

async function main () {
  attempt('own write', () => fs.writeFileSync('own', 'x'))
  attempt('own secret', () => fs.readFileSync('secret'))
  for (const name in t.read) attempt(`read ${name}`, () => fs.readFileSync(t.read[name]))
  for (const name in t.list) attempt(`list ${name}`, () => fs.readdirSync(t.list[name]))
  for (const name in t.write) attempt(`write ${name}`, () => fs.writeFileSync(t.write[name], 'x'))
  for (const name in t.signal) attempt(`signal ${name}`, () => process.kill(t.signal[name], 'SIGCONT'))
  for (const name in t.memory) attempt(`memory of ${name}`, () => fs.openSync(`/proc/${t.memory[name]}/mem`, 'r'))
  attempt('signal keeper', () => process.kill(process.ppid, 'SIGCONT'))
  attempt('own exit file', () => fs.writeFileSync('../exit', '{"told":true}'))
  attempt('own run file', () => fs.writeFileSync('../run', '{}'))
  for (const name in t.socket) await wait(`socket ${name}`, net.connect(t.socket[name]), 'connect')
  await wait('connect out', net.connect(t.connect, '127.0.0.1'), 'connect')
  await wait('listen elsewhere', net.createServer().listen(0, '127.0.0.1'), 'listening')
  await wait('own listen', net.createServer().listen(config.port, '127.0.0.1'), 'listening')
  await wait('shell', spawn('/bin/sh', ['-c', 'true']), 'spawn')

  // A child that wants to outlive it, a directory that nobody may enter, a link where its socket should be.
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'leftover', t.mark], { detached: true, stdio: 'ignore' })
  tries.leftover = child.pid === undefined ? 'none' : 'done'
  fs.mkdirSync('trap/inner', { recursive: true })
  fs.writeFileSync('trap/inner/file', 'x')
  fs.chmodSync('trap', 0)
  attempt('link', () => fs.symlinkSync(t.link, 'socket'))
  fs.writeFileSync('tries.new', JSON.stringify(tries, null, 1))
  fs.renameSync('tries.new', 'tries.json')
  setInterval(() => process.stderr.write('an endless moan\n'), 50)
}

main()
