'use strict'
// The fake against facts.json: every kind of call that was recorded gives the recorded status, content type, headers,
// fields and types; servers go through the recorded states, in the recorded times.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const facts = require('./facts.json')
const { parse } = require('../fake/scaleway.d/options')
const { PROJECT, open } = require('./fake')
const { compare, kindOf, shapeName, Shape } = require('./shape')

let fake
const answers = [] // of every call that is compared

// With the cloud's own pace, and time passing when we say so: each look is the first after what was done.
before(async () => { fake = await open('--speed', '1') })
after(() => fake?.close())

async function call (method, path, body) {
  const answer = await fake.call(method, path, body)
  answers.push({ ...answer, request: body })
  return answer.body
}

const zone = '/instance/v1/zones/fr-par-1'
const noId = '33333333-3333-4333-8333-333333333333'

async function catalogue () {
  for (const page of [1, 2]) await call('GET', `${zone}/products/servers?page=${page}`)
  const { local_images: images } = await call(
    'GET',
    '/marketplace/v2/local-images?image_label=ubuntu_jammy&order_by=type_asc&type=instance_sbs&zone=fr-par-1'
  )
  const { id } = images.find(one => one.compatible_commercial_types.includes('DEV1-S'))
  await call('GET', `${zone}/images/${id}`)
  return id
}

const rule = (action, net, port) => ({
  id: null,
  action,
  protocol: 'TCP',
  direction: 'inbound',
  ip_range: net,
  dest_port_from: port,
  dest_port_to: null,
  position: 0,
  editable: null,
  zone: 'fr-par-1'
})

async function group () {
  const {
    security_group: { id }
  } = await call('POST', `${zone}/security_groups`, {
    name: 'sg',
    project: PROJECT,
    stateful: true,
    inbound_default_policy: 'drop',
    outbound_default_policy: 'accept',
    enable_default_security: true
  })
  await call('GET', `${zone}/security_groups/${id}`)
  await call('PATCH', `${zone}/security_groups/${id}`, {
    name: 'sg',
    enable_default_security: true,
    inbound_default_policy: 'drop',
    tags: ['test'],
    outbound_default_policy: 'accept',
    stateful: true
  })
  await call('PUT', `${zone}/security_groups/${id}/rules`, {
    rules: [rule('accept', '0.0.0.0/0', 80), rule('accept', '1.1.1.1/32', 22)]
  })
  await call('GET', `${zone}/security_groups/${id}/rules?page=1`)
  return id
}

async function volumes (version) {
  const block = `/block/${version}/zones/fr-par-1`
  const { id } = await call('POST', `${block}/volumes`, {
    name: 'data',
    ...(version === 'v1' ? { perf_iops: 5000, tags: ['test-tag'] } : { tags: null }),
    project_id: PROJECT,
    from_empty: { size: 12e9 }
  })
  await call('GET', `${block}/volumes/${id}`)
  await fake.pass()
  await call('GET', `${block}/volumes/${id}`)
  if (version === 'v1') {
    await call(
      'GET',
      `${block}/volumes?include_deleted=false&order_by=created_at_asc&page=1&project_id=${PROJECT}&tags=test-tag`
    )
  }
  return id
}

async function server (image, groupId, disk, ip, local) {
  const { server: made } = await call('POST', `${zone}/servers`, {
    name: 'srv',
    dynamic_ip_required: false,
    commercial_type: 'DEV1-S',
    image,
    volumes: {
      0: { boot: false, size: 15e9 },
      1: { id: local, name: 'local' },
      2: { id: disk, volume_type: 'sbs_volume' }
    },
    public_ips: [ip],
    enable_ipv6: false,
    boot_type: 'local',
    project: PROJECT,
    security_group: groupId,
    tags: ['test']
  })
  const at = `${zone}/servers/${made.id}`
  await call('GET', at)
  await call('GET', `${at}/private_nics`)
  await call(
    'GET',
    `/instance/v2alpha1/zones/fr-par-1/private-network-interfaces?project_id=${PROJECT}&server_ids=${made.id}`
  )
  await call('GET', `${at}/user_data`)
  await call('PATCH', `${at}/user_data/foo`, 'bar')
  await call('PATCH', `${at}/user_data/cloud-init`, '#cloud-config\napt_update: true\n')
  await call('GET', `${at}/user_data`)
  await call('GET', `${at}/user_data/cloud-init`)
  await call('PATCH', at, { name: 'other' })
  await call('PATCH', at, { security_group: { id: groupId } })
  return { at, root: made.volumes[0].id }
}

async function onAndOff (at) {
  for (const action of ['poweron', 'stop_in_place', 'poweroff', 'poweron', 'terminate']) {
    await call('POST', `${at}/action`, { action })
    await call('GET', at)
    await fake.pass()
    await call('GET', at)
  }
}

// Everything that was recorded, once more.
async function life () {
  const image = await catalogue()
  const groupId = await group()
  const disk = await volumes('v1')
  const old = await volumes('v1alpha1')
  const { ip } = await call('POST', `${zone}/ips`, { project: PROJECT, type: 'routed_ipv4' })
  const { volume: local } = await call('POST', `${zone}/volumes`, {
    name: 'local',
    project: PROJECT,
    volume_type: 'l_ssd',
    size: 4e9
  })
  const { at, root } = await server(image, groupId, disk, ip.id, local.id)
  await call('GET', `${zone}/ips/${ip.id}`)
  await call('PATCH', `${zone}/ips/${ip.id}`, { server: null })
  await call('PATCH', `${zone}/ips/${ip.id}`, { server: at.split('/').pop() })
  await call('GET', `${zone}/volumes/${local.id}`)
  await call('GET', `${zone}/volumes/${root}`)
  await call('GET', '/account/v3/projects?order_by=created_at_asc&page=1')
  await call('PATCH', at, {
    volumes: {
      0: { id: root, boot: false, name: 'x' },
      1: { id: local.id, name: 'local' },
      2: { id: disk, volume_type: 'sbs_volume' },
      3: { id: old, volume_type: 'sbs_volume' }
    }
  })
  await fake.pass()
  await call('PATCH', at, { volumes: { 0: { id: root, boot: false, name: 'x' } } })
  await fake.pass()
  await onAndOff(at)
  await call('DELETE', `${zone}/volumes/${local.id}`)
  await call('DELETE', `${zone}/ips/${ip.id}`)
  await call('GET', `/block/v1/zones/fr-par-1/volumes/${root}`)
  await call('DELETE', `/block/v1/zones/fr-par-1/volumes/${root}`)
  await call('DELETE', `/block/v1/zones/fr-par-1/volumes/${root}`)
  await call('GET', `/block/v1/zones/fr-par-1/volumes/${root}`)
  await call('DELETE', `/block/v1/zones/fr-par-1/volumes/${disk}`)
  await call('GET', `/block/v1alpha1/zones/fr-par-1/volumes/${old}`)
  await call('DELETE', `/block/v1alpha1/zones/fr-par-1/volumes/${old}`)
  await call('DELETE', `${zone}/security_groups/${groupId}`)
  await call('GET', `${zone}/security_groups/${groupId}`)
  const { id } = await fake.server()
  await call('DELETE', `${zone}/servers/${id}`)
  await fake.fail({ how: 429 })
  await call('GET', '/block/v1/zones/fr-par-1/volumes?page=1')
}

test('every recorded kind of call is answered as it was recorded, field by field', async () => {
  await life()
  const missing = new Set(
    Object.entries(facts.calls).flatMap(([kind, byStatus]) =>
      Object.keys(byStatus).map(status => `${kind} ${status}`)
    )
  )
  const wrong = []

  for (const answer of answers) {
    const name = `${kindOf(answer)} ${answer.status}`
    const fact = facts.calls[kindOf(answer)]?.[answer.status]
    if (!fact) {
      wrong.push(`${name}: this status was never recorded: ${answer.text}`)
      continue
    }
    missing.delete(name)
    if (answer.type !== fact.type) wrong.push(`${name}: content type ${answer.type}, recorded ${fact.type}`)
    for (const header of fact.headers) if (!answer.headers.has(header)) wrong.push(`${name}: no ${header}`)
    if (shapeName(answer) !== fact.shape) wrong.push(`${name}: ${shapeName(answer)}, recorded ${fact.shape}`)
    else if (typeof answer.body === 'object') {
      wrong.push(...compare(facts.shapes[fact.shape], answer.body).map(why => `${name}: ${why}`))
    }
  }
  assert.deepEqual([...new Set(wrong)], [])
  assert.deepEqual([...missing], [], 'kinds of calls that this test does not make')
})

test('and every field that was recorded in a request was accepted', () => {
  const lacking = Object.entries(facts.sent).flatMap(([kind, fields]) => {
    const shape = new Shape()
    for (const answer of answers) if (kindOf(answer) === kind && answer.status < 300) shape.add(answer.request)
    return Object.keys(fields).filter(path => !shape.fields[path]).map(path => `${kind}: ${path}`)
  })
  assert.deepEqual(lacking, [])
})

test('pages have the recorded Link headers', async () => {
  const link = async path => (await fake.call('GET', `${zone}${path}`)).headers.get('link')
  assert.equal(await link('/products/servers?page=1'), facts.links['page 1 of 2'])
  assert.equal(await link('/products/servers?page=2'), facts.links['page 2 of 2'])
  const { id } = await fake.server()
  assert.equal(
    (await link(`/servers/${id}/private_nics`)).replace(/servers\/[0-9a-f-]+\//, ''),
    facts.links['page 1 of 0']
  )
  const three = await link('/products/servers?page=2&per_page=30')
  assert.equal(three.replaceAll('per_page=30', 'per_page=50'), facts.links['page 2 of 3'])
})

test('a server that is made has no other state and may do nothing else than recorded', async () => {
  const looks = answers.map(({ body }) => body.server).filter(Boolean)
  const seen = new Set()
  for (const { state, state_detail: detail, allowed_actions: allowed, location } of looks) {
    const fact = facts.states[`${state}/${detail}`]
    assert.ok(fact, `${state}/${detail}`)
    seen.add(`${state}/${detail}`)
    assert.ok(fact.allowed.some(list => list.join() === allowed.join()), `${state}/${detail}: ${allowed}`)
    assert.ok(fact.location.includes(location !== null), `${state}/${detail}: ${location}`)
  }
  assert.deepEqual(Object.keys(facts.states).filter(state => !seen.has(state)), [])
})

// ---- states and times

const STEP = 0.5

// Asks, and lets time pass, until it is good.  Resolves to how many of the cloud's seconds that took: those, and what
// passes of our own meanwhile.
async function wait (ask, good) {
  const began = Date.now()
  for (let seconds = 0; seconds < 300; seconds += STEP) {
    if (good(await ask())) return seconds + (Date.now() - began) / 1000
    await fake.pass(STEP)
  }
  throw new Error('not within 300 s')
}

// Acts and looks often, until it is over.
async function watch (id, action) {
  const looks = []
  const look = async () => {
    const server = await fake.look(id)
    const seen = server ? `${server.state}/${server.state_detail}` : 'gone'
    if (looks.at(-1) !== seen) looks.push(seen)
    return seen
  }
  await fake.act(id, action)
  return { seconds: await wait(look, seen => !/^(starting|stopping)\//.test(seen)), looks }
}

// What was recorded every five seconds is part of what is seen by looking often.
function assertOrder (looks, recorded, what) {
  const seen = recorded.some(order => order.reduce((at, look) => at < 0 ? at : looks.indexOf(look, at), 0) >= 0 &&
    order.at(-1) === looks.at(-1))
  assert.ok(seen, `${what}: ${looks.join(' → ')}`)
}

// Between what was too short for all and what was enough for all.
function assertTime (seconds, recorded, what) {
  const least = Math.min(...recorded.map(([before]) => before))
  const most = Math.max(...recorded.map(([, by]) => by))
  assert.ok(seconds >= least && seconds <= most, `${what}: ${seconds} s, recorded ${least} to ${most}`)
}

test('servers go through the recorded states in the recorded times', async () => {
  const { id } = await fake.server()
  for (const [action, from] of [
    ['poweron', 'stopped'],
    ['stop_in_place', 'running'],
    ['poweroff', 'stopped in place'],
    ['poweron', 'stopped'],
    ['terminate', 'running']
  ]) {
    const { looks, seconds } = await watch(id, action)
    assertOrder(looks, facts.orders[`${action} from ${from}`], action)
    assertTime(seconds, facts.delays[`${action} from ${from}`], action)
  }
})

test('a new volume is ready in the recorded time', async () => {
  const { body } = await fake.call('POST', `${fake.block}/volumes`, {
    name: 'v',
    project_id: PROJECT,
    from_empty: { size: 1e9 }
  })
  const status = async () => (await fake.call('GET', `${fake.block}/volumes/${body.id}`)).body.status
  assertTime(await wait(status, seen => seen === 'available'), facts.delays['volume creating'], 'volume')
})

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

test('the limit of calls per second is one that the recordings kept, and refusals look like theirs', async () => {
  assert.ok(parse([]).rate <= Math.min(...facts.rate.map(({ answered }) => answered)))
  const limited = await open('--rate', '10')
  try {
    const began = Date.now()
    const all = await Promise.all(Array.from({ length: 80 }, () => limited.call('GET', `${limited.block}/volumes`)))
    const seconds = (Date.now() - began) / 1000
    const answered = all.filter(({ status }) => status === 200).length
    assert.ok(answered >= 10 && answered <= 10 * (seconds + 2), `${answered} were answered in ${seconds} s`)
    const { status, text, type, headers } = all.find(one => one.status !== 200)
    assert.deepEqual([status, text, type, headers.get('retry-after')], [429, '', null, null])
    assert.equal(headers.get('x-envoy-ratelimited'), 'true')
    await pause(1020 - Date.now() % 1000) // a timer may be early
    assert.equal((await limited.call('GET', `${limited.block}/volumes`)).status, 200)
  } finally {
    await limited.close()
  }
})

test('nothing that was asked for by a wrong id is found', async () => {
  const { status, body } = await fake.call('GET', `${zone}/servers/${noId}`)
  assert.equal(status, 404)
  assert.deepEqual(compare(facts.shapes['error not_found'], body), [])
})
