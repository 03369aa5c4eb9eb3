'use strict'
// A server as the API shows it.

const market = require('./market')
const { missing } = require('./answer')

// What may be done in which state.
const allowed = {
  stopped: ['poweron', 'backup'],
  starting: ['stop_in_place', 'backup'],
  running: ['poweroff', 'terminate', 'reboot', 'stop_in_place', 'backup'],
  stopping: ['stop_in_place', 'backup'],
  'stopped in place': ['poweron', 'poweroff', 'terminate', 'reboot', 'backup'],
  locked: []
}

// Nothing may be done while volumes are being attached, and at the end of a termination.
function mayDo (world, server) {
  const busy = server.ending || Object.values(server.volumes).some(({ id }) =>
    world.data.disks[id]?.refs.some(ref => ref.status === 'attaching'))
  return busy ? [] : allowed[server.state]
}

function findServer (world, zone, id) {
  const server = world.data.servers[id]
  if (!server || server.zone !== zone) throw missing('instance_server', id)
  return server
}

function showLocal (world, volume) {
  const server = world.data.servers[volume.server]
  return {
    id: volume.id,
    name: volume.name,
    volume_type: 'l_ssd',
    export_uri: null,
    organization: volume.project,
    project: volume.project,
    server: server ? { id: server.id, name: server.name } : null,
    size: volume.size,
    state: 'available',
    creation_date: volume.created,
    modification_date: volume.modified,
    tags: volume.tags,
    zone: volume.zone
  }
}

function showVolume (world, { id, boot }, zone) {
  if (world.data.locals[id]) return { boot, ...showLocal(world, world.data.locals[id]) }
  const attaching = world.data.disks[id]?.refs.some(ref => ref.status === 'attaching')
  return { boot, volume_type: 'sbs_volume', id, state: attaching ? 'attaching' : 'available', zone }
}

// IPv6 addresses are made from the net and the card's number.
function slaac (prefix, mac) {
  const part = mac.split(':').map(byte => parseInt(byte, 16))
  const hex = (a, b) => ((a << 8) | b).toString(16)
  return prefix.replace(/::\/64$/, ':') +
    [hex(part[0] ^ 2, part[1]), hex(part[2], 0xff), hex(0xfe, part[3]), hex(part[4], part[5])].join(':')
}

function gateway ({ addresses: { base } }) {
  return [24, 16, 8, 0].map(shift => Math.floor((base + 1) / 2 ** shift) % 256).join('.')
}

function showAddress (world, server, ip) {
  const six = ip.type === 'routed_ipv6'
  return {
    id: ip.id,
    address: six ? slaac(ip.prefix, server.mac) : ip.address,
    dynamic: ip.dynamic === true,
    gateway: six ? 'fe80::1' : gateway(world),
    netmask: six ? '64' : '32',
    family: six ? 'inet6' : 'inet',
    provisioning_mode: six ? 'slaac' : 'dhcp',
    tags: ip.tags,
    state: ip.state,
    ipam_id: ip.id
  }
}

// The addresses of a server: those that were reserved, or else the one that it gets while it runs.
function addressesOf (world, server) {
  const reserved = server.ips.map(id => world.data.ips[id])
  return server.dynamic ? [...reserved, server.dynamic] : reserved
}

function showServer (world, server) {
  const addresses = addressesOf(world, server).map(ip => showAddress(world, server, ip))
  const group = world.data.groups[server.group]
  return {
    id: server.id,
    name: server.name,
    arch: market.typeOf(server.commercial_type).arch,
    commercial_type: server.commercial_type,
    boot_type: server.boot_type,
    organization: server.project,
    project: server.project,
    hostname: server.name,
    image: server.image,
    volumes: Object.fromEntries(
      Object.entries(server.volumes).map(([key, one]) => [key, showVolume(world, one, server.zone)])
    ),
    tags: server.tags,
    state: server.state,
    protected: server.protected,
    state_detail: server.detail,
    public_ip: addresses.find(ip => ip.family === 'inet') ?? null,
    public_ips: addresses,
    mac_address: server.mac,
    routed_ip_enabled: true,
    ipv6: null,
    extra_networks: [],
    dynamic_ip_required: server.dynamic_ip_required,
    enable_ipv6: false,
    private_ip: null,
    creation_date: server.created,
    modification_date: server.modified,
    bootscript: null,
    security_group: { id: group.id, name: group.name },
    location: server.node === null
      ? null
      : { zone_id: server.zone, platform_id: '14', cluster_id: '38', hypervisor_id: server.node, node_id: '64' },
    maintenances: [],
    allowed_actions: mayDo(world, server),
    placement_group: null,
    private_nics: [],
    zone: server.zone,
    filesystems: [],
    end_of_service: market.typeOf(server.commercial_type).old,
    dns: `${server.id}.pub.instances.scw.cloud`
  }
}

module.exports = { allowed, mayDo, findServer, showServer, showLocal, showAddress, addressesOf }
