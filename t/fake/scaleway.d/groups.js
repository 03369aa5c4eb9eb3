'use strict'
// /instance/v1/…/security_groups and their rules.

const delays = require('./delays')
const pages = require('./pages')
const { conflict, missing, unmet, wrong } = require('./answer')
const { bool, check, list: listOf, oneOf, orNull, shape, text, uuid, whole } = require('./check')

// Mail is dropped, for everybody, by six rows that can't be changed.
const fixed = ['0.0.0.0/0', '::/0']
  .flatMap(range => [25, 465, 587].map(port => ({ range, port })))
  .map(({ range, port }, i) => ({
    id: `11111111-2222-4333-8444-00000000000${i + 1}`,
    protocol: 'TCP',
    direction: 'outbound',
    ip_range: range,
    dest_ip_range: null,
    dest_port_from: port,
    dest_port_to: null,
    position: i + 1,
    editable: false,
    action: 'drop'
  }))

function find (world, zone, id) {
  const group = world.data.groups[id]
  if (!group || group.zone !== zone) throw missing('instance_security_group', id)
  return group
}

const membersOf = (world, group) => Object.values(world.data.servers).filter(server => server.group === group.id)

function show (world, group) {
  return {
    id: group.id,
    creation_date: group.created,
    modification_date: group.modified,
    name: group.name,
    description: group.description,
    organization: group.project,
    project: group.project,
    servers: membersOf(world, group).map(({ id, name }) => ({ id, name })),
    stateful: group.stateful,
    inbound_default_policy: group.inbound_default_policy,
    outbound_default_policy: group.outbound_default_policy,
    organization_default: false,
    project_default: group.project_default,
    enable_default_security: group.enable_default_security,
    state: group.state,
    tags: group.tags,
    zone: group.zone
  }
}

const showRules = group =>
  [...(group.enable_default_security ? fixed : []), ...group.rules].map(rule => ({ ...rule, zone: group.zone }))

function make (world, zone, project, fields) {
  const now = world.date()
  const group = {
    id: world.uuid(),
    zone,
    project,
    description: null,
    stateful: true,
    inbound_default_policy: 'accept',
    outbound_default_policy: 'accept',
    project_default: false,
    enable_default_security: true,
    state: 'available',
    tags: [],
    rules: [],
    created: now,
    modified: now,
    ...fields
  }
  world.data.groups[group.id] = group
  return group
}

// The group of a server: the one that is wanted, or else the project's own, which is always there.
function choose (world, zone, project, id) {
  if (id) return find(world, zone, id)
  const own = Object.values(world.data.groups).find(
    one => one.zone === zone && one.project === project && one.project_default
  )
  return own ?? make(world, zone, project, { name: 'Default security group', project_default: true })
}

function sync (world, group) {
  group.state = 'syncing'
  world.after(delays.groupSync, 'group synced', group.id)
}

// ---- groups

const policy = oneOf('accept', 'drop')
const known = {
  name: text,
  description: orNull(text),
  stateful: bool,
  inbound_default_policy: policy,
  outbound_default_policy: policy,
  enable_default_security: bool,
  organization_default: bool,
  project_default: bool,
  tags: listOf(text)
}

function create ({ world, zone, body }) {
  const { project, organization, ...fields } = check(body, { ...known, project: uuid, organization: uuid },
    ['name', ...(body.organization ? [] : ['project'])])
  return { status: 201, body: { security_group: show(world, make(world, zone, project ?? organization, fields)) } }
}

const tests = {
  project: (group, value) => group.project === value,
  organization: (group, value) => group.project === value,
  name: (group, value) => group.name.includes(value),
  tags: (group, value, words) => words.every(tag => group.tags.includes(tag)),
  project_default: (group, value) => group.project_default === (value === 'true')
}

function list (call) {
  const { world, zone, query } = call
  if (query.get('project')) choose(world, zone, query.get('project'))
  const found = Object.values(world.data.groups)
    .filter(group => group.zone === zone)
    .filter(pages.passes(query, tests))
  return pages.instance(call, 'security_groups', found.reverse(), group => show(world, group))
}

function get ({ world, zone, id }) {
  return { status: 200, body: { security_group: show(world, find(world, zone, id)) } }
}

function update ({ world, zone, id, body }) {
  const group = find(world, zone, id)
  const fields = check(body, known)
  const changed = Object.keys(fields).some(name => JSON.stringify(fields[name]) !== JSON.stringify(group[name]))

  Object.assign(group, fields)
  if (changed) {
    group.modified = world.date()
    sync(world, group)
  }
  return { status: 200, body: { security_group: show(world, group) } }
}

function remove ({ world, zone, id }) {
  const group = find(world, zone, id)
  if (group.project_default) throw unmet(400, 'security group should not be the default one', 'protected_resource')
  if (membersOf(world, group).length > 0) throw conflict('Group is in use. You cannot delete it.')
  delete world.data.groups[id]
  return { status: 204 }
}

// ---- rules

const port = value => whole(value) ?? (value >= 0 && value <= 65535 ? undefined : ['constraint', 'from 0 to 65535'])
const range = value => text(value) ??
  (/^[0-9a-f.:]+(\/\d{1,3})?$/i.test(value) ? undefined : ['constraint', 'expected an address or a net'])
const ruleFields = {
  id: orNull(uuid),
  action: policy,
  protocol: oneOf('TCP', 'UDP', 'ICMP', 'ANY'),
  direction: oneOf('inbound', 'outbound'),
  ip_range: range,
  dest_port_from: orNull(port),
  dest_port_to: orNull(port),
  position: orNull(whole),
  editable: orNull(bool),
  zone: orNull(text)
}
const needed = ['action', 'protocol', 'direction', 'ip_range']

// What comes back differs from what was sent.
function normal (
  world,
  { action, protocol, direction, ip_range: net, dest_port_from: from = null, dest_port_to: to = null }
) {
  const ports = protocol === 'TCP' || protocol === 'UDP'
  return {
    id: world.uuid(),
    protocol,
    direction,
    ip_range: net.replace(/^([0-9.]+)\/32$/, '$1'),
    dest_ip_range: null,
    dest_port_from: ports ? from : null,
    dest_port_to: ports && to !== 0 && to !== from ? to : null,
    position: 0,
    editable: true,
    action
  }
}

function renumber (group) {
  const next = { inbound: 1, outbound: 1 + (group.enable_default_security ? fixed.length : 0) }
  for (const rule of group.rules) rule.position = next[rule.direction]++
}

// The number of rules isn't told: whoever wants all goes on until a page is short.
function rules (call) {
  const all = showRules(find(call.world, call.zone, call.id))
  return { ...pages.instance(call, 'rules', all, rule => rule), headers: {} }
}

function setRules ({ world, zone, id, body }) {
  const group = find(world, zone, id)
  const fields = check(body, { rules: listOf(shape(ruleFields, needed)) }, ['rules'])

  group.rules = fields.rules.filter(rule => !fixed.some(one => one.id === rule.id)).map(rule => normal(world, rule))
  renumber(group)
  sync(world, group)
  return { status: 200, body: { rules: showRules(group) } }
}

function addRule ({ world, zone, id, body }) {
  const group = find(world, zone, id)
  const rule = normal(world, check(body, ruleFields, needed))

  group.rules.push(rule)
  renumber(group)
  sync(world, group)
  return { status: 201, body: { rule: { ...rule, zone } } }
}

function removeRule ({ world, zone, id, rule }) {
  const group = find(world, zone, id)
  if (fixed.some(one => one.id === rule)) throw wrong('rule', 'constraint', 'is not editable')
  if (!group.rules.some(one => one.id === rule)) throw missing('instance_security_group_rule', rule)
  group.rules = group.rules.filter(one => one.id !== rule)
  renumber(group)
  sync(world, group)
  return { status: 204 }
}

function plan (world) {
  world.when('group synced', ({ id }) => {
    if (world.data.groups[id]) world.data.groups[id].state = 'available'
  })
}

module.exports = { choose, create, list, get, update, remove, rules, setRules, addRule, removeRule, plan }
