'use strict'
// What is on offer: images (/marketplace/v2/local-images, /instance/v1/…/images), commercial types and stock
// (/instance/v1/…/products/servers), and the projects that there are (/account/v3/projects).

const crypto = require('crypto')
const pages = require('./pages')
const types = require('./types')
const { missing, wrong } = require('./answer')

const IMAGE_SIZE = 10e9
const VENDOR = '51b656e3-4865-41e8-adbc-0c45bdd780db'
const labels = {
  debian_bullseye: 'Debian Bullseye',
  debian_bookworm: 'Debian Bookworm',
  debian_trixie: 'Debian Trixie',
  ubuntu_focal: 'Ubuntu 20.04 Focal Fossa',
  ubuntu_jammy: 'Ubuntu 22.04 Jammy Jellyfish',
  ubuntu_noble: 'Ubuntu 24.04 Noble Numbat'
}

const typeOf = name => Object.hasOwn(types, name) ? types[name] : undefined

// The same id for the same thing, until all are rotated.
function idOf (...parts) {
  const hex = crypto.createHash('sha256').update(parts.join(' ')).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

// ---- images

function imagesOf (world, zone, label) {
  return ['instance_sbs', 'instance_local'].flatMap(type => ['x86_64', 'arm64'].map(arch => ({
    id: idOf('image', zone, label, type, arch, world.data.rotated),
    snapshot: idOf('snapshot', zone, label, type, arch, world.data.rotated),
    name: labels[label],
    label,
    type,
    arch,
    zone
  })))
}

function findImage (world, zone, id) {
  const found = Object.keys(labels).flatMap(label => imagesOf(world, zone, label)).find(one => one.id === id)
  if (!found) throw missing('instance_image', id)
  return found
}

function showImage (image) {
  return {
    id: image.id,
    name: image.name,
    organization: VENDOR,
    project: VENDOR,
    root_volume: {
      volume_type: image.type === 'instance_sbs' ? 'sbs_snapshot' : 'unified', id: image.snapshot, size: 0, name: ''
    },
    extra_volumes: {},
    public: true,
    arch: image.arch,
    creation_date: '2026-05-12T15:06:26.845576+00:00',
    modification_date: '2026-05-12T15:06:26.845576+00:00',
    default_bootscript: null,
    from_server: '',
    state: 'available',
    tags: [],
    zone: image.zone
  }
}

function image ({ world, zone, id }) {
  const own = world.data.images[id]
  if (!own) return { status: 200, body: { image: showImage(findImage(world, zone, id)) } }
  const shown = showImage({ ...own, type: 'instance_sbs', arch: 'x86_64', snapshot: own.id })
  return {
    status: 200,
    body: {
      image: {
        ...shown,
        organization: own.project,
        project: own.project,
        public: false,
        from_server: own.server,
        creation_date: own.created,
        modification_date: own.created
      }
    }
  }
}

function compatible ({ arch, type }) {
  return Object.values(types)
    .filter(one => one.arch === arch && (type === 'instance_sbs' || one.disk > 0))
    .map(one => one.name)
}

function localImages (call) {
  const { world, query } = call
  const label = query.get('image_label')
  const zone = query.get('zone') ?? 'fr-par-1'
  const type = query.get('type') ?? 'unknown_type'

  if (label === null) throw wrong('image_label', 'required', 'one of image_label, image_id and version_id')
  if (!['instance_sbs', 'instance_local', 'unknown_type'].includes(type)) {
    throw wrong('type', 'constraint', 'is unknown')
  }
  if (!Object.hasOwn(labels, label)) throw missing('MarketplaceImage', label)
  const found = imagesOf(world, zone, label).filter(one => type === 'unknown_type' || one.type === type)
  return pages.others(call, 'local_images', found.sort((a, b) => a.arch.localeCompare(b.arch)), one => ({
    id: one.id,
    arch: one.arch,
    zone: one.zone,
    compatible_commercial_types: compatible(one),
    label: one.label,
    type: one.type
  }))
}

// ---- types

function showType (type) {
  const local = type.disk > 0
  return {
    alt_names: [],
    arch: type.arch,
    ncpus: type.cpus,
    ram: type.memory,
    gpu: 0,
    gpu_info: null,
    mig_profile: null,
    volumes_constraint: { min_size: 0, max_size: type.disk * 1e9 },
    per_volume_constraint: { l_ssd: local ? { min_size: 1e9, max_size: 800e9 } : { min_size: 0, max_size: 0 } },
    scratch_storage_max_size: 0,
    scratch_storage_max_volumes_count: 0,
    monthly_price: Number((type.price * 730).toFixed(5)),
    hourly_price: type.price,
    capabilities: {
      boot_types: ['local', 'rescue'],
      placement_groups: true,
      block_storage: true,
      hot_snapshots_local_volume: local,
      private_network: 8,
      max_file_systems: 0
    },
    network: {
      ipv6_support: true,
      sum_internal_bandwidth: type.network,
      sum_internet_bandwidth: type.network,
      interfaces: [{ internal_bandwidth: type.network, internet_bandwidth: type.network }]
    },
    block_bandwidth: 104857600,
    end_of_service: type.old
  }
}

const list = call => pages.instance(call, 'servers', Object.values(types), type => [type.name, showType(type)], true)

function availability (call) {
  const stock = type => (type.name === 'STARDUST1-S' ? 'shortage' : type.old ? 'scarce' : 'available')
  return pages.instance(
    call,
    'servers',
    Object.values(types),
    type => [type.name, { availability: stock(type) }],
    true
  )
}

// ---- projects

// Those that something belongs to.
function projects (call) {
  const { data } = call.world
  const ids = new Set(
    [data.servers, data.disks, data.ips, data.groups].flatMap(Object.values).map(one => one.project)
  )
  const organization = call.query.get('organization_id') ?? [...ids][0] ?? VENDOR
  const date = '2021-09-28T11:34:03.639363Z'
  return pages.others(call, 'projects', [...ids.add(organization)], id => ({
    created_at: date,
    description: '',
    id,
    name: id === organization ? 'default' : `project-${id.slice(0, 8)}`,
    organization_id: organization,
    qualification: { architecture_type: 'unknown_architecture_type' },
    updated_at: date
  }))
}

module.exports = { IMAGE_SIZE, typeOf, findImage, showImage, image, localImages, types: list, availability, projects }
