'use strict'
// The worker as cron starts it, at a tenth of the time: --watch 6 each 6 s for a minute, with nobody
// to start it again. Some process watches all the time, and a killed pub comes back.

const assert = require('node:assert/strict')
const { execFileSync, spawn, spawnSync } = require('child_process')
const fs = require('fs')
const path = require('path')
const { after, before, test } = require('node:test')
const person = require('./person')
const procs = require('./procs')
const { PREFIX, open } = require('./site')
const { pause, until } = require('./until')
const { data } = require('./html')

const EVERY = 6000
const STARTS = 10
const GAP = 1000
const BACK = 10000
const KILLS = 4 // more in a minute, and the worker takes its time
let site, who, conf
const workers = []

const baas = (...args) => execFileSync(path.join(PREFIX, 'bin/baas'), ['-c', conf, ...args], { encoding: 'utf8' })

// A page without lighttpd: the route as plain CGI, in that person's name.
function tag () {
  const env = { PATH: process.env.PATH, BAAS_CONF: conf, BAAS_AS: who.email, REQUEST_METHOD: 'GET', PATH_INFO: `/agents/${who.bot}` }
  const { stdout, stderr, status } = spawnSync(path.join(PREFIX, 'libexec/baas/cgi/bot'), { env, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return data(stdout, 'status')[0]
}

function startWorker () {
  const child = spawn(path.join(PREFIX, 'libexec/baas/baas-reconcile'), ['-c', conf, '--watch', String(EVERY / 1000)], { stdio: ['ignore', 'ignore', 'pipe'] })
  const worker = { child, err: '' }
  child.stderr.on('data', data => { worker.err += data })
  worker.ended = new Promise(resolve => child.on('close', (code, signal) => resolve({ code, signal })))
  workers.push(worker)
}

// Whether somebody holds the lock that says "I watch"; asks the kernel, takes nothing.
function watched () {
  const { ino } = fs.statSync(path.join(site.dir, 'run.lock'))
  return fs.readFileSync('/proc/locks', 'utf8').split('\n')
    .some(line => / FLOCK /.test(line) && !line.includes('->') && line.includes(`:${ino} `))
}

// Looks ten times a second; resolves to the longest time in milliseconds in which nobody watched.
async function longestGap (goesOn) {
  let since = null
  let longest = 0
  while (goesOn()) {
    if (watched()) since = null
    else longest = Math.max(longest, Date.now() - (since ??= Date.now()))
    await pause(100)
  }
  return longest
}

before(async () => {
  site = await open()
  const client = site.client()
  who = await person.settle(client)
  await person.becomes(client, who.bot, 'alive', 30000)
  await site.stop()
  conf = path.join(site.dir, 'baas.conf')
  baas('init')
})
after(async () => {
  for (const { child } of workers) child.kill('SIGKILL')
  await site?.close()
})

test('nothing is alive before somebody has looked', () => {
  assert.notEqual(tag().status, 'alive')
})

test('a minute of cron: always watched, and a killed pub is back within 10 s', async t => {
  const kills = []
  let going = true

  startWorker()
  await until('the first one watches, and the bot is alive', BACK, () => watched() && tag().status === 'alive')
  const gap = longestGap(() => going)
  const killing = (async () => {
    while (kills.length < KILLS) {
      await pause(EVERY * (1 + Math.random()))
      const [old] = site.procs('pub')
      const began = Date.now()
      procs.signal([old], 'SIGKILL')
      await until('the pub is back', BACK, () => site.procs('pub').some(one => one.pid !== old.pid) && tag().status === 'alive')
      kills.push(Date.now() - began)
    }
  })()
  killing.catch(() => { going = false })
  for (let n = 1; going && (n < STARTS || kills.length < KILLS); n++) {
    await pause(EVERY)
    startWorker()
  }
  going = false
  await killing
  t.diagnostic(`nobody watched for at most ${await gap} ms`)
  t.diagnostic(`killed pubs were back after ${kills.join(', ')} ms`)
  assert.ok(await gap < GAP)
  assert.deepEqual(procs.doubled(site.dir), [])
})

test('each of them ended by itself, in order', async () => {
  for (const { ended, err } of workers.slice(0, -1)) {
    const { code, signal } = await ended
    assert.ok(signal === null && (code === 0 || code === 1), `${code} ${signal}: ${err}`)
  }
})

test('a start while two are there leaves at once with status 0', async () => {
  startWorker()
  startWorker()
  await until('one of them left', 5000, () => workers.filter(one => one.child.exitCode === null).length <= 2)
  const last = workers.at(-1)
  if (last.child.exitCode !== null) assert.equal(last.child.exitCode, 0)
})

test('SIGTERM to the workers touches no bot; "baas bots stop" ends them all', async () => {
  const [pub] = site.procs('pub')
  for (const { child } of workers) child.kill('SIGTERM')
  for (const { ended } of workers) await ended
  assert.deepEqual(site.procs('pub').map(one => one.pid), [pub.pid])
  baas('bots', 'stop')
  await until('no bot runs', 12000, () => site.procs('pub').length === 0 && site.procs('keeper').length === 0)
})
