'use strict'
// Scaleway's own client leads a server's life with the fake, and meets every error.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { PROJECT, open } = require('./fake')
const { Errors, client, whyNot } = require('./sdk')

const options = { skip: whyNot() }
const TAGS = ['baas', 'baas-server-1']
const CLOUD_INIT = '#cloud-config\nhostname: ä\n'
const noId = '33333333-3333-4333-8333-333333333333'

let fake, scw
before(async () => {
  if (options.skip) return
  fake = await open('--speed', '1')
  scw = client(fake)
})
after(() => fake?.close())

// Asks, lets time pass in the cloud, and asks again, until it is good.
async function until (ask, good) {
  for (let seconds = 0; seconds < 100; seconds++) {
    const value = await ask()
    if (good(value)) return value
    await fake.pass(1)
  }
  throw new Error('not within 100 s')
}

const server = async id => (await scw.instance.getServer({ serverId: id })).server
const state = (id, wanted) => until(() => server(id), one => one.state === wanted)
const volume = (id, wanted) => until(() => scw.block.getVolume({ volumeId: id }), one => one.status === wanted)
const isGone = err => err instanceof Errors.ResourceNotFoundError
const gone = id => until(() => server(id).catch(err => isGone(err) ? 'gone' : err), one => one === 'gone')

async function prepare () {
  const { localImages } = await scw.market.listLocalImages({
    imageLabel: 'debian_bookworm',
    zone: fake.zone,
    type: 'instance_sbs'
  })
  const image = localImages.find(one => one.compatibleCommercialTypes.includes('DEV1-S')).id
  const { securityGroup: group } = await scw.instance.createSecurityGroup({
    name: 'baas',
    stateful: true,
    inboundDefaultPolicy: 'drop',
    outboundDefaultPolicy: 'accept',
    tags: ['baas'],
    enableDefaultSecurity: true
  })
  const { rules } = await scw.instance.setSecurityGroupRules({
    securityGroupId: group.id,
    rules: [
      {
        action: 'accept',
        protocol: 'TCP',
        direction: 'inbound',
        ipRange: '0.0.0.0/0',
        destPortFrom: 8008,
        destPortTo: 8008,
        position: 1
      }
    ]
  })
  assert.deepEqual(rules.map(rule => rule.editable), [false, false, false, false, false, false, true])
  assert.equal(rules.at(-1).destPortTo, null)
  const data = await scw.block.createVolume({
    name: 'baas-data-1',
    perfIops: 5000,
    fromEmpty: { size: 10e9 },
    tags: TAGS
  })
  assert.equal(data.status, 'creating')
  await volume(data.id, 'available')
  const { ip } = await scw.instance.createIp({ type: 'routed_ipv4', tags: TAGS })
  assert.match(ip.address, /^127\.77\./)
  assert.equal(ip.state, 'detached')
  return { image, group, data, ip }
}

async function create ({ image, group, data, ip }) {
  const { server: made } = await scw.instance.createServer({
    name: 'baas-server-1',
    commercialType: 'DEV1-S',
    image,
    dynamicIpRequired: false,
    publicIps: [ip.id],
    securityGroup: group.id,
    tags: TAGS,
    bootType: 'local',
    protected: false,
    volumes: { 0: { volumeType: 'sbs_volume', size: 10e9 }, 1: { id: data.id, volumeType: 'sbs_volume' } }
  })
  assert.equal(made.state, 'stopped')
  assert.deepEqual(made.publicIps.map(one => one.address), [ip.address])
  assert.equal(made.securityGroup.id, group.id)
  return made
}

test('a server lives and dies', options, async () => {
  const { image, group, data, ip } = await prepare()
  const made = await create({ image, group, data, ip })
  const root = made.volumes[0].id
  assert.equal((await scw.block.getVolume({ volumeId: root })).name, 'Debian Bookworm_sbs_volume_0')
  await scw.block.updateVolume({ volumeId: root, name: 'baas-root-1', tags: TAGS })

  await scw.instance.setServerUserData({ serverId: made.id, key: 'cloud-init', content: CLOUD_INIT })
  assert.deepEqual((await scw.instance.listServerUserData({ serverId: made.id })).userData, ['cloud-init'])
  assert.equal(await scw.instance.getServerUserData({ serverId: made.id, key: 'cloud-init' }), CLOUD_INIT)

  const { task } = await scw.instance.serverAction({ serverId: made.id, action: 'poweron' })
  assert.equal(task.description, 'fake task')
  assert.equal((await server(made.id)).state, 'starting')
  const running = await state(made.id, 'running')
  assert.deepEqual(running.allowedActions, ['poweroff', 'terminate', 'reboot', 'stop_in_place', 'backup'])

  const { servers, totalCount } = await scw.instance.listServers({ tags: TAGS, project: PROJECT })
  assert.deepEqual([servers.map(one => one.id), totalCount], [[made.id], 1])
  assert.equal((await scw.instance.listServers({ tags: [...TAGS, 'other'] })).totalCount, 0)
  assert.equal((await scw.block.listVolumes({ tags: ['other', 'baas-server-1'] })).totalCount, 2)

  const more = await scw.block.createVolume({ name: 'more', fromEmpty: { size: 1e9 } })
  await volume(more.id, 'available')
  const { server: two } = await scw.instance.attachServerVolume({
    serverId: made.id,
    volumeId: more.id,
    volumeType: 'sbs_volume'
  })
  assert.deepEqual([Object.keys(two.volumes), two.allowedActions], [['0', '1', '2'], []])
  await until(() => server(made.id), one => one.allowedActions.length > 0)
  await scw.instance.detachServerVolume({ serverId: made.id, volumeId: more.id })
  assert.equal((await scw.block.getVolume({ volumeId: more.id })).references[0].status, 'detaching')
  await volume(more.id, 'available')
  await scw.block.deleteVolume({ volumeId: more.id })

  await scw.instance.serverAction({ serverId: made.id, action: 'poweroff' })
  await state(made.id, 'stopped')
  await scw.instance.serverAction({ serverId: made.id, action: 'poweron' })
  await state(made.id, 'running')
  await scw.instance.serverAction({ serverId: made.id, action: 'terminate' })
  assert.equal((await server(made.id)).stateDetail, 'terminating')
  await gone(made.id)

  const left = (await scw.block.listVolumes({ tags: ['baas'] })).volumes
  assert.deepEqual(left.map(one => [one.name, one.status, one.references]).sort(), [
    ['baas-data-1', 'available', []],
    ['baas-root-1', 'available', []]
  ])
  for (const one of left) await scw.block.deleteVolume({ volumeId: one.id })
  assert.equal((await scw.instance.getIp({ ip: ip.id })).ip.state, 'detached')
  await scw.instance.deleteIp({ ip: ip.id })
  await scw.instance.deleteSecurityGroup({ securityGroupId: group.id })
  const { servers: machines, disks, ips } = await fake.tell('GET', 'state')
  assert.deepEqual([machines, disks, ips], [{}, {}, {}])
})

test('records of a zone are added, set and deleted', options, async () => {
  const dnsZone = 'butt.nz'
  const change = changes => scw.dns.updateDNSZoneRecords({ dnsZone, changes, disallowNewZoneCreation: true })
  const list = async name => (await scw.dns.listDNSZoneRecords({ dnsZone, name })).records

  const {
    records: [made]
  } = await change([{ add: { records: [{ name: 'my', type: 'A', data: '127.77.0.9', ttl: 60, priority: 0 }] } }])
  assert.deepEqual(
    (await list('my')).map(one => [one.id, one.data]),
    [[made.id, '127.77.0.9']]
  )
  await change([
    {
      set: {
        idFields: { name: 'my', type: 'A' },
        records: [{ name: 'my', type: 'A', data: '127.77.0.10', ttl: 60, priority: 0 }]
      }
    }
  ])
  assert.deepEqual(
    (await list('my')).map(one => [one.id, one.data]),
    [[made.id, '127.77.0.10']]
  )
  await change([
    { add: { records: [{ name: 'my', type: 'AAAA', data: '2001:db8::1', ttl: 60, priority: 0 }] } },
    { delete: { id: made.id } }
  ])
  assert.deepEqual(
    (await list('my')).map(one => one.type),
    ['AAAA']
  )
  const { records } = await change([{ delete: { idFields: { name: 'my', type: 'AAAA' } } }])
  assert.deepEqual(records, [])
  assert.deepEqual(await list('my'), [])
  const {
    dnsZones: [zone]
  } = await scw.dns.listDNSZones({ domain: '', dnsZones: [dnsZone], organizationId: PROJECT, projectId: PROJECT })
  assert.match(zone.status, /^(pending|active)$/)
})

test('a snapshot is made, and a volume of it', options, async () => {
  const { id } = await scw.block.createVolume({ name: 'old', fromEmpty: { size: 2e9 } })
  await volume(id, 'available')
  const snapshot = await scw.block.createSnapshot({ volumeId: id, name: 'copy' })
  assert.equal(snapshot.parentVolume.id, id)
  await until(() => scw.block.getSnapshot({ snapshotId: snapshot.id }), one => one.status === 'available')
  const copy = await scw.block.createVolume({ name: 'new', fromSnapshot: { snapshotId: snapshot.id } })
  assert.equal(copy.size, 2e9)
  await volume(copy.id, 'available')
  await assert.rejects(scw.block.deleteSnapshot({ snapshotId: snapshot.id }), Errors.PreconditionFailedError)
  for (const one of [id, copy.id]) await scw.block.deleteVolume({ volumeId: one })
  await scw.block.deleteSnapshot({ snapshotId: snapshot.id })
})

test('lists of many pages are read to their end', options, async () => {
  for (let i = 0; i < 5; i++) {
    await scw.block.createVolume({ name: `v${i}`, fromEmpty: { size: 1e9 }, tags: ['pages'] })
  }
  for (let i = 0; i < 5; i++) await scw.instance.createIp({ type: 'routed_ipv4', tags: ['pages'] })
  const disks = await scw.block.listVolumes({ tags: ['pages'], pageSize: 2 }).all()
  assert.deepEqual(disks.map(one => one.name), ['v0', 'v1', 'v2', 'v3', 'v4'])
  const ips = await scw.instance.listIps({ tags: ['pages'], perPage: 2 }).all()
  assert.equal(new Set(ips.map(one => one.id)).size, 5)
})

test('the client knows each refusal for what it is', options, async () => {
  const image = await fake.image()
  const made = (await scw.instance.createServer({ name: 'two', commercialType: 'DEV1-S', image, protected: false }))
    .server
  const act = action => scw.instance.serverAction({ serverId: made.id, action })

  await assert.rejects(server(noId), Errors.ResourceNotFoundError)
  await assert.rejects(act('terminate'), Errors.PreconditionFailedError)
  await assert.rejects(
    scw.instance.createServer({ name: 'x', commercialType: 'NONE-1', image, protected: false }),
    Errors.InvalidArgumentsError
  )
  await assert.rejects(
    scw.instance.detachServerVolume({ serverId: made.id, volumeId: noId }),
    Errors.InvalidArgumentsError
  )
  await assert.rejects(scw.block.deleteVolume({ volumeId: made.volumes[0].id }), Errors.PreconditionFailedError)
  const wanted = {
    401: 'DeniedAuthenticationError',
    403: 'PermissionsDeniedError',
    '403-quota': 'QuotasExceededError',
    404: 'ResourceNotFoundError',
    409: 'TransientStateError',
    410: 'ResourceExpiredError',
    412: 'PreconditionFailedError',
    '503-stock': 'OutOfStockError',
    500: 'ScalewayError',
    503: 'ScalewayError',
    429: 'ScalewayError',
    html: 'ScalewayError'
  }
  for (const [how, name] of Object.entries(wanted)) {
    await fake.fail({ how })
    await assert.rejects(server(made.id), err => err.constructor === Errors[name], how)
  }
  for (const how of ['reset-before', 'reset-after', 'reset-within', 'garbage']) {
    await fake.fail({ how })
    await assert.rejects(server(made.id), how)
  }
  await scw.instance.deleteServer({ serverId: made.id })
  await until(() => scw.block.getVolume({ volumeId: made.volumes[0].id }), one => one.status === 'available')
})
