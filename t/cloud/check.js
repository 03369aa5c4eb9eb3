'use strict'
// What must hold once all is quiet, of whatever has happened before: between the database, the cloud and the master.

const { isRead } = require('./master')

const tagOf = (tags, prefix) => tags.find(tag => tag.startsWith(prefix))?.slice(prefix.length) ?? ''
const isRoot = disk => / ?_sbs_volume_0$/.test(disk.name) || disk.snapshot !== null

// All that the cloud has, as {kind, id, name, instance, server, generation, mark}.
function things (world) {
  const { servers, disks, ips, groups } = world.data
  const thing = (kind, one) => ({
    kind, id: one.id, name: one.name ?? one.address, instance: tagOf(one.tags, 'baas-i-'), server: Number(tagOf(one.tags, 'baas-s-')),
    generation: Number(tagOf(one.tags, 'baas-g-')), mark: tagOf(one.tags, 'baas-m-')
  })
  return [
    ...Object.values(groups).filter(one => !one.project_default).map(one => thing('group', one)),
    ...Object.values(disks).map(one => thing(isRoot(one) ? 'root' : 'volume', one)),
    ...Object.values(ips).map(one => thing(one.type === 'routed_ipv6' ? 'ip6' : 'ip', one)),
    ...Object.values(servers).map(one => thing('server', one))
  ]
}

const columns = { volume: 'volume_id', ip: 'ip_id', ip6: 'ip6_id', server: 'cloud_id', root: 'root_id' }
const records = world => Object.values(world.data.zones).flatMap(zone => zone.records.map(record => ({ ...record, zone: zone.name })))
  .filter(record => ['A', 'AAAA'].includes(record.type))

// The rows that stay what they were: identities, and what was handed out.
function identities (servers, bots) {
  const kept = {}
  for (const one of bots) for (const name of ['public_key', 'secret', 'dir', 'port', 'key', 'name']) kept[`bot ${one.id} ${name}`] = one[name]
  for (const one of servers) {
    for (const name of ['volume_id', 'ip_id', 'ip6_id', 'address']) kept[`server ${one.id} ${name}`] = one[name] ?? ''
    kept[`server ${one.id} net6`] = (one.address6 ?? '').split(':').slice(0, 4).join(':') // the rest is the machine's
  }
  return kept
}

// What was known at an earlier moment must be so at a later one, but of what was to go: words of what is not.
function changed (before, after, gone = []) {
  return Object.keys(before).filter(key => before[key] !== '' && before[key] !== after[key] && !gone.some(one => key.startsWith(`${one} `)))
    .map(key => `changed: ${key} was ${before[key]}, is ${after[key]}`)
}

// Nothing is there that no row has, and all that rows have is there.
function compare (world, rows, instance) {
  const all = things(world).filter(one => one.instance === '' || one.instance === instance)
  const wrong = []
  const claimed = new Set()
  for (const row of rows) {
    for (const [kind, column] of Object.entries(columns)) {
      if (row[column] === '') continue
      claimed.add(row[column])
      if (!all.some(one => one.kind === kind && one.id === row[column])) wrong.push(`lost: ${kind} ${row[column]} of server ${row.id}`)
    }
  }
  for (const id of new Set(rows.map(row => row.group_id).filter(Boolean))) claimed.add(id)
  for (const one of all) {
    if (claimed.has(one.id)) continue
    const twin = all.find(other => other !== one && other.kind === one.kind && other.server === one.server && claimed.has(other.id))
    if (one.kind === 'group' && !twin) continue // one for all servers, and it stays
    wrong.push(`${twin ? 'duplicate' : 'orphan'}: ${one.kind} ${one.name} of server ${one.server}, generation ${one.generation}`)
  }
  return wrong
}

// Names lead where they should: each bot's to its server, once, and no others.
function compareNames (world, rows, bots, domain) {
  const wrong = []
  const found = records(world)
  for (const bot of bots) {
    const row = rows.find(one => one.id === bot.server_id)
    for (const [type, address] of [['A', row.address], ['AAAA', row.address6]]) {
      const own = found.filter(one => `${one.name}.${one.zone}` === `${bot.name}.${domain}` && one.type === type)
      if (own.length > 1) wrong.push(`duplicate: record of ${bot.name}`)
      if (row.state === 'ready' && own[0]?.data !== address) wrong.push(`lost: record of ${bot.name} says ${own[0]?.data}, not ${address}`)
    }
  }
  const names = new Set(bots.map(bot => `${bot.name}.${domain}`))
  for (const one of found) if (!names.has(`${one.name}.${one.zone}`)) wrong.push(`orphan: record ${one.name}.${one.zone}`)
  return wrong
}

// What was deleted, and whose: allowed is a function of the thing.
function judgeDrops (log, seen, allowed) {
  const wrong = []
  for (const entry of log) {
    if (entry.method !== 'DELETE' || entry.status >= 400) continue
    const id = entry.url.split('/').pop().split('?')[0]
    const thing = seen.get(id)
    if (thing && !allowed(thing)) wrong.push(`wrongly deleted: ${thing.kind} ${thing.name} of server ${thing.server}, generation ${thing.generation}`)
  }
  return wrong
}

// Each bot runs or rests as it is wished, as itself.
function compareBots (master, rows, bots) {
  const wrong = [...master.data.wrong]
  for (const bot of bots) {
    const row = rows.find(one => one.id === bot.server_id)
    const one = master.machineOf(row.minion) && master.fake.state.minions[row.minion].bots[bot.key]
    const wanted = bot.wanted === 'running' && bot.binned_at === null && bot.suspended_at === null
    if (wanted && !(one?.running && one.restarts === bot.restarts && one.id === bot.public_key)) wrong.push(`lost wish: ${bot.name} does not run as wished`)
    if (!wanted && one?.running) wrong.push(`lost wish: ${bot.name} runs`)
  }
  return wrong
}

module.exports = { things, records, identities, changed, compare, compareNames, compareBots, judgeDrops, isRead }
