'use strict'
// Our client against the fake: a machine's whole life, long lists, names, and every way in which a call goes wrong.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { PROJECT, TOKEN, open } = require('./fake')
const { INSTANCE, client, whyNot } = require('./errand')
const { ways } = require('../fake/scaleway.d/faults')
const stub = require('./stub')

const options = { skip: whyNot() }
const noId = '33333333-3333-4333-8333-333333333333'
const SEED = '#cloud-config\nhostname: ä\n'

let fake, scw
before(async () => {
  if (options.skip) return
  fake = await open('--speed', '1')
  scw = await client(fake.url)
})
after(async () => {
  await scw?.close()
  await fake?.close()
})

async function done (answer) {
  const { verdict, why, thing } = await answer
  assert.equal(verdict, 'done', why)
  return thing
}

const find = (things, id) => things.find(one => one.id === id)
const sent = async () => (await fake.tell('GET', 'log')).map(({ method, url, status }) =>
  `${method} ${url.replace(/\/v1\/zones\/fr-par-1/, '').replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'ID')} ${status}`)

async function parts () {
  const group = await done(scw.make('group', { server: 0, generation: 0 }))
  await done(scw.ask('rules', { thing: group.id }))
  const volume = await done(scw.make('volume'))
  const ip = await done(scw.make('ip'))
  const ip6 = await done(scw.make('ip6'))
  await fake.pass()
  return { group, volume, ip, ip6 }
}

async function dropAll (parts_) {
  for (const [kind, { id }] of Object.entries(parts_)) await done(scw.ask('drop', { kind, thing: id }))
}

const order = ({ group, volume, ip, ip6 }) =>
  ({ minion: 'p7-g1', volume: volume.id, ip: ip.id, ip6: ip6.id, group: group.id })

test('a machine lives and dies', options, async () => {
  const { group, volume, ip, ip6 } = await parts()
  const machine = await done(scw.make('server', order({ group, volume, ip, ip6 })))
  const tags = { instance: INSTANCE, server: 7, generation: 1 }

  for (const one of [volume, ip, ip6, machine]) {
    assert.deepEqual({ instance: one.instance, server: one.server, generation: one.generation }, tags)
    assert.match(one.mark, /^mark\d{8}$/)
  }
  assert.equal(new Set([group, volume, ip, ip6, machine].map(one => one.mark)).size, 5)
  assert.deepEqual([volume.state, ip.state, machine.state, group.state], ['moving', 'off', 'off', 'on'])
  assert.match(ip.address, /^127\.77\./)
  assert.deepEqual([machine.disks, machine.ips, machine.group], [[volume.id], [ip.id, ip6.id], group.id])
  assert.deepEqual([machine.may_on, machine.may_off, machine.may_drop], [true, false, true])
  assert.ok(Math.abs(machine.made_at - Date.now()) < 1e6)

  await done(scw.ask('mark', { thing: machine.root, instance: INSTANCE, mark: 'm', server: 7, generation: 1 }))
  await done(scw.ask('seed', { thing: machine.id, text: SEED }))
  await done(scw.ask('start', { thing: machine.id }))
  let things = await scw.look()
  assert.equal(find(things, machine.id).state, 'moving')
  assert.equal((await scw.ask('start', { thing: machine.id })).verdict, 'later')
  await fake.pass()
  things = await scw.look()
  const running = find(things, machine.id)
  assert.deepEqual([running.state, running.may_on, running.may_off, running.may_drop], ['on', false, true, false])
  assert.deepEqual([find(things, volume.id).state, find(things, volume.id).holder], ['on', machine.id])
  assert.deepEqual([find(things, ip.id).state, find(things, ip.id).holder], ['on', machine.id])
  assert.match(find(things, ip6.id).address, /^2001:db8:[0-9a-f]+:1:[0-9a-f:]+$/)
  const root = find(things, machine.root)
  assert.deepEqual([root.name, root.mark, root.server, root.holder], ['baas-root-7-g1', 'm', 7, machine.id])
  assert.deepEqual(things.filter(one => one.instance === '').map(one => one.name), ['Default security group'])

  assert.equal((await scw.ask('drop', { kind: 'server', thing: machine.id })).verdict, 'later')
  assert.equal((await scw.ask('drop', { kind: 'volume', thing: volume.id })).verdict, 'later')
  await done(scw.ask('stop', { thing: machine.id }))
  await fake.pass()
  await done(scw.ask('drop', { kind: 'server', thing: machine.id }))
  assert.equal((await scw.ask('drop', { kind: 'server', thing: machine.id })).verdict, 'missing')
  things = await scw.look()
  assert.ok(things.filter(one => one.kind === 'volume').every(one => ['off', 'moving'].includes(one.state)))
  await fake.pass()
  things = await scw.look()
  const free = things.filter(one => one.kind === 'volume').map(one => [one.state, one.holder])
  assert.deepEqual(free, [['off', ''], ['off', '']])

  // The same volume and addresses, on the machine of the next generation.
  const next = await done(scw.make('server', { ...order({ group, volume, ip, ip6 }), minion: 'p7-g2', generation: 2 }))
  assert.deepEqual([next.disks, next.ips, next.generation], [[volume.id], [ip.id, ip6.id], 2])
  await done(scw.ask('drop', { kind: 'server', thing: next.id }))
  await fake.pass()
  await dropAll({ volume, ip, ip6, group })
  for (const thing of [machine.root, next.root]) await done(scw.ask('drop', { kind: 'volume', thing }))
  assert.deepEqual((await scw.look()).map(one => one.name), ['Default security group'])
  assert.equal(scw.said.replace(/^errand: .*(server_error|not usable).*\n/gm, ''), '')
})

test('the log of the life above is what we meant to send', options, async () => {
  const log = await fake.tell('GET', 'log')
  const bodies = (method, path) => log.filter(one => one.method === method && path.test(one.url)).map(one => one.body)
  const [machine] = bodies('POST', /\/servers$/)

  assert.equal(machine.dynamic_ip_required, false)
  assert.deepEqual(Object.keys(machine).sort(), ['boot_type', 'commercial_type', 'dynamic_ip_required', 'image', 'name',
    'project', 'public_ips', 'security_group', 'tags', 'volumes'])
  assert.deepEqual(machine.volumes[0], { volume_type: 'sbs_volume', size: 10e9 })
  assert.deepEqual(bodies('PATCH', /user_data\/cloud-init$/), [SEED])
  assert.deepEqual(log.filter(one => /user_data/.test(one.url)).map(one => one.type), ['text/plain'])
  const [wall] = bodies('POST', /\/security_groups$/)
  assert.deepEqual([wall.stateful, wall.inbound_default_policy], [true, 'drop'])
  const [{ rules }] = bodies('PUT', /\/rules$/)
  assert.ok(rules.every(one => one.action === 'accept' && one.direction === 'inbound'))
  assert.deepEqual(rules.map(one => [one.protocol, one.ip_range, one.dest_port_from, one.dest_port_to]), [
    ['TCP', '0.0.0.0/0', 9000, 9999], ['ICMP', '0.0.0.0/0', null, null],
    ['TCP', '::/0', 9000, 9999], ['ICMP', '::/0', null, null]])
  assert.deepEqual(bodies('POST', /\/volumes$/).map(one => one.from_empty.size), [20e9])
  assert.ok(log.every(one => one.type === null || one.method !== 'GET'), 'no type without a body')
  assert.ok(!JSON.stringify(log).includes(TOKEN), 'the token is in no address and no body')
})

test('an address that is given to a stopped machine, and a volume', options, async () => {
  const { group, volume, ip, ip6 } = await parts()
  const machine = await done(scw.make('server', { ...order({ group, volume, ip, ip6 }), ip6: '' }))
  const more = await done(scw.make('volume'))

  await fake.pass()
  await done(scw.ask('attach', { kind: 'ip6', thing: ip6.id, machine: machine.id }))
  await done(scw.ask('attach', { kind: 'volume', thing: more.id, machine: machine.id }))
  await fake.pass()
  const found = find(await scw.look(), machine.id)
  assert.deepEqual([found.ips, found.disks], [[ip.id, ip6.id], [volume.id, more.id]])
  assert.equal((await scw.ask('attach', { kind: 'volume', thing: more.id, machine: machine.id })).verdict, 'later')
  assert.equal((await scw.ask('attach', { kind: 'ip', thing: noId, machine: machine.id })).verdict, 'missing')
  await done(scw.ask('drop', { kind: 'server', thing: machine.id }))
  await fake.pass()
  await dropAll({ volume, ip, ip6, group })
  for (const thing of [machine.root, more.id]) await done(scw.ask('drop', { kind: 'volume', thing }))
})

test('what is not an id, a name of ours or an address is not sent', options, async () => {
  await fake.tell('DELETE', 'log')
  for (const thing of ['', 'x', '../servers', `${noId}/../x`, noId.toUpperCase().replace(/3/g, 'A'), `${noId}0`]) {
    for (const what of ['start', 'stop', 'rules', 'seed', 'mark']) {
      assert.equal((await scw.ask(what, { thing })).verdict, 'not begun', `${what} ${thing}`)
    }
    assert.equal((await scw.ask('drop', { kind: 'volume', thing })).verdict, 'not begun')
    assert.equal((await scw.ask('attach', { kind: 'volume', thing: noId, machine: thing })).verdict, 'not begun')
    assert.equal((await scw.make('server', { minion: 'm', volume: noId, ip: noId, group: thing })).verdict, 'not begun')
  }
  for (const [thing, address, address6] of [['my.butt.example', '127.0.0.1', ''], ['mybutt.nz', '127.0.0.1', ''],
    ['my.butt.nz', '127.0.0', ''], ['my.butt.nz', '::1', ''], ['my.butt.nz', '', '127.0.0.1'], ['nz', '', '']]) {
    assert.equal((await scw.ask('name', { thing, address, address6 })).verdict, 'not begun', `${thing} ${address}`)
  }
  assert.deepEqual(await sent(), [])
})

test('names lead where they should, and are left alone if they do', options, async () => {
  const all = '/domain/v2beta1/dns-zones/butt.nz/records'
  const records = async () => (await fake.call('GET', all)).body.records
    .filter(one => one.type !== 'NS').map(one => `${one.name} ${one.type} ${one.data}`)
  const name = (thing, address, address6) => done(scw.ask('name', { thing, address, address6 }))

  await name('my.butt.nz', '127.77.0.9', '2001:db8::1')
  await name('your.butt.nz', '127.77.0.8', '')
  assert.deepEqual(await records(), ['my A 127.77.0.9', 'my AAAA 2001:db8::1', 'your A 127.77.0.8'])
  await fake.tell('DELETE', 'log')
  await name('my.butt.nz', '127.77.0.9', '2001:0db8:0::1')
  assert.ok((await sent()).every(line => line.startsWith('GET ')), 'nothing is written again')
  await name('my.butt.nz', '127.77.0.10', '')
  assert.deepEqual(await records(), ['my A 127.77.0.10', 'your A 127.77.0.8'])
  await name('my.butt.nz', '', '')
  await name('my.butt.nz', '', '')
  assert.deepEqual(await records(), ['your A 127.77.0.8'])
  await name('butt.nz', '127.77.0.1', '')
  assert.deepEqual(await records(), [' A 127.77.0.1', 'your A 127.77.0.8'])
  await name('butt.nz', '', '')

  // Neither what is not found nor half a list says that there are none.
  for (const [method, how] of [['GET', '404'], ['PATCH', '404'], ['GET', 'partial-list']]) {
    await fake.fail({ how, match: { method, path: '/records' } })
    assert.equal((await scw.ask('name', { thing: 'your.butt.nz', address: '', address6: '' })).verdict, 'later', `${method} ${how}`)
    await fake.tell('DELETE', 'fail')
  }
  assert.deepEqual(await records(), ['your A 127.77.0.8'])
  await name('your.butt.nz', '', '')
})

test('lists of several pages are one look', options, async () => {
  const wide = await open()
  const other = await client(wide.url)
  try {
    const image = await wide.image()
    for (let i = 0; i < 130; i++) {
      await wide.server({ image, name: `s${i}` })
    }
    for (let i = 0; i < 230; i++) await wide.call('POST', `${wide.instance}/ips`, { project: PROJECT })
    await wide.server({ image, project: noId })
    const count = (things, kind) => things.filter(one => one.kind === kind).length
    await wide.tell('DELETE', 'log')
    const things = await other.look()
    assert.deepEqual(['server', 'volume', 'ip', 'group'].map(kind => count(things, kind)), [130, 130, 230, 1])
    assert.equal(new Set(things.map(one => one.id)).size, things.length)
    const log = await wide.tell('GET', 'log')
    assert.deepEqual(log.map(one => /^\/(\w+\/).*\/(\w+)\?.*[?&](page=\d+)/.exec(one.url).slice(1).join('')).sort(),
      ['block/volumespage=1', 'block/volumespage=2', 'instance/ipspage=1', 'instance/ipspage=2', 'instance/ipspage=3',
        'instance/security_groupspage=1', 'instance/serverspage=1', 'instance/serverspage=2'])
    assert.ok(log.every(one => one.url.includes(PROJECT)), 'of our project only')

    // A page that fails, whichever, is a failed look.
    for (const path of ['/servers', '/block/.*/volumes', '/ips', '/security_groups']) {
      for (const nth of path === '/security_groups' ? [1] : [1, 2]) {
        for (const how of ['403', '401', '400']) {
          await wide.fail({ how, nth, match: { method: 'GET', path } })
          await assert.rejects(other.look(), undefined, `${path} ${nth} ${how}`)
          await wide.tell('DELETE', 'fail')
        }
      }
      await wide.fail({ how: 'partial-list', nth: 1, times: 'forever', match: { method: 'GET', path } })
      await assert.rejects(other.look(), /less than the total/, path)
      await wide.tell('DELETE', 'fail')
    }
    await wide.fail({ how: 'partial-list', nth: 1, match: { method: 'GET', path: '/ips' } })
    assert.equal((await other.look()).length, things.length, 'what was odd once is read again')
  } finally {
    await other.close()
    await wide.close()
  }
})

// What a look must not miss, it does not: a thing slips to a page that was read, as another one is deleted.
test('a list from which something is deleted meanwhile is read again', options, async () => {
  const wide = await open()
  const other = await client(wide.url)
  try {
    const ids = []
    for (let i = 0; i < 150; i++) {
      const more = { name: 'v', project_id: PROJECT, from_empty: { size: 1e9 } }
      ids.push((await wide.call('POST', `${wide.block}/volumes`, more)).body.id)
    }
    await wide.pass()
    // The page that is late is the second: what is deleted then is on the first.
    await wide.fail({ how: 'late', seconds: 3000, nth: 2, match: { method: 'GET', path: '/volumes' } })
    const look = other.look()
    const pages = async () =>
      (await wide.tell('GET', 'log')).filter(one => one.method === 'GET' && /\/volumes/.test(one.url)).length
    while (await pages() < 2) ;
    await done(other.ask('drop', { kind: 'volume', thing: ids[3] }))
    const things = (await look).filter(one => one.kind === 'volume').map(one => one.id)
    assert.deepEqual(things.sort(), ids.filter(id => id !== ids[3]).sort())
    assert.ok(await pages() >= 4, `${await pages()} pages`)
  } finally {
    await other.close()
    await wide.close()
  }
})

test('what comes twice or is of another project is not there twice, or not there', options, async () => {
  const address = (id, project = PROJECT) =>
    ({ id, project, state: 'detached', server: null, type: 'routed_ipv4', tags: [] })
  const api = await stub.open(stub.lists({}))
  const other = await client(api.url)
  try {
    const ips = Array.from({ length: 150 }, (_, i) => address(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`))
    // A new one has come in front between the first page and the second.
    api.answer = asked => stub.lists({ ips: asked.url.includes('page=2') ? [address(noId), ...ips] : ips })(asked)
    assert.deepEqual((await other.look()).map(one => one.id), ips.map(one => one.id))
    api.answer = stub.lists({ ips: [ips[0], address(noId, noId)] })
    assert.deepEqual((await other.look()).map(one => one.id), [ips[0].id])
    for (const answer of [{ body: { ips: [] } }, { body: { ips: {} }, headers: { 'X-Total-Count': '0' } }, { body: [] },
      { body: { ips: [{ ...ips[0], id: '../x' }] }, headers: { 'X-Total-Count': '1' } }, { raw: '' }]) {
      api.answer = asked => asked.url.includes('/ips') ? answer : stub.lists({})(asked)
      assert.equal((await other.ask('look')).things, undefined, JSON.stringify(answer))
    }
  } finally {
    await other.close()
    api.close()
  }
})

// Whether 300 were made, none refused for haste, in at most 1.3 times what the limit makes possible.
async function makeMany (t, busy, other) {
  await busy.tell('DELETE', 'log')
  const made = await Promise.all(Array.from({ length: 300 }, (_, i) => other.make('volume', { server: i })))
  const log = await busy.tell('GET', 'log')
  const hasty = log.filter(one => one.status === 429).length
  const seconds = (Date.parse(log.at(-1).at) - Date.parse(log[0].at)) / 1000
  t.diagnostic(`300 in ${seconds} s, ${hasty} too early`)
  return made.every(one => one.verdict === 'done') && hasty === 0 && seconds < 300 / 100 * 1.3
}

// Up to three times: this machine may have something else to do for a moment.
test('many machines are made side by side, and not faster than the API takes', options, async t => {
  const busy = await open('--rate', '100')
  const other = await client(busy.url)
  try {
    assert.ok(await makeMany(t, busy, other) || await makeMany(t, busy, other) || await makeMany(t, busy, other))
  } finally {
    await other.close()
    await busy.close()
  }
})

// ---- what goes wrong

// Of each way: what a make says, what an act that may be repeated says when it goes wrong once and for ever, and a look
// that goes wrong for ever.  "done" after one that went wrong once: it was tried again.
const table = {
  '500-created': ['doubt', 'done', 'doubt'],
  '500-not-created': ['doubt', 'done', 'doubt'],
  500: ['doubt', 'done', 'doubt'],
  503: ['doubt', 'done', 'doubt'],
  '503-slow': ['doubt', 'done', 'doubt'],
  '503-slow-created': ['doubt', 'done', 'doubt'],
  '503-stock': ['full', 'full', 'full'],
  429: ['later', 'done', 'later'],
  400: ['refused', 'refused', 'refused'],
  401: ['locked', 'locked', 'locked'],
  '401-expired': ['locked', 'locked', 'locked'],
  403: ['refused', 'refused', 'refused'],
  '403-quota': ['full', 'full', 'full'],
  '403-quota-old': ['full', 'full', 'full'],
  404: ['missing', 'missing', 'missing'],
  409: ['later', 'later', 'later'],
  410: ['missing', 'missing', 'missing'],
  412: ['later', 'later', 'later'],
  html: ['doubt', 'done', 'doubt'],
  empty: ['doubt', 'done', 'done'],
  garbage: ['doubt', 'done', 'doubt'],
  'partial-list': ['done', 'done', 'done'],
  'reset-before': ['doubt', 'done', 'doubt'],
  'reset-after': ['doubt', 'done', 'doubt'],
  'reset-within': ['doubt', 'done', 'doubt'],
  late: ['done', 'done', 'done']
}
const hanging = ['timeout', 'timeout-created']

test('every way of going wrong has its verdict', { ...options, concurrency: 8 }, async t => {
  assert.deepEqual([...Object.keys(table), ...hanging].sort(), Object.keys(ways).sort(), 'all ways are here')
  const image = await fake.image()
  await Promise.all(Object.entries(table).map(([how, [make, once, always]]) => t.test(how, async () => {
    const own = await open('--speed', '100')
    const other = await client(own.url)
    const seed = thing => other.ask('mark', { thing, instance: INSTANCE, mark: 'm', server: 7, generation: 1 })
    try {
      const { volumes: { 0: { id: root } } } = await own.server({ image })
      const posts = async () =>
        (await own.tell('GET', 'log')).filter(one => one.method === 'POST' && /\/volumes$/.test(one.url)).length
      await own.fail({ how, match: { method: 'POST', path: '/volumes$' } })
      assert.equal((await other.make('volume')).verdict, make, 'a make')
      assert.equal(await posts(), 1, 'a make is sent once')
      await own.fail({ how, match: { method: 'PATCH', path: '/volumes/' } })
      assert.equal((await seed(root)).verdict, once, 'an act, once')
      await own.tell('DELETE', 'fail')
      await own.fail({ how, times: 'forever', match: { method: 'PATCH', path: '/volumes/' } })
      const [act, looked] = await Promise.all([seed(root), own.fail({ how, times: 'forever', match: { method: 'GET' } })
        .then(() => other.ask('look'))])
      assert.equal(act.verdict, always, 'an act, for ever')
      assert.ok(act.verdict === 'done' || act.why.length > 0, 'with a reason')
      assert.equal(looked.things === undefined, !['late'].includes(how), 'a look')
      assert.ok(looked.things || looked.why.length > 0, 'with a reason')
      assert.ok(!other.said.includes(TOKEN) && !other.said.includes('ERROR'), other.said)
    } finally {
      await other.close()
      await own.close()
    }
  })))
})

test('a start or a stop that nobody answers well is in doubt, and not repeated', options, async () => {
  const own = await open()
  const other = await client(own.url)
  try {
    const { id } = await own.server()
    const actions = async () => (await own.tell('GET', 'log')).filter(one => one.url.endsWith('/action')).length
    for (const how of ['500', '503', 'reset-after', 'reset-before', 'html']) {
      const before = await actions()
      await own.fail({ how, match: { path: '/action$' } })
      assert.equal((await other.ask('start', { thing: id })).verdict, 'doubt', how)
      assert.equal(await actions(), before + 1)
    }
  } finally {
    await other.close()
    await own.close()
  }
})

test('an image that has got a new id is looked up anew', options, async () => {
  const own = await open()
  const other = await client(own.url)
  try {
    const mine = { ip6: { id: '' } }
    for (const kind of ['group', 'volume', 'ip']) mine[kind] = await done(other.make(kind))
    await own.pass()
    const first = await done(other.make('server', order(mine)))
    await done(other.ask('drop', { kind: 'server', thing: first.id }))
    await own.pass()
    await own.tell('POST', 'rotate-images')
    const second = await other.make('server', order(mine))
    assert.equal(second.verdict, 'later')
    await done(other.make('server', order(mine)))
    const labels = (await own.tell('GET', 'log')).filter(one => one.url.includes('/local-images')).length
    assert.equal(labels, 2)
    assert.equal((await other.make('server', { ...order(mine), volume: noId })).verdict, 'missing')
  } finally {
    await other.close()
    await own.close()
  }
})

test('a label that nobody knows and a type that the image is not for are refused', options, async () => {
  for (const conf of [{ 'scaleway.image': 'debian_nothing' }, { 'scaleway.type': 'NOSUCH-1' }]) {
    const other = await client(fake.url, { conf })
    const answer = await other.make('server', { minion: 'm', volume: noId, ip: noId, group: noId })
    assert.equal(answer.verdict, 'refused')
    assert.match(answer.why, /scaleway\.image/)
    await other.close()
  }
})

test('addresses are tagged afterwards if the API has not taken the tags', options, async () => {
  const api = await stub.open(({ method, body }) => ({
    status: method === 'POST' ? 201 : 200,
    body: {
      ip: { id: noId, address: '127.77.0.3', state: 'detached', server: null, type: 'routed_ipv4',
        tags: method === 'POST' ? [] : body.tags }
    }
  }))
  const other = await client(api.url)
  const ip = await done(other.make('ip'))
  assert.deepEqual([ip.instance, ip.mark, ip.server], [INSTANCE, 'mark00000001', 7])
  assert.deepEqual(api.log.map(({ method, url, body }) => `${method} ${url} ${Object.keys(body)}`), [
    'POST /instance/v1/zones/fr-par-1/ips project,type,tags', `PATCH /instance/v1/zones/fr-par-1/ips/${noId} tags`])
  await other.close()
  api.close()
})

// ---- the end, and who may do what

test('at the end whoever waits is told so, in either order of closing', options, async () => {
  for (const args of [[], ['cloud-first']]) {
    const own = await open()
    const other = await client(own.url, { args })
    await own.fail({ how: 'timeout', times: 'forever' })
    await own.fail({ how: 'timeout-created', times: 'forever' })
    const looks = [1, 2, 3, 4, 5, 6].map(() => other.ask('look'))
    const first = other.ask('name', { thing: 'my.butt.nz', address: '127.0.0.1', address6: '' })
    while ((await own.tell('GET', 'log')).length < 16) ;
    assert.equal(await other.close(), 0, other.said)
    for (const look of await Promise.all(looks)) assert.deepEqual([look.things, look.why], [undefined, null])
    assert.equal((await first).verdict, 'end')
    await own.close()
  }
})

test('one that only looks changes nothing', options, async () => {
  const own = await open()
  const other = await client(own.url, { args: ['dry'] })
  try {
    const { id } = await own.server()
    await own.tell('DELETE', 'log')
    assert.equal((await other.look()).length, 3)
    for (const what of ['start', 'stop', 'rules', 'seed', 'mark']) {
      assert.equal((await other.ask(what, { thing: id })).verdict, 'not begun', what)
    }
    assert.equal((await other.make('volume')).verdict, 'not begun')
    assert.equal((await other.ask('drop', { kind: 'server', thing: id })).verdict, 'not begun')
    assert.notEqual((await other.ask('name', { thing: 'my.butt.nz', address: '127.0.0.1', address6: '' })).verdict, 'done')
    assert.ok((await own.tell('GET', 'log')).every(one => one.method === 'GET'))
  } finally {
    await other.close()
    await own.close()
  }
})

test('an API that is not there is no answer, and nothing is in doubt', options, async () => {
  const other = await client('http://127.0.0.1:1')
  const began = Date.now()
  const [made, dropped, looked] = await Promise.all([
    other.make('volume'), other.ask('drop', { kind: 'volume', thing: noId }), other.ask('look')])
  assert.equal(made.verdict, 'later')
  assert.equal(dropped.verdict, 'later')
  assert.match(looked.why, /no answer/)
  assert.ok(Date.now() - began > 6000, 'what may be repeated was, with pauses')
  await other.close()
})

test('without a good configuration it does not begin', options, async () => {
  for (const [key, value, why] of [
    ['scaleway.project', '', /project/],
    ['scaleway.project', PROJECT.replace(/2/g, 'A'), /project/],
    ['scaleway.zone', 'fr/par', /zone/],
    ['scaleway.type', 'DEV1 S', /type/],
    ['scaleway.image', 'a?b', /image/],
    ['scaleway.token_file', '', /token_file/],
    ['scaleway.token_file', '/dev/null', /dev.null/]
  ]) {
    const other = await client(fake.url, { conf: { [key]: value } })
    const { verdict } = await other.ask('look')
    assert.match(verdict, /has ended: 2/, key)
    assert.match(other.said, why)
    await other.close()
  }
})
