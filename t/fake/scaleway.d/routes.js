'use strict'
// Which function serves which method and path.

const { Refusal } = require('./answer')
const servers = require('./servers')
const actions = require('./actions')
const userData = require('./user_data')
const ips = require('./ips')
const groups = require('./groups')
const locals = require('./locals')
const disks = require('./disks')
const snapshots = require('./snapshots')
const market = require('./market')
const dns = require('./dns')

const instance = '/instance/v1/zones/{zone}'
const instanceZones = ['fr-par-1', 'fr-par-2', 'fr-par-3', 'nl-ams-1', 'nl-ams-2', 'nl-ams-3', 'pl-waw-1', 'pl-waw-2',
  'pl-waw-3', 'it-mil-1']
// The recordings list volumes of it-mil-1 too.
const blockZones = instanceZones

const none = key => () => ({ status: 200, body: { [key]: [], total_count: 0 } })

const table = [
  ['GET', `${instance}/servers`, servers.list],
  ['POST', `${instance}/servers`, servers.create],
  ['GET', `${instance}/servers/{id}`, servers.get],
  ['PATCH', `${instance}/servers/{id}`, servers.update],
  ['DELETE', `${instance}/servers/{id}`, servers.remove],
  ['POST', `${instance}/servers/{id}/action`, actions.act],
  ['GET', `${instance}/servers/{id}/action`, actions.list],
  ['POST', `${instance}/servers/{id}/attach-volume`, servers.attach],
  ['POST', `${instance}/servers/{id}/detach-volume`, servers.detach],
  ['GET', `${instance}/servers/{id}/private_nics`, servers.nics],
  ['GET', `${instance}/servers/{id}/user_data`, userData.list],
  ['GET', `${instance}/servers/{id}/user_data/{key}`, userData.get],
  ['PATCH', `${instance}/servers/{id}/user_data/{key}`, userData.set, { text: true }],
  ['DELETE', `${instance}/servers/{id}/user_data/{key}`, userData.remove],
  ['GET', `${instance}/ips`, ips.list],
  ['POST', `${instance}/ips`, ips.create],
  ['GET', `${instance}/ips/{id}`, ips.get],
  ['PATCH', `${instance}/ips/{id}`, ips.update],
  ['DELETE', `${instance}/ips/{id}`, ips.remove],
  ['GET', `${instance}/security_groups`, groups.list],
  ['POST', `${instance}/security_groups`, groups.create],
  ['GET', `${instance}/security_groups/{id}`, groups.get],
  ['PATCH', `${instance}/security_groups/{id}`, groups.update],
  ['DELETE', `${instance}/security_groups/{id}`, groups.remove],
  ['GET', `${instance}/security_groups/{id}/rules`, groups.rules],
  ['PUT', `${instance}/security_groups/{id}/rules`, groups.setRules],
  ['POST', `${instance}/security_groups/{id}/rules`, groups.addRule],
  ['DELETE', `${instance}/security_groups/{id}/rules/{rule}`, groups.removeRule],
  ['GET', `${instance}/volumes`, locals.list],
  ['POST', `${instance}/volumes`, locals.create],
  ['GET', `${instance}/volumes/{id}`, locals.get],
  ['PATCH', `${instance}/volumes/{id}`, locals.update],
  ['DELETE', `${instance}/volumes/{id}`, locals.remove],
  ['GET', `${instance}/images/{id}`, market.image],
  ['GET', `${instance}/products/servers`, market.types],
  ['GET', `${instance}/products/servers/availability`, market.availability],
  ['GET', '/instance/v2alpha1/zones/{zone}/private-network-interfaces', none('private_network_interfaces')],
  ['GET', '/marketplace/v2/local-images', market.localImages],
  ['GET', '/account/v3/projects', market.projects],
  ['GET', '/domain/v2beta1/dns-zones', dns.zones],
  ['POST', '/domain/v2beta1/dns-zones', dns.createZone],
  ['DELETE', '/domain/v2beta1/dns-zones/{name}', dns.removeZone],
  ['GET', '/domain/v2beta1/dns-zones/{name}/records', dns.records],
  ['PATCH', '/domain/v2beta1/dns-zones/{name}/records', dns.change]
]

for (const version of ['v1', 'v1alpha1']) {
  const block = `/block/${version}/zones/{zone}`
  table.push(
    ['GET', `${block}/volumes`, disks.list],
    ['POST', `${block}/volumes`, disks.create],
    ['GET', `${block}/volumes/{id}`, disks.get],
    ['PATCH', `${block}/volumes/{id}`, disks.update],
    ['DELETE', `${block}/volumes/{id}`, disks.remove],
    ['GET', `${block}/snapshots`, snapshots.list],
    ['POST', `${block}/snapshots`, snapshots.create],
    ['GET', `${block}/snapshots/{id}`, snapshots.get],
    ['DELETE', `${block}/snapshots/{id}`, snapshots.remove]
  )
}

const routes = table.map(([method, shape, serve, more]) => ({
  method,
  regex: new RegExp(`^${shape.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`),
  serve,
  zones: shape.startsWith('/block/') ? blockZones : instanceZones,
  ...more
}))

function find (method, path) {
  const there = routes.map(route => ({ route, match: route.regex.exec(path) })).filter(one => one.match)
  const found = there.find(one => one.route.method === method)

  if (there.length === 0) throw new Refusal(404, { message: 'no such path', type: 'unknown_resource' })
  if (!found) throw new Refusal(405, { message: 'method not allowed' })
  const params = Object.fromEntries(
    Object.entries(found.match.groups ?? {}).map(([name, text]) => [name, decodeURIComponent(text)])
  )
  if (params.zone && !found.route.zones.includes(params.zone)) {
    throw new Refusal(404, { message: 'unknown zone', type: 'unknown_resource' })
  }
  return { ...found.route, params }
}

module.exports = { find }
