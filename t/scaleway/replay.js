'use strict'
// Our client is given every recorded answer that it can meet: node t/scaleway/replay.js [DIR], by default
// ../shared/recorded/scaleway beside the checkout.  BAAS_ERRAND: t/worker/errand.  What of it runs in any clone, from
// facts.json, is replay.test.js.

const assert = require('node:assert/strict')
const fs = require('fs')
const path = require('path')
const { client } = require('./errand')
const { PROJECT } = require('./fake')
const { kindOf } = require('./shape')
const { expected, lists, open } = require('./stub')

const from = process.argv[2] ?? path.join(__dirname, '../../../shared/recorded/scaleway')
const all = fs.readdirSync(from).filter(name => name.endsWith('.jsonl')).sort().flatMap(name =>
  fs.readFileSync(path.join(from, name), 'utf8').split('\n').filter(Boolean)
    .map(line => ({ file: name, ...JSON.parse(line) })))
const counts = {}
const count = what => { counts[what] = (counts[what] ?? 0) + 1 }

const keys = { server: 'servers', ip: 'ips', security_group: 'security_groups' }

// [kind of list, thing] of an answer that shows one or several.
function thingsOf ({ url, response }) {
  if (typeof response !== 'object') return []
  if (/^\/block\/v1\//.test(url)) {
    if (response.volumes) return response.volumes.map(one => ['volumes', one])
    return response.references ? [['volumes', response]] : []
  }
  return Object.entries(keys).flatMap(([name, key]) => response[name]?.id ? [[key, response[name]]] : [])
}

// Every thing that was ever shown, alone in a look, and all of a recording's last ones together.
async function looks () {
  let things = {}
  const api = await open(asked => lists(things)(asked))
  const ours = await client(api.url)
  const mine = one => ({ ...one, project: PROJECT, project_id: PROJECT })
  const check = async () => {
    const machines = new Set((things.servers ?? []).map(one => one.id))
    const want = Object.entries(things).flatMap(([key, list]) => list.map(one => expected(key, one, machines)))
    const byId = (a, b) => a.id < b.id ? -1 : 1
    assert.deepEqual((await ours.look()).sort(byId), want.sort(byId))
    for (const one of want) count(`read as ${one.kind} ${one.state} (${one.word})`)
  }

  for (const one of all) {
    for (const [key, thing] of thingsOf(one)) {
      things = { [key]: [mine(thing)] }
      await check()
      things = key === 'servers' ? things : { ...things, servers: [] }
    }
  }
  for (const file of new Set(all.map(one => one.file))) {
    const last = new Map()
    for (const one of all.filter(exchange => exchange.file === file)) {
      for (const [key, thing] of thingsOf(one)) last.set(thing.id, [key, mine(thing)])
    }
    things = {}
    for (const [key, thing] of last.values()) (things[key] ??= []).push(thing)
    await check()
  }
  await ours.close()
  api.close()
}

const id = '33333333-3333-4333-8333-333333333333'
const order = { minion: 'p7-g1', volume: id, ip: id, group: id }
// Which of our acts makes which call, and with what verdict for which status.
const acts = {
  'POST /instance/v1/zones/{zone}/servers': ours => ours.make('server', order),
  'POST /instance/v1/zones/{zone}/ips': ours => ours.make('ip'),
  'POST /instance/v1/zones/{zone}/security_groups': ours => ours.make('group'),
  'POST /block/v1/zones/{zone}/volumes': ours => ours.make('volume'),
  'POST /instance/v1/zones/{zone}/servers/{id}/action': ours => ours.ask('start', { thing: id }),
  'PUT /instance/v1/zones/{zone}/security_groups/{id}/rules': ours => ours.ask('rules', { thing: id }),
  'PATCH /instance/v1/zones/{zone}/servers/{id}/user_data/{key}': ours => ours.ask('seed', { thing: id, text: 'x' }),
  'PATCH /instance/v1/zones/{zone}/ips/{id}': ours => ours.ask('attach', { kind: 'ip', thing: id, machine: id }),
  'DELETE /instance/v1/zones/{zone}/servers/{id}': ours => ours.ask('drop', { kind: 'server', thing: id }),
  'DELETE /instance/v1/zones/{zone}/ips/{id}': ours => ours.ask('drop', { kind: 'ip', thing: id }),
  'DELETE /instance/v1/zones/{zone}/security_groups/{id}': ours => ours.ask('drop', { kind: 'group', thing: id }),
  'DELETE /block/v1/zones/{zone}/volumes/{id}': ours => ours.ask('drop', { kind: 'volume', thing: id })
}

// Every answer to a call that we make too.
async function answers () {
  let answer, image, calls
  const api = await open(asked => {
    if (asked.url.startsWith('/marketplace/')) return { body: image.response }
    calls.push(asked)
    // Addresses get their tags by a second call, as no recording sends them with the first.
    if (asked.method === 'PATCH' && calls.length > 1) return { body: answer.response }
    const { status, response, headers } = answer
    return { status, raw: typeof response === 'object' ? JSON.stringify(response) : response, headers }
  })
  image = all.find(one => one.url.startsWith('/marketplace/'))
  const ours = await client(api.url)

  for (const one of all.filter(exchange => acts[kindOf(exchange)])) {
    const { 'content-type': type = '' } = one.headers
    calls = []
    answer = { ...one, headers: { 'Content-Type': type } }
    const got = await acts[kindOf(one)](ours)
    assert.equal(got.verdict, { 404: 'missing' }[one.status] ?? 'done', `${one.file} ${one.n}: ${got.why}`)
    assert.equal(kindOf(calls[0]), kindOf(one))
    const [[, made] = []] = one.method === 'POST' ? thingsOf(one) : []
    if (made) assert.equal(got.thing.id, made.id)
    count(`answer ${one.status} taken as ${got.verdict}: ${kindOf(one)}`)
  }
  await ours.close()
  api.close()
}

async function images () {
  for (const one of all.filter(({ url }) => url.startsWith('/marketplace/'))) {
    let sent
    const api = await open(asked => {
      if (asked.method === 'POST') sent = asked.body
      return asked.method === 'POST' ? { status: 500 } : { status: one.status, body: one.response }
    })
    const ours = await client(api.url)
    await ours.make('server', order)
    const want = one.response.local_images.find(image => image.compatible_commercial_types.includes('DEV1-S'))
    assert.equal(sent.image, want.id)
    count('image chosen as recorded')
    await ours.close()
    api.close()
  }
}

// The refusals of a list are met with patience: as many as were recorded, one after the other.
async function refusals () {
  const refused = all.filter(one => one.status === 429)
  let left
  const api = await open(asked => left.length > 0 && asked.url.includes('/volumes')
    ? { status: 429, raw: left.pop().response, headers: { 'Content-Type': '', 'X-Envoy-Ratelimited': 'true' } }
    : lists({})(asked))
  const ours = await client(api.url)
  for (let i = 0; i < refused.length; i += 3) {
    left = refused.slice(i, i + 3)
    assert.deepEqual(await ours.look(), [])
    for (let k = i; k < Math.min(i + 3, refused.length); k++) count('429 got over')
  }
  await ours.close()
  api.close()
}

async function main () {
  await looks()
  await answers()
  await images()
  await refusals()
  for (const [what, n] of Object.entries(counts).sort()) console.log(`${String(n).padStart(6)}  ${what}`)
  console.log(`${Object.values(counts).reduce((sum, n) => sum + n)} checks of ${all.length} recorded exchanges`)
}

main()
