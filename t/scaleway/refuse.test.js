'use strict'
// What the fake refuses, how its lists end, in which ways it can be made to fail, and who it calls.

const assert = require('node:assert/strict')
const fs = require('fs')
const os = require('os')
const path = require('path')
const { after, before, test } = require('node:test')
const { spawn } = require('child_process')
const { once } = require('events')
const { PROGRAM, PROJECT, open } = require('./fake')

const noId = '33333333-3333-4333-8333-333333333333'
const zone = '/instance/v1/zones/fr-par-1'
const block = '/block/v1/zones/fr-par-1'

// One with a clock that runs fast, and one in which time passes only when we say so.
let fake, still, image
before(async () => {
  ;[fake, still] = await Promise.all([open(), open('--speed', '1')])
  image = await fake.image()
})
after(() => Promise.all([fake?.close(), still?.close()]))

const server = more => ({ name: 'x', project: PROJECT, commercial_type: 'DEV1-S', image, ...more })
const disk = more => ({ name: 'x', project_id: PROJECT, from_empty: { size: 1e9 }, ...more })
const rule = more => ({
  rules: [{ action: 'accept', protocol: 'TCP', direction: 'inbound', ip_range: '0.0.0.0/0', ...more }]
})
const change = (act, more) => ({ changes: [{ [act]: more }] })
const record = more => ({ records: [{ name: 'x', type: 'A', data: '127.77.0.9', ttl: 60, ...more }] })
const group = { name: 'x', project: PROJECT }

// method, path, body, the field that is wrong, why
const bad = () => [
  ['POST', `${zone}/servers`, server({ colour: 'red' }), 'colour', 'unknown'],
  ['POST', `${zone}/servers`, server({ public_ip: noId }), 'public_ip', 'unknown'],
  ['POST', `${zone}/servers`, {}, 'name', 'required'],
  ['POST', `${zone}/servers`, server({ commercial_type: undefined }), 'commercial_type', 'required'],
  ['POST', `${zone}/servers`, server({ project: undefined }), 'project', 'required'],
  ['POST', `${zone}/servers`, server({ image: undefined }), 'image', 'required'],
  ['POST', `${zone}/servers`, server({ name: 'a_b' }), 'name', 'constraint'],
  ['POST', `${zone}/servers`, server({ name: 7 }), 'name', 'format'],
  ['POST', `${zone}/servers`, server({ tags: null }), 'tags', 'format'],
  ['POST', `${zone}/servers`, server({ tags: 'a' }), 'tags', 'format'],
  ['POST', `${zone}/servers`, server({ tags: [1] }), 'tags', 'format'],
  ['POST', `${zone}/servers`, server({ dynamic_ip_required: 'no' }), 'dynamic_ip_required', 'format'],
  ['POST', `${zone}/servers`, server({ commercial_type: 'dev1-s' }), 'commercial_type', 'constraint'],
  ['POST', `${zone}/servers`, server({ commercial_type: 'BASIC2-A2C-4G' }), 'image', 'constraint'],
  ['POST', `${zone}/servers`, server({ image: 'debian_bookworm' }), 'image', 'format'],
  ['POST', `${zone}/servers`, server({ security_group: { id: noId } }), 'security_group', 'format'],
  ['POST', `${zone}/servers`, server({ volumes: [] }), 'volumes', 'format'],
  ['POST', `${zone}/servers`, server({ volumes: { 16: {} } }), 'volumes', 'constraint'],
  ['POST', `${zone}/servers`, server({ volumes: { 0: { project_id: PROJECT } } }), 'volumes', 'unknown'],
  ['POST', `${zone}/servers`, server({ volumes: { 0: { size: '10' } } }), 'volumes', 'format'],
  ['POST', `${zone}/servers`, server({ volumes: { 0: { volume_type: 'l_ssd' } } }), 'volumes', 'constraint'],
  [
    'POST',
    `${zone}/servers`,
    server({ volumes: { 1: { volume_type: 'sbs_volume', size: 1e9 } } }),
    'volumes',
    'constraint'
  ],
  [
    'POST',
    `${zone}/servers`,
    server({ volumes: { 1: { volume_type: 'l_ssd', name: 'l', size: 21e9 } } }),
    'volumes',
    'constraint'
  ],
  ['POST', `${zone}/ips`, { project_id: PROJECT }, 'project_id', 'unknown'],
  ['POST', `${zone}/ips`, { project: PROJECT, type: 'nat' }, 'type', 'constraint'],
  ['POST', `${zone}/ips`, { project: 'mine' }, 'project', 'format'],
  [
    'POST',
    `${zone}/security_groups`,
    { ...group, inbound_default_policy: 'reject' },
    'inbound_default_policy',
    'constraint'
  ],
  ['POST', `${zone}/security_groups`, { ...group, zone: 'fr-par-1' }, 'zone', 'unknown'],
  [
    'POST',
    `${zone}/volumes`,
    { name: 'x', project: PROJECT, volume_type: 'sbs_volume', size: 1e9 },
    'volume_type',
    'constraint'
  ],
  ['POST', `${block}/volumes`, disk({ project: PROJECT }), 'project', 'unknown'],
  ['POST', `${block}/volumes`, disk({ project_id: undefined }), 'project_id', 'required'],
  ['POST', `${block}/volumes`, disk({ from_empty: { size: 5e8 } }), 'from_empty', 'constraint'],
  ['POST', `${block}/volumes`, disk({ from_empty: { size: 1.5e9 } }), 'from_empty', 'constraint'],
  ['POST', `${block}/volumes`, disk({ from_empty: { size: 2e13 } }), 'from_empty', 'constraint'],
  ['POST', `${block}/volumes`, disk({ from_empty: undefined }), 'from_empty', 'required'],
  ['POST', `${block}/volumes`, disk({ from_snapshot: { snapshot_id: noId } }), 'from_empty', 'required'],
  ['POST', `${block}/volumes`, disk({ perf_iops: 1 }), 'perf_iops', 'constraint'],
  ['PATCH', '/domain/v2beta1/dns-zones/butt.nz/records', change('put', record()), 'changes', 'unknown'],
  ['PATCH', '/domain/v2beta1/dns-zones/butt.nz/records', change('add', record({ ttl: 0 })), 'changes', 'constraint'],
  [
    'PATCH',
    '/domain/v2beta1/dns-zones/butt.nz/records',
    change('add', record({ type: 'AAAA' })),
    'changes',
    'constraint'
  ],
  ['PATCH', '/domain/v2beta1/dns-zones/butt.nz/records', change('set', record()), 'changes', 'required'],
  ['GET', '/marketplace/v2/local-images?zone=fr-par-1', undefined, 'image_label', 'required'],
  ['GET', `${zone}/servers?per_page=101`, undefined, 'per_page', 'constraint'],
  ['GET', `${zone}/servers?page=0`, undefined, 'page', 'format'],
  ['GET', `${zone}/servers?order=name`, undefined, 'order', 'constraint'],
  ['GET', `${block}/volumes?page_size=101`, undefined, 'page_size', 'constraint'],
  ['POST', `${zone}/servers`, '{"name":"x"}', 'content-type', 'format'],
  ['POST', `${zone}/servers`, [], 'body', 'format']
]

test('what is wrong with a request is told, and nothing is made', async () => {
  for (const [method, url, body, field, reason] of bad()) {
    const what = `${method} ${url} ${JSON.stringify(body)}`
    const answer = await fake.call(method, url, body)
    assert.equal(answer.status, 400, `${what}: ${answer.text}`)
    assert.equal(answer.body.type, 'invalid_arguments', what)
    assert.ok(
      answer.body.details.some(one => one.argument_name === field && one.reason === reason),
      `${what}: ${answer.text}`
    )
  }
  const { servers, disks, locals, ips, groups } = await fake.tell('GET', 'state')
  assert.deepEqual(
    [servers, disks, locals, ips, Object.values(groups).filter(one => !one.project_default)],
    [{}, {}, {}, {}, []]
  )
})

const missing = () => [
  ['GET', `${zone}/servers/${noId}`, undefined, 'instance_server'],
  ['PATCH', `${zone}/servers/${noId}`, { name: 'x' }, 'instance_server'],
  ['DELETE', `${zone}/servers/${noId}`, undefined, 'instance_server'],
  ['POST', `${zone}/servers/${noId}/action`, { action: 'poweron' }, 'instance_server'],
  ['GET', `${zone}/servers/${noId}/user_data`, undefined, 'instance_server'],
  ['GET', `${zone}/ips/${noId}`, undefined, 'instance_ip'],
  ['DELETE', `${zone}/ips/127.77.9.9`, undefined, 'instance_ip'],
  ['GET', `${zone}/volumes/${noId}`, undefined, 'instance_volume'],
  ['GET', `${zone}/images/${noId}`, undefined, 'instance_image'],
  ['GET', `${zone}/security_groups/${noId}`, undefined, 'instance_security_group'],
  ['GET', `${block}/volumes/${noId}`, undefined, 'volume'],
  ['GET', `${block}/snapshots/${noId}`, undefined, 'snapshot'],
  ['GET', '/marketplace/v2/local-images?image_label=none&zone=fr-par-1', undefined, 'MarketplaceImage'],
  ['POST', `${zone}/servers`, server({ image: noId }), 'instance_image'],
  ['POST', `${zone}/servers`, server({ public_ips: [noId] }), 'instance_ip'],
  ['POST', `${zone}/servers`, server({ security_group: noId }), 'instance_security_group'],
  ['POST', `${zone}/servers`, server({ volumes: { 1: { id: noId, volume_type: 'sbs_volume' } } }), 'instance_volume']
]

test('what is not there is not found', async () => {
  for (const [method, url, body, resource] of missing()) {
    const answer = await fake.call(method, url, body)
    assert.deepEqual(
      [answer.status, answer.body.type, answer.body.resource],
      [404, 'not_found', resource],
      `${method} ${url}`
    )
  }
  const { id } = await fake.volume()
  assert.equal((await fake.call('GET', `/block/v1/zones/nl-ams-1/volumes/${id}`)).status, 404, 'in another zone')
  assert.equal((await fake.call('GET', `/block/v1/zones/nl-ams-9/volumes/${id}`)).status, 404, 'no such zone')
  assert.equal((await fake.call('GET', `${zone}/nothing`)).status, 404)
  assert.equal((await fake.call('PUT', `${block}/volumes/${id}`, {})).status, 405)
  const dns = await fake.call('GET', '/domain/v2beta1/dns-zones/none.butt.nz/records?name=')
  assert.deepEqual([dns.status, dns.body], [403, { message: 'subdomain not found' }])
})

test('any UUID is a good token, and nothing else', async () => {
  for (const [token, reason] of [
    ['', 'invalid_argument'],
    ['secret', 'invalid_argument'],
    [`${noId}0`, 'invalid_argument']
  ]) {
    const { status, body } = await fake.call('GET', `${zone}/servers`, undefined, { 'X-Auth-Token': token })
    assert.deepEqual([status, body.type, body.reason], [401, 'denied_authentication', reason], token)
  }
  const none = await fetch(`${fake.url}${zone}/servers`)
  assert.deepEqual([none.status, (await none.json()).reason], [401, 'not_found'])
  assert.equal((await fake.call('GET', `${zone}/servers`, undefined, { 'X-Auth-Token': noId })).status, 200)
})

// From each state the actions that are refused, and what they say.
test('a server does only what its state allows', async () => {
  const { id } = await still.server()
  const refused = async (actions, help) => {
    for (const action of actions) {
      const { status, body } = await still.act(id, action)
      assert.deepEqual([status, body.type, body.help_message], [400, 'precondition_failed', help], action)
    }
  }
  const deletes = async wanted =>
    assert.equal((await still.call('DELETE', `${still.instance}/servers/${id}`)).status, wanted)

  await refused(['poweroff', 'terminate', 'reboot', 'stop_in_place'], 'server should be running')
  assert.equal((await still.act(id, 'explode')).body.type, 'invalid_arguments')
  assert.equal((await still.act(id, 'poweron')).status, 202)
  await refused(['poweroff', 'terminate', 'reboot'], 'server should be running')
  await refused(['poweron'], 'server should be stopped')
  await deletes(400)
  await still.pass()
  await refused(['poweron'], 'server should be stopped')
  await deletes(400)
  await still.act(id, 'stop_in_place')
  await still.pass()
  await refused(['stop_in_place'], 'server should be running')
  await deletes(400)
  await still.act(id, 'poweron')
  await still.pass()
  await still.call('PATCH', `${still.instance}/servers/${id}`, { protected: true })
  await refused(['poweroff', 'terminate', 'reboot', 'stop_in_place'], 'server should not be protected')
  await still.call('PATCH', `${still.instance}/servers/${id}`, { protected: false })
  assert.equal((await still.act(id, 'poweroff')).status, 202)
  await refused(['poweron', 'poweroff', 'terminate', 'reboot'].slice(1), 'server should be running')
  await still.pass()
  await deletes(204)
  await deletes(404)
})

test('what is in use is held back, but addresses are not', async () => {
  const data = await still.volume()
  const {
    body: { ip }
  } = await still.call('POST', `${still.instance}/ips`, { project: PROJECT })
  const {
    body: { security_group: own }
  } = await still.call('POST', `${still.instance}/security_groups`, group)
  const one = await still.server({
    volumes: { 1: { id: data.id, volume_type: 'sbs_volume' } },
    public_ips: [ip.id],
    security_group: own.id
  })
  const two = await still.server()
  const status = async (...call) => {
    const answer = await still.call(...call)
    return [answer.status, answer.body.type]
  }

  assert.deepEqual(await status('DELETE', `${block}/volumes/${data.id}`), [412, 'precondition_failed'])
  assert.deepEqual(await status('DELETE', `${zone}/security_groups/${own.id}`), [409, 'conflict'])
  assert.deepEqual(
    await status('POST', `${zone}/servers/${two.id}/attach-volume`, {
      volume_id: data.id,
      volume_type: 'sbs_volume'
    }),
    [400, 'precondition_failed']
  )
  assert.deepEqual(await status('POST', `${zone}/servers/${two.id}/detach-volume`, { volume_id: data.id }), [
    400,
    'invalid_arguments'
  ])
  assert.deepEqual(
    await status('POST', `${zone}/servers/${two.id}/attach-volume`, { volume_id: data.id }),
    [404, 'not_found'],
    'its kind is not told'
  )
  assert.deepEqual(await status('PATCH', `${zone}/ips/${ip.id}`, { server: two.id }), [400, 'precondition_failed'])
  assert.deepEqual(await status('PATCH', `${zone}/ips/${ip.id}`, { reverse: 'my.butt.nz' }), [
    400,
    'invalid_arguments'
  ])
  await still.call(
    'PATCH',
    '/domain/v2beta1/dns-zones/butt.nz/records',
    change('add', record({ name: 'my', data: ip.address }))
  )
  assert.equal(
    (await still.call('PATCH', `${zone}/ips/${ip.id}`, { reverse: 'my.butt.nz' })).body.ip.reverse,
    'my.butt.nz'
  )
  const { body: fresh } = await still.call('POST', `${block}/volumes`, disk())
  assert.deepEqual(
    await status('POST', `${zone}/servers/${two.id}/attach-volume`, {
      volume_id: fresh.id,
      volume_type: 'sbs_volume'
    }),
    [400, 'precondition_failed'],
    'still being made'
  )
  assert.deepEqual(await status('DELETE', `${zone}/ips/${ip.id}`), [204, undefined])
  assert.deepEqual((await still.look(one.id)).public_ips, [])
  assert.deepEqual(await status('PATCH', `${block}/volumes/${data.id}`, { size: 1e9 }), [400, 'invalid_arguments'])
  const bigger = await still.call('PATCH', `${block}/volumes/${data.id}`, { size: 20e9 })
  assert.deepEqual([bigger.body.size, bigger.body.status], [10e9, 'updating'])
  await still.pass()
  assert.deepEqual([(await still.call('GET', `${block}/volumes/${data.id}`)).body.size], [20e9])
})

test('after the DELETE of a server its volumes look held for some seconds, or not', async () => {
  const looks = []
  for (let i = 0; i < 8; i++) {
    const one = await still.server()
    const root = one.volumes[0].id
    await still.call('DELETE', `${zone}/servers/${one.id}`)
    const { body } = await still.call('GET', `${block}/volumes/${root}`)
    looks.push(`${body.status} ${body.references.map(ref => ref.status)}`.trim())
    await still.pass()
    const later = (await still.call('GET', `${block}/volumes/${root}`)).body
    assert.deepEqual([later.status, later.references], ['available', []])
    assert.ok(later.last_detached_at)
  }
  assert.deepEqual([...new Set(looks)].sort(), ['available', 'in_use', 'in_use attached', 'in_use detaching'])
})

test('the addresses of a server that is deleted are free at once, and may be had by the next', async () => {
  const { body: { ip } } = await fake.call('POST', `${zone}/ips`, { project: PROJECT })
  for (let i = 0; i < 2; i++) {
    const { id, public_ips: [has] } = await fake.server({ public_ips: [ip.id] })
    assert.equal(has.address, ip.address)
    await fake.call('DELETE', `${zone}/servers/${id}`)
    const { body } = await fake.call('GET', `${zone}/ips/${ip.address}`)
    assert.deepEqual([body.ip.state, body.ip.server], ['detached', null])
  }
})

test('local volumes remain after DELETE and are erased by terminate', async () => {
  const local = await fake.image('debian_bookworm', 'instance_local')
  for (const terminate of [false, true]) {
    const { id, volumes } = await fake.server({ image: local })
    assert.deepEqual([volumes[0].volume_type, volumes[0].size], ['l_ssd', 20e9])
    if (terminate) {
      await fake.act(id, 'poweron')
      await fake.pass()
      await fake.act(id, 'terminate')
      await fake.pass()
    } else {
      await fake.call('DELETE', `${zone}/servers/${id}`)
    }
    assert.equal((await fake.call('GET', `${zone}/volumes/${volumes[0].id}`)).status, terminate ? 404 : 200)
  }
})

test('user_data is plain text, byte for byte', async () => {
  const { id } = await fake.server()
  const at = `${zone}/servers/${id}/user_data`
  const text = 'a\r\n\tü\n\n'

  const wrong = await fake.call('PATCH', `${at}/cloud-init`, { a: 1 })
  assert.deepEqual([wrong.status, wrong.body.type], [400, 'invalid_arguments'])
  assert.equal((await fake.call('PATCH', `${at}/cloud-init`, text)).status, 204)
  assert.equal((await fake.call('GET', `${at}/cloud-init`)).text, text)
  const none = await fake.call('GET', `${at}/none`)
  assert.deepEqual([none.status, none.type, none.text], [404, 'text/plain', ''])
  assert.equal((await fake.call('PATCH', `${at}/cloud-init`, 'x'.repeat(16384))).status, 204)
  assert.equal((await fake.call('PATCH', `${at}/cloud-init`, 'x'.repeat(16385))).status, 400)
  assert.equal((await fake.call('DELETE', `${at}/cloud-init`)).status, 204)
  assert.deepEqual((await fake.call('GET', at)).body.user_data, [])
})

test('without a word a server gets a throw-away address, and images change their ids', async () => {
  const { id } = await still.server({ dynamic_ip_required: undefined })
  await still.act(id, 'poweron')
  await still.pass()
  const { public_ips: [ip] } = await still.look(id)
  assert.deepEqual([ip.dynamic, ip.state, ip.address.startsWith('127.77.')], [true, 'pending', true])
  await still.act(id, 'poweroff')
  await still.pass()
  assert.deepEqual((await still.look(id)).public_ips, [])
  const {
    body: { ip: six }
  } = await still.call('POST', `${still.instance}/ips`, { project: PROJECT, type: 'routed_ipv6', server: id })
  assert.deepEqual([six.address, six.state], [null, 'attached'])
  const [shown] = (await still.look(id)).public_ips
  assert.ok(shown.address.startsWith(six.prefix.replace('::/64', ':')) && shown.family === 'inet6', shown.address)
  const old = await still.image()
  await still.tell('POST', 'rotate-images')
  assert.notEqual(await still.image(), old)
  assert.equal((await still.call('POST', `${zone}/servers`, server({ image: old }))).body.resource, 'instance_image')
})

test('a backup is an image of its own, and a kernel has booted when we say so', async () => {
  const { id } = await still.server()
  const { body } = await still.act(id, 'backup')
  const made = await still.call('GET', `/instance/v1/zones/fr-par-1${body.task.href_result}`)
  assert.deepEqual([made.status, made.body.image.from_server], [200, id])
  await still.act(id, 'poweron')
  await still.pass()
  assert.equal((await still.look(id)).state_detail, 'booting kernel')
  await still.tell('POST', 'booted', { ids: [id] })
  assert.equal((await still.look(id)).state_detail, 'booted')
})

test('addresses are unique until none is left', async () => {
  const small = await open('--addresses', '127.79.0.0/29')
  try {
    const make = () => small.call('POST', `${zone}/ips`, { project: PROJECT })
    const all = await Promise.all(Array.from({ length: 5 }, make))
    assert.deepEqual(all.map(({ body }) => body.ip.address).sort(), [2, 3, 4, 5, 6].map(n => `127.79.0.${n}`))
    assert.equal((await make()).status, 403)
    await small.call('DELETE', `${zone}/ips/127.79.0.4`)
    assert.equal((await make()).body.ip.address, '127.79.0.4')
  } finally {
    await small.close()
  }
})

// ---- lists

test('lists end where they should, and servers want all tags, volumes any', async () => {
  const own = await open()
  try {
    for (let i = 0; i < 3; i++) await own.server({ name: `s${i}`, tags: ['all', `t${i}`] })
    const get = async query => own.call('GET', `${zone}/servers?${query}`)
    const names = async query => (await get(query)).body.servers.map(one => one.name)

    assert.deepEqual(await names(''), ['s2', 's1', 's0'])
    assert.deepEqual(await names('per_page=2&page=2'), ['s0'])
    const past = await get('per_page=2&page=3')
    assert.deepEqual([past.body.servers, past.headers.get('x-total-count')], [[], '3'])
    assert.deepEqual(await names('tags=all,t1'), ['s1'])
    assert.deepEqual(await names('tags=t0%2Ct1'), [])
    assert.deepEqual(await names('name=s'), ['s2', 's1', 's0'])
    assert.deepEqual(await names(`project=${noId}`), [])
    assert.deepEqual(await names('state=running'), [])
    assert.match(
      (await get('tags=all&per_page=2')).headers.get('link'),
      /^<\/servers\?page=2&per_page=2&tags=all>; rel="next",/
    )

    for (let i = 0; i < 3; i++) {
      await own.call('POST', `${block}/volumes`, disk({ name: `v${i}`, tags: ['all', `t${i}`] }))
    }
    const volumes = async query => (await own.call('GET', `${block}/volumes?${query}`)).body
    assert.deepEqual((await volumes('tags=t0&tags=t2')).volumes.map(one => one.name), ['v0', 'v2'])
    const page = await volumes('tags=all&page_size=2&page=2')
    assert.deepEqual([page.volumes.map(one => one.name), page.total_count], [['v2'], 3])
    assert.deepEqual(await volumes('tags=all&page_size=2&page=3'), { volumes: [], total_count: 3 })

    const { body: { security_group: { id } } } = await own.call('POST', `${zone}/security_groups`, group)
    const rules = await own.call('GET', `${zone}/security_groups/${id}/rules?per_page=4&page=2`)
    assert.deepEqual(
      [rules.body.rules.length, rules.headers.get('x-total-count'), rules.headers.get('link')],
      [2, null, null]
    )
  } finally {
    await own.close()
  }
})

// ---- rules

test('rules come back in another form than they were sent', async () => {
  const { body: { security_group: { id } } } = await fake.call('POST', `${zone}/security_groups`, group)
  const at = `${zone}/security_groups/${id}/rules`
  const last = async body => (await fake.call('PUT', at, body)).body.rules.at(-1)

  const one = await last(rule({ ip_range: '1.2.3.4/32', dest_port_from: 22, dest_port_to: 22, position: 9 }))
  assert.deepEqual(
    [one.ip_range, one.dest_port_from, one.dest_port_to, one.position, one.editable],
    ['1.2.3.4', 22, null, 1, true]
  )
  const icmp = await last(rule({ protocol: 'ICMP', dest_port_from: 1 }))
  assert.deepEqual([icmp.dest_port_from, icmp.dest_port_to], [null, null])
  assert.equal((await fake.call('PUT', at, rule({ protocol: 'tcp' }))).status, 400)
  assert.equal((await fake.call('PUT', at, { rules: null })).status, 400)
  assert.equal((await fake.call('DELETE', `${at}/11111111-2222-4333-8444-000000000001`)).status, 400)
})

// ---- failures

test('a call fails in the way that it was told to, and takes effect or not', async () => {
  const own = await open()
  try {
    const make = () => own.call('POST', `${block}/volumes`, disk())
    const count = async () => (await own.call('GET', `${block}/volumes`)).body.total_count
    const ways = [
      ['500-created', 500, 1],
      ['500-not-created', 500, 0],
      ['503', 503, 0],
      ['503-slow', 503, 0],
      ['503-slow-created', 503, 1],
      ['429', 429, 0],
      ['401', 401, 0],
      ['403-quota', 403, 0],
      ['html', 502, 0],
      ['late', 200, 1],
      ['empty', 200, 1],
      ['reset-before', 0, 0],
      ['reset-after', 0, 1],
      ['reset-within', 0, 1]
    ]
    for (const [how, status, made] of ways) {
      const before = await count()
      await own.fail({ how, match: { method: 'POST' } })
      const answer = await make().catch(() => ({ status: 0 }))
      assert.deepEqual([how, answer.status, await count() - before], [how, status, made])
      assert.equal((await make()).status, 200, 'once')
    }
    await own.tell('DELETE', 'fail')
    await own.fail({ how: 500, nth: 3, times: 2, match: { path: '/volumes' } })
    const statuses = []
    for (let i = 0; i < 5; i++) statuses.push((await make()).status)
    assert.deepEqual(statuses, [200, 200, 500, 500, 200])
    await own.fail({ how: 'partial-list', times: 'forever', match: { method: 'GET' } })
    for (let i = 0; i < 2; i++) {
      const { body } = await own.call('GET', `${block}/volumes?page_size=4`)
      assert.deepEqual([body.volumes.length, body.total_count > 4], [2, true])
    }
    await assert.rejects(own.fail({ how: 'odd' }), /one of/)
    await assert.rejects(own.fail({ how: 500, ntg: 1 }), /unknown: ntg/)
    assert.deepEqual(
      (await own.tell('GET', 'fail')).map(one => [one.how, one.hit]),
      [
        ['500', 2],
        ['partial-list', 2]
      ]
    )
    await own.tell('DELETE', 'fail')
    await own.fail({ how: 'timeout' })
    await assert.rejects(fetch(`${own.url}${block}/volumes`, { signal: AbortSignal.timeout(100) }), {
      name: 'TimeoutError'
    })
  } finally {
    await own.close()
  }
})

test('the log has every call, in order', async () => {
  const own = await open()
  try {
    await own.call('POST', `${block}/volumes`, disk())
    await own.fail({ how: 'reset-after' })
    await assert.rejects(own.call('GET', `${block}/volumes`))
    await own.call('GET', `${block}/volumes/${noId}?a=b`)
    const log = await own.tell('GET', 'log')
    assert.deepEqual(log.map(({ n, method, url, status, fault }) => [n, method, url, status, fault]), [
      [0, 'POST', `${block}/volumes`, 200, undefined],
      [1, 'GET', `${block}/volumes`, 0, 'reset-after'],
      [2, 'GET', `${block}/volumes/${noId}?a=b`, 404, undefined]
    ])
    assert.deepEqual([log[0].body, log[0].type, log[2].body], [disk(), 'application/json', ''])
    await own.tell('DELETE', 'log')
    assert.deepEqual(await own.tell('GET', 'log'), [])
  } finally {
    await own.close()
  }
})

// ---- the program

async function within (ms, ask) {
  const end = Date.now() + ms
  for (;;) {
    const value = await ask()
    if (value) return value
    assert.ok(Date.now() < end, 'in time')
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

test('programs are run when a server goes on and off', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'baas-fake-'))
  const out = path.join(dir, 'out')
  const script = (name, line) => {
    fs.writeFileSync(path.join(dir, name), `#!/bin/sh\n${line} >>'${out}'\n`, { mode: 0o755 })
    return path.join(dir, name)
  }
  const on = script(
    'on',
    'echo "on $1 $FAKE_ADDRESS $FAKE_VOLUMES $FAKE_NAME $FAKE_BOOT $(cat "$FAKE_USER_DATA_FILE")"'
  )
  const off = script('off', 'echo "off $1"')
  const lines = count => within(20000, () => {
    const all = fs.existsSync(out) ? fs.readFileSync(out, 'utf8').split('\n').slice(0, -1) : []
    return all.length >= count && all
  })
  const own = await open('--on-poweron', on, '--on-poweroff', off)
  try {
    const { body: { ip } } = await own.call('POST', `${zone}/ips`, { project: PROJECT })
    const data = await own.volume()
    const { id, volumes } = await own.server({
      public_ips: [ip.id],
      volumes: { 1: { id: data.id, volume_type: 'sbs_volume' } }
    })
    await own.call('PATCH', `${zone}/servers/${id}/user_data/cloud-init`, '#cloud-config')
    await own.act(id, 'poweron')
    assert.deepEqual(await lines(1), [`on ${id} ${ip.address} ${volumes[0].id} ${data.id} one 1 #cloud-config`])
    await within(20000, async () => (await own.look(id)).state === 'running')
    await own.act(id, 'reboot')
    const [, second, third] = await lines(3)
    assert.deepEqual([second, third.split(' ')[6]], [`off ${id}`, '2'])
    await own.tell('POST', 'stop-servers')
    await lines(4)
    assert.equal((await own.look(id)).state, 'stopped')
    await own.act(id, 'poweron')
    await lines(5)
    await own.close()
    assert.equal((await lines(6))[5], `off ${id}`, 'and when the fake ends')
  } finally {
    await own.close()
    fs.rmSync(dir, { recursive: true })
  }
})

test('with a state file a restart forgets nothing, not even what was about to happen', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'baas-fake-'))
  const state = path.join(dir, 'state')
  let own = await open('--state', state, '--speed', '20')
  try {
    const { id } = await own.server()
    await own.act(id, 'poweron')
    own.child.kill('SIGKILL')
    await once(own.child, 'exit')
    own = await open('--state', state, '--speed', '20')
    assert.match((await own.look(id)).state, /starting|running/)
    await within(20000, async () => (await own.look(id)).state === 'running')
    assert.equal(fs.statSync(state).mode & 0o777, 0o600)
  } finally {
    await own.close()
    fs.rmSync(dir, { recursive: true })
  }
})

test('a wrong command line is refused, and a port that is taken', async () => {
  const run = async (...args) => {
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    let text = ''
    child.stderr.on('data', data => { text += data })
    const [code] = await once(child, 'close')
    return [code, text.split('\n')[0]]
  }
  assert.deepEqual(await run('--colour', 'red'), [2, 'fake: unknown option --colour'])
  assert.deepEqual(await run('--speed', 'fast'), [2, 'fake: --speed: a number from 0.01 is wanted'])
  assert.deepEqual(await run('--addresses', '127.300.0.0/16'), [
    2,
    'fake: --addresses: a net such as 127.77.0.0/16 is wanted'
  ])
  const { port } = new URL(fake.url)
  assert.deepEqual(await run('--port', port), [1, `fake: port ${port} is taken`])
})
