'use strict'
// /domain/v2beta1/dns-zones and their records.

const delays = require('./delays')
const pages = require('./pages')
const { Refusal, missing, wrong } = require('./answer')
const { UUID, bool, check, list: listOf, object, oneOf, orNull, shape, text, uuid, whole } = require('./check')

const SERVERS = ['ns0.dom.scw.cloud', 'ns1.dom.scw.cloud']
const TYPES = [
  'A',
  'AAAA',
  'CNAME',
  'TXT',
  'SRV',
  'TLSA',
  'MX',
  'NS',
  'PTR',
  'CAA',
  'ALIAS',
  'LOC',
  'SSHFP',
  'HINFO',
  'RP',
  'URI',
  'DS',
  'NAPTR',
  'DNAME',
  'SVCB',
  'HTTPS'
]

// Refusals of this API have a message and no type.
const forbidden = message => new Refusal(403, { message })

// A domain that is ours has its zone; zones below it are made.
function domainOf (world, name) {
  return world.domains.find(domain => name === domain || name.endsWith(`.${domain}`))
}

function make (world, name, project = null) {
  const zone = { name, project, status: 'active', updated: world.dateZ(), records: [] }
  for (const server of SERVERS) {
    zone.records.push(record(world, { name: '', type: 'NS', data: `${server}.`, ttl: 1800 }))
  }
  world.data.zones[name] = zone
  return zone
}

function find (world, name, make_ = false) {
  const there = world.data.zones[name]
  if (there) return there
  const domain = domainOf(world, name)
  if (!domain) throw forbidden('domain not found')
  if (name !== domain && !make_) throw forbidden('subdomain not found')
  return make(world, name)
}

function record (world, { name = '', type, data, ttl, priority = 0, comment = null }) {
  return {
    id: world.uuid(),
    name,
    type,
    data,
    ttl,
    priority,
    comment,
    updated: new Date(world.now()).toISOString().replace(/\.\d+/, '')
  }
}

const showRecord = one => ({
  comment: one.comment,
  data: one.data,
  id: one.id,
  name: one.name,
  priority: one.priority,
  ttl: one.ttl,
  type: one.type,
  updated_at: one.updated
})

// ---- records

const address = { A: /^(\d{1,3}\.){3}\d{1,3}$/, AAAA: /^[0-9a-f:]*:[0-9a-f:.]*$/i }

const recordFields = {
  id: value => text(value) ?? (value === '' || UUID.test(value) ? undefined : ['format', 'expected a UUID']),
  name: text,
  type: oneOf(...TYPES),
  data: text,
  ttl: value => whole(value) ?? (value >= 60 && value <= 2592000 ? undefined : ['constraint', 'from 60 to 2592000']),
  priority: whole,
  comment: orNull(text),
  updated_at: orNull(text),
  geo_ip_config: object,
  http_service_config: object,
  weighted_config: object,
  view_config: object
}
const records_ = listOf(
  value =>
    shape(recordFields, ['name', 'type', 'data', 'ttl'])(value) ??
    (address[value.type] && !address[value.type].test(value.data)
      ? ['constraint', `data: expected an address for ${value.type}`]
      : undefined)
)
const identifier = shape({ name: text, type: oneOf(...TYPES), data: orNull(text), ttl: orNull(whole) }, [
  'name',
  'type'
])

const changes_ = listOf(shape({
  add: shape({ records: records_ }, ['records']),
  set: shape({ id: uuid, id_fields: identifier, records: records_ }, ['records']),
  delete: shape({ id: uuid, id_fields: identifier }),
  clear: shape({})
}))

function matching (zone, { id, id_fields: fields }) {
  if (id) {
    const found = zone.records.filter(one => one.id === id)
    if (found.length === 0) throw missing('record', id)
    return found
  }
  if (!fields) throw wrong('changes', 'required', 'id or id_fields')
  return zone.records.filter(one => one.name === fields.name && one.type === fields.type &&
    (fields.data == null || one.data === fields.data) && (fields.ttl == null || one.ttl === fields.ttl))
}

// The same name, type and data twice is one record.
function add (world, zone, fields) {
  const there = zone.records.find(
    one => one.name === (fields.name ?? '') && one.type === fields.type && one.data === fields.data
  )
  const made = record(world, fields)
  if (there) return Object.assign(there, made, { id: there.id })
  zone.records.push(made)
  return made
}

// What matched gives way; the first keeps its id.
function set (world, zone, { records: wanted, ...which }) {
  const before = matching(zone, which)
  zone.records = zone.records.filter(one => !before.includes(one))
  return wanted.map((fields, i) => {
    const made = add(world, zone, fields)
    if (before[i]) made.id = before[i].id
    return made
  })
}

const acts = {
  add: (world, zone, { records: wanted }) => wanted.map(fields => add(world, zone, fields)),
  set,
  delete: (world, zone, which) => {
    const gone = matching(zone, which)
    zone.records = zone.records.filter(one => !gone.includes(one))
    return []
  },
  clear: (world, zone) => {
    zone.records = zone.records.filter(one => one.type === 'NS' && one.name === '')
    return []
  }
}

// All changes or none.
function change ({ world, name, body }) {
  const fields = check(body, {
    changes: changes_, return_all_records: orNull(bool), disallow_new_zone_creation: bool, serial: orNull(whole)
  }, ['changes'])
  const zone = find(world, name, fields.disallow_new_zone_creation !== true)
  const before = JSON.stringify(zone.records)
  let made

  try {
    made = fields.changes.flatMap(one => Object.entries(one).flatMap(([act, what]) => acts[act](world, zone, what)))
  } catch (err) {
    zone.records = JSON.parse(before)
    throw err
  }
  zone.status = 'pending'
  zone.updated = world.dateZ()
  world.after(delays.zonePending, 'zone active', name)
  return { status: 200, body: { records: (fields.return_all_records ? zone.records : made).map(showRecord) } }
}

const recordTests = {
  name: (one, value) => one.name === value,
  type: (one, value) => value === 'unknown' || one.type === value,
  id: (one, value) => one.id === value
}

function records (call) {
  const zone = find(call.world, call.name)
  const found = zone.records.filter(pages.passes(call.query, recordTests))
  return pages.others(call, 'records', found.sort((a, b) => a.name.localeCompare(b.name)), showRecord)
}

// ---- zones

function showZone (world, zone) {
  const domain = domainOf(world, zone.name)
  return {
    domain,
    linked_products: [],
    message: null,
    ns: SERVERS,
    ns_default: SERVERS,
    ns_master: [],
    project_id: zone.project,
    status: zone.status,
    subdomain: zone.name.slice(0, -domain.length - 1),
    updated_at: zone.updated
  }
}

const zoneTests = {
  domain: (zone, value) => zone.name === value || zone.name.endsWith(`.${value}`),
  dns_zone: (zone, value) => zone.name === value,
  dns_zones: (zone, value, words) => words.includes(zone.name),
  project_id: (zone, value) => zone.project === null || zone.project === value
}

function zones (call) {
  for (const domain of call.world.domains) find(call.world, domain)
  const found = Object.values(call.world.data.zones).filter(pages.passes(call.query, zoneTests))
  return pages.others(call, 'dns_zones', found, zone => showZone(call.world, zone))
}

function createZone ({ world, body }) {
  const fields = check(body, { domain: text, subdomain: text, project_id: uuid }, [
    'domain',
    'subdomain',
    'project_id'
  ])
  const name = fields.subdomain ? `${fields.subdomain}.${fields.domain}` : fields.domain
  if (!world.domains.includes(fields.domain)) throw forbidden('domain not found')
  if (world.data.zones[name]) {
    throw new Refusal(409, {
      message: 'zone already exists',
      resource: 'dns_zone',
      resource_id: name,
      type: 'already_exists'
    })
  }
  return { status: 200, body: showZone(world, make(world, name, fields.project_id)) }
}

function removeZone ({ world, name }) {
  find(world, name)
  delete world.data.zones[name]
  return { status: 200, body: {} }
}

function plan (world) {
  world.when('zone active', ({ id }) => {
    if (world.data.zones[id]) world.data.zones[id].status = 'active'
  })
}

module.exports = { zones, createZone, removeZone, records, change, plan }
