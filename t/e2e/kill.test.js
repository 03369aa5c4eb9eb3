'use strict'
// Whoever is killed or hangs: the page tells the truth, and the bot comes back with the same key.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const person = require('./person')
const procs = require('./procs')
const { open } = require('./site')
const { took, until } = require('./until')
const { data } = require('./html')

const BACK = 10000
let site, client, who, key

before(async () => {
  site = await open()
  client = site.client()
  who = await person.settle(client)
  await person.becomes(client, who.bot, 'alive', 30000)
  key = (await person.tag(client, who.bot)).key
})
after(() => site?.close())

const tag = () => person.tag(client, who.bot)
const isAlive = () => person.becomes(client, who.bot, 'alive', BACK)

function only (kind) {
  const found = site.procs(kind)
  assert.equal(found.length, 1, `one ${kind}: ${procs.say(found)}`)
  return found[0]
}

// Another process of that kind than the old one runs, and the page says alive.
async function comesBack (kind, old, ms) {
  await until(`another ${kind}, and #alive`, ms, async () => {
    const now = site.procs(kind)
    return now.length === 1 && now[0].pid !== old.pid && (await tag()).status === 'alive'
  })
  assert.equal((await tag()).key, key)
  assert.deepEqual(procs.doubled(site.dir), [])
}

for (const kind of ['pub', 'keeper']) {
  test(`SIGKILL of a ${kind}: alive again within 10 s`, async t => {
    await isAlive()
    const invite = await person.invite(client, who.bot, `before the ${kind}`)
    const old = { pub: only('pub'), keeper: only('keeper') }
    const ms = await took(async () => {
      procs.signal([old[kind]], 'SIGKILL')
      await comesBack('pub', old.pub, BACK)
      await comesBack('keeper', old.keeper, BACK)
    })
    t.diagnostic(`back after ${ms} ms`)
    assert.ok(ms < BACK, `back only after ${ms} ms`)
    const again = (await person.invites(client, who.bot)).find(one => one.invite === invite.invite)
    assert.equal(again.code, invite.code, 'what was there is there')
  })
}

test('SIGSTOP of a pub shows within 30 s, and the bot comes back by itself', async t => {
  await isAlive()
  const old = only('pub')
  procs.signal([old], 'SIGSTOP')
  const shows = await took(() => until('not alive', 30000, async () => (await tag()).status !== 'alive'))
  t.diagnostic(`shows after ${shows} ms as ${(await tag()).status}`)
  const back = await took(() => comesBack('pub', old, 60000))
  t.diagnostic(`back ${back} ms later`)
})

test('SIGKILL of the worker: another one within 2 s, and no pub is touched', async t => {
  await isAlive()
  const pub = only('pub')
  const old = site.procs('worker')
  procs.signal(old, 'SIGKILL')
  const ms = await took(() => until('another worker', 2000, () => site.procs('worker').some(one => old.every(gone => gone.pid !== one.pid))))
  t.diagnostic(`another worker after ${ms} ms`)
  await isAlive()
  assert.equal(only('pub').pid, pub.pid)
})

test('without any worker every page says #unsure within 45 s, and then all is well again', async t => {
  await isAlive()
  const { invite } = await person.invite(client, who.bot, 'while we see it')
  const pages = ['', '/status', '/invites', '/start', '/stop', '/restart', '/delete', `/invites/${invite}/revoke`]
  const pub = only('pub')
  const supervisors = site.supervisors()
  procs.signal(supervisors, 'SIGSTOP')
  const ms = await took(() => until('#unsure', 45000, async () => {
    procs.signal(site.procs('worker'), 'SIGKILL') // one that was just being started, too
    return (await tag()).status === 'unknown'
  }, 200))
  t.diagnostic(`#unsure after ${ms} ms`)
  for (const tab of pages) {
    const { status, words } = await person.tag(client, who.bot, tab)
    assert.deepEqual({ status, words }, { status: 'unknown', words: '#unsure' }, tab)
  }
  const dashboard = (await client.page('/agents')).body
  assert.deepEqual(data(dashboard, 'status').map(one => one.status), ['unknown'])
  await until('/health says so too', 45000 - ms, async () => (await client.get('/health')).status === 503, 200)

  procs.signal(supervisors, 'SIGCONT')
  await until('another worker', BACK, () => site.procs('worker').length > 0)
  await isAlive()
  assert.equal(only('pub').pid, pub.pid, 'the pub ran all the time')
  await until('/health says so', BACK, async () => (await client.get('/health')).status === 200)
})
