'use strict'
// An API that answers what a test wants, whatever was asked; and what our client should make of it, said once more and
// in another language.

const { createServer } = require('http')

// answer(request) gives {status, body or raw, headers}; request: {method, url, type, body}.  All are in log.
class Stub {
  constructor (answer) {
    this.answer = answer
    this.log = []
    this.server = createServer((request, response) => {
      const parts = []
      request.on('data', part => parts.push(part)).on('end', () => {
        const text = Buffer.concat(parts).toString()
        const type = request.headers['content-type'] ?? null
        const body_ = type === 'application/json' ? JSON.parse(text) : text
        const asked = { method: request.method, url: request.url, type, body: body_ }
        this.log.push(asked)
        const { status = 200, body, raw = body === undefined ? '' : JSON.stringify(body), headers = {} } = this.answer(asked)
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
        response.end(raw)
      })
    })
  }

  async open () {
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${this.server.address().port}`
    return this
  }

  close () {
    this.server.close()
    this.server.closeAllConnections()
  }
}

const open = answer => new Stub(answer).open()

// Answers a look: lists of things by the last word of the path, in pages.
function lists (things) {
  return ({ method, url }) => {
    const { pathname, searchParams: query } = new URL(url, 'http://x')
    const key = pathname.split('/').pop()
    const size = Number(query.get('per_page') ?? query.get('page_size'))
    const all = things[key] ?? []
    const items = all.slice((Number(query.get('page')) - 1) * size, Number(query.get('page')) * size)
    if (method !== 'GET') return { status: 500 }
    return pathname.startsWith('/block/')
      ? { body: { [key]: items, total_count: all.length } }
      : { body: { [key]: items }, headers: { 'X-Total-Count': String(all.length) } }
  }
}

// ---- what a thing is to be read as; machines: ids of those that are there

const states = { running: 'on', stopped: 'off', 'stopped in place': 'off', starting: 'moving', stopping: 'moving' }
const moment = text => Math.floor(Date.parse(text.replace(/\.\d+/, '')) / 1000) * 1000

function server (one) {
  const reserved = one.public_ips.filter(ip => !ip.dynamic)
  const { 0: root, ...others } = one.volumes
  return {
    kind: 'server',
    state: states[one.state] ?? 'odd',
    word: one.state,
    holder: '',
    address: '',
    root: root?.id ?? '',
    disks: Object.values(others).map(volume => volume.id),
    ips: reserved.map(ip => ip.id),
    group: one.security_group.id,
    may_on: one.allowed_actions.includes('poweron'),
    may_off: one.allowed_actions.includes('poweroff'),
    may_drop: one.state === 'stopped' && !one.protected,
    made_at: moment(one.creation_date)
  }
}

const nothing = {
  root: '', disks: [], ips: [], group: '', may_on: false, may_off: false, may_drop: false, address: '', holder: ''
}

function volume (one, machines) {
  const [reference] = one.references
  const holder = reference?.product_resource_id ?? ''
  let state = { available: 'off', in_use: 'on', error: 'odd', locked: 'odd' }[one.status] ?? 'moving'
  if (state === 'off' && reference) state = 'moving'
  if (state === 'on' && (reference?.status !== 'attached' || !machines.has(holder))) state = 'moving'
  return { ...nothing, kind: 'volume', state, word: one.status, holder, made_at: moment(one.created_at) }
}

function ip (one, machines) {
  const holder = one.server?.id ?? ''
  const on = ['attached', 'pending'].includes(one.state) && machines.has(holder)
  return {
    ...nothing,
    kind: one.type === 'routed_ipv6' ? 'ip6' : 'ip',
    state: on ? 'on' : one.state === 'detached' ? 'off' : 'moving',
    word: one.state,
    holder,
    address: one.address ?? '',
    made_at: 0
  }
}

const group = one => ({ ...nothing, kind: 'group', state: 'on', word: one.state, made_at: moment(one.creation_date) })

const readers = { servers: server, volumes: volume, ips: ip, security_groups: group }

const expected = (key, one, machines) => ({
  id: one.id, name: one.name ?? '', instance: '', mark: '', server: 0, generation: 0, ...readers[key](one, machines)
})

module.exports = { open, lists, expected }
