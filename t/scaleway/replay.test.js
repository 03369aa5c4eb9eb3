'use strict'
// Our client against facts.json, in any clone: what it asks is what recorded clients asked, field by field, and it
// takes answers of the recorded shapes.  replay.js does the same with the recordings themselves.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const facts = require('./facts.json')
const { body } = require('./bodies')
const { client, whyNot } = require('./errand')
const { PROJECT, open } = require('./fake')
const { UUID, compare, kindOf, Shape } = require('./shape')
const stub = require('./stub')

const options = { skip: whyNot() }
const id = '33333333-3333-4333-8333-333333333333'
const instance = '/instance/v1/zones/{zone}'

// What we ask that nobody was recorded asking: it is as documented.
const beyond = {
  fields: {
    [`POST ${instance}/security_groups`]: ['tags', 'tags[]'],
    [`POST ${instance}/ips`]: ['tags', 'tags[]'],
    // The root volume's kind; recorded for volumes with an id.
    [`POST ${instance}/servers`]: ['volumes.*(sbs_volume).size'],
    // A range of ports, and ICMP, which has none.
    [`PUT ${instance}/security_groups/{id}/rules`]: ['rules[].dest_port_to: integer', 'rules[].dest_port_from: null']
  },
  queries: { 'GET /block/v1/zones/{zone}/volumes': ['page_size'] },
  calls: [
    `GET ${instance}/servers`,
    `GET ${instance}/ips`,
    `GET ${instance}/security_groups`,
    `POST ${instance}/servers/{id}/attach-volume`,
    'PATCH /block/v1/zones/{zone}/volumes/{id}',
    'GET /domain/v2beta1/dns-zones/butt.nz/records',
    'PATCH /domain/v2beta1/dns-zones/butt.nz/records'
  ]
}

let fake, log
before(async () => {
  if (options.skip) return
  fake = await open('--speed', '1')
  const ours = await client(fake.url)
  await life(ours)
  log = (await fake.tell('GET', 'log')).filter(one => !one.fault)
  await ours.close()
})
after(() => fake?.close())

// All that the driver can do.
async function life (ours) {
  const done = async answer => {
    const { verdict, why, thing } = await answer
    assert.equal(verdict, 'done', why)
    return thing
  }
  const group = await done(ours.make('group'))
  await done(ours.ask('rules', { thing: group.id }))
  const volume = await done(ours.make('volume'))
  const more = await done(ours.make('volume'))
  const ip = await done(ours.make('ip'))
  const ip6 = await done(ours.make('ip6'))
  await fake.pass()
  const order = { minion: 'p7-g1', volume: volume.id, ip: ip.id, ip6: '', group: group.id }
  const machine = await done(ours.make('server', order))
  await done(ours.ask('mark', { thing: machine.root, instance: 'i', mark: 'm', server: 7, generation: 1 }))
  await done(ours.ask('seed', { thing: machine.id, text: '#cloud-config\n' }))
  await done(ours.ask('attach', { kind: 'ip6', thing: ip6.id, machine: machine.id }))
  await done(ours.ask('attach', { kind: 'volume', thing: more.id, machine: machine.id }))
  await fake.pass()
  await done(ours.ask('start', { thing: machine.id }))
  await ours.look()
  await done(ours.ask('name', { thing: 'my.butt.nz', address: ip.address, address6: '' }))
  await done(ours.ask('name', { thing: 'my.butt.nz', address: '', address6: '' }))
  await fake.pass()
  await done(ours.ask('stop', { thing: machine.id }))
  await fake.pass()
  await done(ours.ask('drop', { kind: 'server', thing: machine.id }))
  await fake.pass()
  for (const thing of [volume.id, more.id, machine.root]) await done(ours.ask('drop', { kind: 'volume', thing }))
  for (const thing of [ip.id, ip6.id]) await done(ours.ask('drop', { kind: 'ip', thing }))
  await done(ours.ask('drop', { kind: 'group', thing: group.id }))
}


test('we make no call but those that were recorded, and a few that are documented', options, () => {
  const made = [...new Set(log.map(kindOf))]
  assert.deepEqual(made.filter(one => !facts.calls[one]).sort(), [...beyond.calls].sort())
  assert.ok(made.filter(one => facts.calls[one]).length >= 13, made.join('\n'))
})

test('with the recorded fields, of the recorded types', options, () => {
  const wrong = new Set()
  const used = new Set()
  for (const one of log.filter(({ body: sent }) => sent !== null && typeof sent === 'object')) {
    if (!facts.sent[kindOf(one)]) continue
    const allowed = beyond.fields[kindOf(one)] ?? []
    for (const why of compare(facts.sent[kindOf(one)], one.body)) {
      const [, path, what] = /^(.*?): (.*)$/.exec(why)
      if (what === 'missing') continue // below: what the API demands, the fake demands
      const known = allowed.find(more => more === path || why.startsWith(`${more},`))
      if (known) used.add(`${kindOf(one)} ${known}`)
      else wrong.add(`${kindOf(one)}: ${why}`)
    }
  }
  assert.deepEqual([...wrong], [])
  const all = Object.entries(beyond.fields).flatMap(([name, paths]) => paths.map(path => `${name} ${path}`))
  assert.deepEqual(all.filter(one => !used.has(one)), [], 'nothing is excused that is not done')
})

test('what all recorded requests of a kind have, ours have', options, () => {
  const lacking = new Set()
  for (const one of log.filter(({ body: sent }) => sent !== null && typeof sent === 'object')) {
    const shape = new Shape().add(one.body)
    for (const [path, fact] of Object.entries(facts.sent[kindOf(one)] ?? {})) {
      // Of one kind of object, or within a list: only if we have that.
      if (fact.endsWith('?') || /[.[(]/.test(path) || shape.fields[path]) continue
      lacking.add(`${kindOf(one)}: ${path}`)
    }
  }
  assert.deepEqual([...lacking], [])
})

test('with the recorded parameters', options, () => {
  const wrong = new Set()
  for (const one of log.filter(({ url }) => url.includes('?'))) {
    const known = facts.queries[kindOf(one)]
    if (!known) continue
    for (const name of new URLSearchParams(one.url.split('?')[1]).keys()) {
      if (!known.includes(name) && !beyond.queries[kindOf(one)]?.includes(name)) wrong.add(`${kindOf(one)}: ${name}`)
    }
  }
  assert.deepEqual([...wrong], [])
})

// ---- what it takes

const shapes = {
  servers: ['instance v1 servers', 'server'],
  volumes: ['block v1 volumes', null],
  ips: ['instance v1 ips', 'ip'],
  security_groups: ['instance v1 security_groups', 'security_group']
}

const words = {
  servers: [...new Set(Object.keys(facts.states).map(state => state.split('/')[0]))],
  volumes: ['available', 'in_use', 'creating'],
  ips: ['attached', 'detached'],
  security_groups: ['available', 'syncing']
}

const idOf = (key, n) => `${Object.keys(shapes).indexOf(key)}${id.slice(1, -3)}${String(n).padStart(3, '0')}`

// A thing of a list, of the recorded shape, in that state.
function thing (key, word, full) {
  const [name, member] = shapes[key]
  const whole = body(facts.shapes[name], full)
  const one = member ? whole[member] : whole
  const n = words[key].indexOf(word) * 2 + Number(full)
  const about = { ...one, id: idOf(key, n), project: PROJECT, project_id: PROJECT }
  if (key === 'servers') {
    const [allowed] = Object.entries(facts.states).find(([state]) => state.split('/')[0] === word)[1].allowed
    about.allowed_actions = allowed
  }
  about[key === 'volumes' ? 'status' : 'state'] = word
  return about
}

test('answers of the recorded shapes are read, in every recorded state', options, async () => {
  const things = Object.fromEntries(Object.keys(shapes).map(key =>
    [key, words[key].flatMap(word => [true, false].map(full => thing(key, word, full)))]))
  for (const [i, one] of things.volumes.entries()) {
    for (const reference of one.references) {
      Object.assign(reference, { product_resource_id: things.servers[i].id, status: 'attached' })
    }
  }
  for (const [i, one] of things.ips.entries()) {
    one.server = one.state === 'detached' ? null : { id: things.servers[i].id, name: 'x' }
  }
  const api = await stub.open(stub.lists(things))
  const ours = await client(api.url)
  const machines = new Set(things.servers.map(one => one.id))
  const byId = (a, b) => a.id < b.id ? -1 : 1
  try {
    const got = (await ours.look()).sort(byId)
    const want = Object.entries(things)
      .flatMap(([key, list]) => list.map(one => stub.expected(key, one, machines)))
      .sort(byId)
    assert.deepEqual(got, want)
    assert.deepEqual([...new Set(got.map(one => `${one.kind} ${one.state}`))].sort(), ['group on', 'ip off', 'ip on',
      'server moving', 'server off', 'server on', 'volume moving', 'volume off', 'volume on'])
  } finally {
    await ours.close()
    api.close()
  }
})

test('what is made is known by the recorded answer, and what is refused by the recorded refusal', options, async () => {
  let answer
  const api = await stub.open(asked => {
    if (asked.url.startsWith('/marketplace/')) {
      const images = body(facts.shapes['marketplace v2 local-images, list'], true)
      images.local_images[0].compatible_commercial_types = ['DEV1-S']
      return { body: images }
    }
    return answer
  })
  const ours = await client(api.url)
  const makes = [
    ['server', 'instance v1 servers', 'server', { minion: 'p7-g1', volume: id, ip: id, group: id }],
    ['volume', 'block v1 volumes', null, {}],
    ['ip', 'instance v1 ips', 'ip', {}],
    ['group', 'instance v1 security_groups', 'security_group', {}]
  ]
  try {
    for (const [what, name, member, order] of makes) {
      for (const full of [true, false]) {
        answer = { status: 201, body: body(facts.shapes[name], full) }
        const got = await ours.make(what, order)
        assert.equal(got.verdict, 'done', got.why)
        assert.equal(got.thing.id, (member ? answer.body[member] : answer.body).id)
        assert.match(got.thing.id, UUID)
      }
    }
    answer = { status: 404, body: body(facts.shapes['error not_found'], true) }
    answer.body.type = 'not_found'
    assert.equal((await ours.ask('drop', { kind: 'volume', thing: id })).verdict, 'missing')
    answer = { status: 202, body: body(facts.shapes['instance v1 servers/{id}/action'], true) }
    assert.equal((await ours.ask('start', { thing: id })).verdict, 'done')
    answer = { status: 200, body: body(facts.shapes['instance v1 security_groups/{id}/rules'], true) }
    assert.equal((await ours.ask('rules', { thing: id })).verdict, 'done')
  } finally {
    await ours.close()
    api.close()
  }
})
