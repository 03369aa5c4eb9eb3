'use strict'
// The whole story with each person's bots on a server of their own: a browser, a real worker, real Salt, real docker, and
// a fake cloud whose servers really run. Two people; what happens to one of them does not touch the other.

const assert = require('node:assert/strict')
const fs = require('fs')
const net = require('net')
const path = require('path')
const { after, before, test } = require('node:test')
const browser = require('../e2e/browser')
const friend = require('../e2e/friend')
const person = require('../e2e/person')
const procs = require('../e2e/procs')
const { open } = require('../e2e/site')
const { until } = require('../e2e/until')
const { data } = require('../e2e/html')
const { Home } = require('./story_home')

const skip = process.getuid() !== 0 ? 'needs root, for docker' : browser.skip || friend.skip
const STEPS = ['a disk for its data', 'an address', 'a machine', 'the machine starts', 'it gets ready for butts', 'the butt moves in', 'it says hello']
const SPEED = '10' // times the cloud's: a volume takes 2 s there, a poweroff 36
const SOON = 90000 // ms for what an apply takes, on a busy machine
const LOOK = 90000 // ms for what has to be noticed by a look first: each 60 s
const BUILD = 240000
const PORT = 8008
const MEMORY = 160 // MB

const alice = { ...person.invent('alice'), port: PORT }
const bob = { ...person.invent('bob'), port: PORT }
let site, home, chromium, page
let failed = false
let diagnostic

// A part of the story; after one that failed the others are not tried.
function part (name, work) {
  test(name, { skip }, async t => {
    if (failed) assert.fail('an earlier part has failed')
    const began = Date.now()
    diagnostic = words => t.diagnostic(words)
    try {
      await work(t)
    } catch (err) {
      failed = true
      err.message += await aftermath()
      throw err
    }
    t.diagnostic(`${Date.now() - began} ms`)
  })
}

// What one would ask for first.
async function aftermath () {
  const servers = await home?.baas('server', 'list').catch(err => err.message)
  return `\n${site?.tail() ?? ''}\n${servers ?? ''}`
}

before(async () => {
  if (skip) return
  process.env.FAKE_SPEED ??= SPEED
  site = await open({ fleet: 'salt' })
  home = new Home(site)
  chromium = await browser.launch()
  page = await chromium.newPage()
  for (const who of [alice, bob]) who.client = site.client()
})

after(async () => {
  await watched.end?.()
  await chromium?.close()
  await home?.clear()
  await site?.close()
})

// ---- what is seen

const key = who => person.tag(who.client, who.bot).then(tag => tag.key)
const isAlive = (who, ms = SOON) => person.becomes(who.client, who.bot, 'alive', ms)
const shownStatus = () => page.locator('[data-status]').first().getAttribute('data-status')
const shows = (status, ms = SOON) => until(`the browser shows #${status}`, ms, async () => await shownStatus() === status)
const read = async who => Number((await home.sql(`SELECT coalesce(messages, -1) FROM bots JOIN agents USING (id) WHERE name = '${who.bot}'`))[0][0])

// Alive by a proof that is not of before, in a container like that; resolves to it.
async function runs (who, words, what, ms = SOON) {
  const began = Date.now()
  const now = await until(`${who.bot} runs in ${words}`, ms, async () => {
    const one = await home.running(who.minion)
    return what(one) && one
  })
  const ran = Date.now()
  await until(`${who.bot} is alive there`, ms, async () => {
    const [[at]] = await home.sql(`SELECT coalesce(proven_at, 0) FROM bots JOIN agents USING (id) WHERE name = '${who.bot}'`)
    return at > Date.parse(now.State.StartedAt) && (await person.tag(who.client, who.bot)).status === 'alive'
  })
  diagnostic(`in ${words} after ${ran - began} ms, alive ${Date.now() - ran} ms later`)
  assert.equal(await key(who), who.key, `${who.bot} is who it was`)
  return now
}

const comesAlive = (who, old, what = () => true, ms) =>
  runs(who, 'another container', one => one.Id !== old.Id && what(one), ms)
const wakesUp = (who, old, ms) =>
  runs(who, 'its container', one => one.Id === old.Id && one.State.StartedAt !== old.State.StartedAt, ms)

const dataOf = container => container.Mounts.find(one => one.Destination === '/data').Source
const label = (container, name) => container.Config.Labels[`baas.${name}`]

// Its container is there, and stands; nobody gets to where the bot was.
async function isAsleep (who) {
  await until(`${who.bot} sleeps`, SOON, async () => {
    const found = await home.containers(who.minion)
    assert.deepEqual(found.map(one => [one.Id, one.State.Status]), [[who.container.Id, 'exited']])
    return true
  })
  for (const host of who.hosts) await assert.rejects(connects(host, who.port), `${host}: nobody answers`)
}

function connects (host, port) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: 5000 })
    socket.once('timeout', () => socket.destroy(new Error('no answer')))
    socket.once('error', reject)
    socket.once('connect', () => resolve(socket.destroy()))
  })
}

// Where its container has its port: at both addresses of its server, or at the one if this machine has no IPv6.
async function isBound (who) {
  const hosts = home.addresses6() === '' ? [who.address] : [who.address, who.address6]
  const bound = who.container.HostConfig.PortBindings['8008/tcp']
  assert.deepEqual(bound, hosts.map(HostIp => ({ HostIp, HostPort: String(who.port) })))
  who.hosts = hosts
}

// Makes an invite, whose code has the bot's own address.
async function invite (who, words, ms = SOON) {
  const made = await person.invite(who.client, who.bot, words, ms)
  checkCode(who, made.code)
  return made
}

function checkCode (who, code) {
  assert.ok(code.startsWith(`${who.address}:${who.port}:${who.key}~`), `the code has the bot's address: ${code}`)
}

// As the page has it now.
async function codeOf (who, { invite: id }) {
  const { code } = (await person.invites(who.client, who.bot)).find(one => one.invite === id)
  checkCode(who, code)
  return code
}

async function joins (code, name, kind = 'classic') {
  const answer = await friend.redeem(kind, code, '--name', name)
  assert.equal(answer.ok, true, answer.error)
  return answer.id
}

// From the other kind of address, as if a name had led there.
function joins6 (who, code, name) {
  return joins(code.replace(who.address, who.hosts.at(-1)), name, 'modern')
}

// Those that nobody has used.
async function codes (who) {
  return (await person.invites(who.client, who.bot)).filter(one => one.state === 'unused').map(one => [one.invite, one.code])
}

function isUsed (who, id, ms) {
  return until(`the page says that ${id} came in`, ms, async () => (await person.invites(who.client, who.bot))
    .some(one => one.state === 'used' && one.words.includes(id)))
}

async function remove (who) {
  await page.goto(`${site.url}/agents/${who.bot}/delete`)
  const host = (await page.locator('label[for=confirm]').textContent()).replace(/^type /, '')
  await page.getByLabel(/^type /).fill(host)
  await page.getByLabel('your password').fill(who.password)
  await page.locator('button.danger').click()
  await page.waitForURL(`${site.url}/agents/${who.bot}`)
}

async function press (verb) {
  await page.goto(`${site.url}/agents/${alice.bot}`)
  await page.locator('.acts').getByRole('link', { name: verb, exact: true }).click()
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForURL(`${site.url}/agents/${alice.bot}`)
}

// Bob's container must be the very same as ever, and his page must have said so all the time.
const watched = { seen: new Set() }

function watch (who) {
  let going = true
  const looks = (async () => {
    while (going) {
      // #unsure while the worker is away is the truth.
      const up = await home.isUp().catch(() => false)
      const tag = await person.tag(who.client, who.bot).catch(() => null)
      if (up && tag !== null) watched.seen.add(tag.status)
      await new Promise(resolve => setTimeout(resolve, 500))
    }
  })()
  watched.end = async () => {
    going = false
    await looks
  }
}

const both = work => Promise.all([alice, bob].map(work))

async function isUntouched (who) {
  const now = await home.alone(who.minion)
  assert.equal(now.Id, who.container.Id, `${who.bot}: the same container`)
  assert.deepEqual([now.State.StartedAt, now.RestartCount], [who.container.State.StartedAt, who.container.RestartCount], `${who.bot}: the same run`)
  assert.deepEqual([...watched.seen], ['alive'], `${who.bot}: nothing else was on its page`)
}

// ---- the story

part('alice signs up, and sees what is done for her bot until it is alive', async t => {
  await page.goto(`${site.url}/start`)
  await page.getByLabel('email').fill(alice.email)
  await page.getByLabel('password').fill(alice.password)
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForSelector('[name=new]')
  await page.getByLabel('password').fill(alice.password)
  await page.locator('[name=new][value="1"]').click()
  await page.waitForURL(`${site.url}/newbie`)
  await page.getByLabel('name', { exact: true }).fill(alice.name)
  await page.getByLabel('bot name').fill(alice.bot)
  await page.getByRole('button', { name: /^yes/ }).click()
  await page.waitForURL(`${site.url}/agents/${alice.bot}`)
  const began = Date.now()
  const seen = []
  await until('#alive', BUILD, async () => {
    const words = await page.locator('.steps [aria-current=step]').allTextContents()
    const now = STEPS.findIndex(step => words[0]?.includes(step))
    if (now !== -1 && seen.at(-1)?.now !== now) seen.push({ now, ms: Date.now() - began })
    return await shownStatus() === 'alive'
  })
  t.diagnostic(`${seen.map(({ now, ms }) => `${STEPS[now]} ${ms}`).join(', ')}, alive ${Date.now() - began}`)
  const order = seen.map(one => one.now)
  assert.deepEqual(order, [...new Set(order)].sort(), 'each step once, one after the other')
  // The page looks each 5 s, so a short step can pass unseen; moving in takes longer than that.
  assert.ok(order.length > 1 && order.at(-1) >= 5, 'it goes on before her eyes')
  alice.key = await page.locator('[data-status]').first().getAttribute('data-key')
  assert.match(alice.key, /^@[A-Za-z0-9+/]{43}=\.ed25519$/)
})

part('it runs in a container as it should', async () => {
  await person.signIn(alice.client, alice)
  Object.assign(alice, await home.server(alice.email))
  alice.container = await home.alone(alice.minion)
  const { Config, HostConfig } = alice.container
  assert.match(alice.address, /^127\./)
  await isBound(alice)
  assert.equal(Config.User, '1000:1000')
  assert.equal(HostConfig.ReadonlyRootfs, true)
  assert.deepEqual(HostConfig.CapDrop, ['ALL'])
  alice.data = dataOf(alice.container)
  assert.ok(fs.readdirSync(alice.data).includes('secret') && fs.readdirSync(alice.data).length > 3, 'its data is on the volume')
  assert.equal((await home.images()).length, 1)
})

part('bob gets a server of his own, and friends come in', async () => {
  await person.settle(bob.client, bob)
  const first = await invite(alice, 'first friend')
  alice.friend = await joins(first.code, 'Quillon Wren')
  alice.kept = await invite(alice, 'for later')
  alice.late = await invite(alice, 'for much later')
  await isAlive(bob, BUILD)
  Object.assign(bob, await home.server(bob.email))
  bob.container = await home.alone(bob.minion)
  bob.data = dataOf(bob.container)
  bob.key = await key(bob)
  await isBound(bob)
  assert.notEqual(bob.address, alice.address)
  assert.notEqual(bob.key, alice.key)
  await joins6(bob, (await invite(bob, 'a friend of his')).code, 'Marlow Finch')
  assert.equal((await home.images()).length, 1, 'the image was made once on this docker')
  watch(bob)
})

part('restart', async () => {
  await press('restart')
  alice.container = await comesAlive(alice, alice.container, one => label(one, 'restarts') === '1')
  await shows('alive')
  await isUsed(alice, alice.friend, LOOK)
})

part('stop, and start', async () => {
  await press('stop')
  await shows('stopped')
  await isAsleep(alice)
  await press('start')
  await shows('alive')
  alice.container = await wakesUp(alice, alice.container)
  await isUntouched(bob)
})

part('deleted, and brought back from the bin: the same container, invites of before', async () => {
  const before = await codes(alice)
  await remove(alice)
  await shows('deleting')
  await isAsleep(alice)
  await page.getByRole('button', { name: 'bring back', exact: true }).click()
  alice.container = await wakesUp(alice, alice.container)
  assert.deepEqual(await codes(alice), before)
  assert.equal(before.length, 2)
  await isUntouched(bob)
})

part('the control plane is down: nothing is applied, nothing goes away, friends come in', async () => {
  const old = home.control()
  procs.signal([{ pid: site.child.pid }], 'SIGSTOP')
  try {
    procs.signal(old, 'SIGKILL')
    await until('nobody is there', 10000, () => home.control().length === 0)
    await assert.rejects(home.isUp())
    await assert.rejects(home.pillar(alice.minion))
    await both(async who => {
      const { refused, failed, changed } = await home.apply(who.minion)
      assert.ok(refused ?? failed?.length > 0, `${who.minion}: the apply is refused`)
      assert.deepEqual(changed ?? [], [])
      assert.equal((await home.alone(who.minion)).Id, who.container.Id)
    })
    await joins(alice.kept.code, 'Sorrel Vance')
  } finally {
    procs.signal([{ pid: site.child.pid }], 'SIGCONT')
  }
  await until('the site is there again', 30000, () => home.isUp())
  await until('the private server too', 30000, () => home.pillar(alice.minion))
  await both(async who => {
    const { refused, failed, changed } = await home.apply(who.minion)
    assert.equal(refused, undefined)
    assert.deepEqual([failed, changed], [[], []], `${who.minion}: one more apply changes nothing`)
  })
  await shows('alive')
  assert.equal((await home.alone(alice.minion)).Id, alice.container.Id)
  await isUntouched(bob)
})

part('another configuration: another container, the same bot', async () => {
  const before = await read(alice)
  home.configure({ 'limits.bot_memory': MEMORY, 'limits.bin_days': 0 })
  await home.restartControl()
  await home.baas('server', 'apply', alice.minion)
  alice.container = await comesAlive(alice, alice.container, one => one.HostConfig.Memory > MEMORY * 2 ** 20)
  assert.ok(before > 0)
  await until('it has what it had', LOOK, async () => await read(alice) >= before)
  await isUsed(alice, alice.friend, LOOK)
  await isUntouched(bob)
})

part('the master is restarted: a wish made meanwhile is done', async () => {
  const old = home.master()
  assert.ok(old.length > 0)
  procs.signal(old, 'SIGKILL')
  await press('restart')
  alice.container = await comesAlive(alice, alice.container, one => label(one, 'restarts') === '2')
  assert.ok(home.master().every(one => !old.some(other => other.pid === one.pid)), 'it is another master')
  await isUntouched(bob)
})

part('a minion is killed in the middle of an apply', async t => {
  const [machine] = (await home.has(alice.row)).servers
  const old = home.minion(machine)
  assert.ok(old.length > 0)
  await press('restart')
  const began = Date.now()
  await until('the old container runs no more', SOON, async () =>
    !(await home.containers(alice.minion)).some(one => one.Id === alice.container.Id && one.State.Running), 5)
  procs.signal(home.minion(machine), 'SIGKILL')
  t.diagnostic(`killed ${Date.now() - began} ms after the wish: ${(await home.containers(alice.minion)).map(one => one.State.Status).join(', ') || 'no container'}`)
  alice.container = await comesAlive(alice, alice.container, one => label(one, 'restarts') === '3', 180000)
  assert.ok(home.minion(machine).every(one => !old.some(other => other.pid === one.pid)), 'it is another minion')
  assert.equal((await home.alone(alice.minion)).Id, alice.container.Id, 'nothing is left of the first try')
  await isUntouched(bob)
})

part('a container is killed: docker starts it again', async () => {
  process.kill(alice.container.State.Pid, 'SIGKILL')
  await until('it runs again', 15000, async () => {
    const one = await home.running(alice.minion)
    return one.Id === alice.container.Id && one.RestartCount === alice.container.RestartCount + 1
  })
  await invite(alice, 'for nobody') // a look comes with it
  await until('its history says so', SOON, async () => (await home.sql(
    `SELECT 1 FROM events WHERE what = 'bot.died' AND bot_name = '${alice.bot}'`)).length > 0, 500)
  await isAlive(alice)
  assert.equal(await key(alice), alice.key)
})

part('an admin pauses alice: her machine rests, and wakes with the same bot', async () => {
  const before = await codes(alice)
  const [machine] = (await home.has(alice.row)).servers
  const state = async () => (await home.cloud()).servers[machine].state
  await home.baas('person', 'suspend', alice.email, 'her', 'bill', 'is', 'open')
  await shows('suspended')
  assert.match(await page.locator('main').textContent(), /paused: her bill is open/)
  await until('her machine rests', SOON, async () => await state() === 'stopped')
  await isAsleep(alice)
  assert.deepEqual(home.minion(machine), [])
  await isUntouched(bob)
  await home.baas('person', 'resume', alice.email)
  alice.container = await wakesUp(alice, alice.container)
  assert.equal(await state(), 'running')
  assert.deepEqual(await codes(alice), before)
  await isUntouched(bob)
})

part('its container is taken away and another program takes its port: it comes back on the next one', async () => {
  await home.docker('DELETE', `/containers/${alice.container.Id}?force=true`)
  const other = net.createServer(socket => socket.destroy())
  await until('the port is ours', 15000, () => new Promise((resolve, reject) =>
    other.once('error', reject).listen(PORT, alice.address, () => resolve(true))))
  alice.port = PORT + 1
  try {
    // Who wants an invite has it looked at; else that is each minute.
    [alice.container, alice.moving] = await Promise.all([
      comesAlive(alice, alice.container), invite(alice, 'before the move', SOON)])
  } finally {
    other.close()
  }
  await isBound(alice)
  await joins(await codeOf(alice, alice.late), 'Tamsin Roe')
  await isUntouched(bob)
})

part('a new machine for it: the same address, the same bot, invites of before', async () => {
  const before = await home.has(alice.row)
  await home.baas('server', 'anew', alice.minion)
  alice.first = alice.minion
  alice.minion = alice.minion.replace(/-g1$/, '-g2')
  alice.container = await comesAlive(alice, alice.container, undefined, BUILD)
  alice.address6 = (await home.server(alice.email)).address6 // the net is the same, the card is not
  await isBound(alice)
  await joins6(alice, await codeOf(alice, alice.moving), 'Perrin Lowe')
  await isUsed(alice, alice.friend, LOOK)
  const now = await until('one machine is left', SOON, async () => {
    const now = await home.has(alice.row)
    return now.servers.length === 1 && now
  })
  assert.notDeepEqual(now.servers, before.servers)
  assert.deepEqual(now.ips, before.ips)
  await isUntouched(bob)
  await watched.end()
})

part('all servers are brought to the configuration; who has it is left alone', async () => {
  const old = alice.container
  await home.baas('server', 'apply', 'all')
  bob.container = await comesAlive(bob, bob.container, one => one.HostConfig.Memory > MEMORY * 2 ** 20)
  await until('alice\'s server was applied to', SOON, async () =>
    (await home.sql(`SELECT 1 FROM servers WHERE id = ${alice.row} AND applied_rev = rev`)).length > 0)
  const now = await home.alone(alice.minion)
  assert.deepEqual([now.Id, now.State.StartedAt], [old.Id, old.State.StartedAt])
})

// Everything that was one person's.
async function isGone (who, minions) {
  await until(`the cloud has nothing of ${who.name}`, SOON * 2, async () => {
    const { servers, disks, ips } = await home.has(who.row)
    return servers.length + disks.length + ips.length === 0
  })
  for (const minion of minions) {
    assert.deepEqual(await home.containers(minion), [])
    assert.ok('_errors' in await home.pillar(minion), `${minion} is told nothing any more`)
  }
  await until('and its row says so', SOON, async () => (await home.sql(`SELECT 1 FROM servers WHERE id = ${who.row} AND state = 'none' AND wanted = 'gone'`)).length > 0)
}

part('alice deletes her bot, and bob leaves: containers, data and servers go', async () => {
  const [machine] = (await home.has(alice.row)).servers
  await remove(alice)
  await until('no container is there', SOON, async () => (await home.containers(alice.minion)).length === 0)
  assert.equal((await home.alone(bob.minion)).Id, bob.container.Id)
  await isAlive(bob)
  const at = '/account/delete'
  person.sees(await bob.client.submit(await bob.client.page(at), at, { confirm: bob.email, password: bob.password }), 303)
  await Promise.all([isGone(alice, [alice.first, alice.minion]), isGone(bob, [bob.minion])])
  await until('their data is erased', SOON, () => ![alice, bob].some(who => fs.existsSync(who.data)))
  await until('her minion has ended', SOON, () => home.minion(machine).length === 0)
  assert.deepEqual(data((await alice.client.page('/agents')).body, 'status'), [], 'and her list is empty')
})

part('nothing is left anywhere', async () => {
  const { servers, disks, ips } = await home.cloud()
  assert.deepEqual([servers, disks, ips].map(all => Object.keys(all)), [[], [], []])
  for (const of of ['machines', 'volumes']) await until(`no ${of}`, SOON, () => fs.readdirSync(path.join(home.dir, of)).length === 0)
  assert.deepEqual(await home.sql('SELECT kind, thing FROM orphans'), [])
  assert.deepEqual(await home.sql('SELECT id FROM bots'), [])
  assert.ok(!home.addresses6().includes(bob.address6) && !home.addresses6().includes(alice.address6))
})

part('and at its end, no process, bridge or mount', async t => {
  t.diagnostic(`the end took ${await site.stop()} ms`)
  assert.ok(!fs.readFileSync('/proc/mounts', 'utf8').includes(site.dir))
  assert.equal(home.bridge !== '' && fs.existsSync(`/sys/class/net/${home.bridge}`), false)
})
