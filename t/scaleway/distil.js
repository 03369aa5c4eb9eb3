'use strict'
// Makes facts.json of recorded exchanges: node t/scaleway/distil.js [DIR], by default ../shared/recorded/scaleway
// beside the checkout.  One JSON object a line: method, url, request, status, headers, response.
//
//   calls    per method and path, per status: content type, name of the body's shape, names of headers, how often
//   shapes   per kind of body, path of each field: its types; "?" after it: not always there
//   sent     per call the fields of the requests that were accepted
//   queries  per call the parameters of its address
//   states   per state of a server: allowed actions, whether it has a location
//   orders   per action the states that followed
//   delays   per transition, for each time it was seen: [seconds when it was not over, seconds when it was]
//   links    Link headers of first, middle, last and empty pages
//   rate     calls that were answered and refused in the seconds with refusals

const fs = require('fs')
const path = require('path')
const { kindOf, shapeName, Shape } = require('./shape')

const YEAR = '2026' // of two dialects of one thing, the newer counts

const from = process.argv[2] ?? path.join(__dirname, '../../../shared/recorded/scaleway')
const to = path.join(__dirname, 'facts.json')

function readAll (dir) {
  return fs.readdirSync(dir).filter(name => name.endsWith('.jsonl')).sort().map(name =>
    fs.readFileSync(path.join(dir, name), 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line)))
}

const secondsOf = ({ headers }) => Date.parse(headers.date) / 1000
const year = one => new Date(one.headers.date).getUTCFullYear().toString()

// Only the newest of each kind of call and status.
function newest (all) {
  const kinds = new Set(all.filter(one => year(one) === YEAR).map(one => `${kindOf(one)} ${one.status}`))
  return all.filter(one => year(one) === YEAR || !kinds.has(`${kindOf(one)} ${one.status}`))
}

function calls (all) {
  const found = {}
  for (const one of all) {
    const about = (found[kindOf(one)] ??= {})[one.status] ??= { seen: 0 }
    about.seen++
    about.type = one.headers['content-type'] ?? null
    about.shape = shapeName(one)
    about.headers = Object.keys(one.headers).filter(name => name !== 'date' && name !== 'content-type').sort()
  }
  return found
}

function shapes (all) {
  const found = {}
  for (const one of all) (found[shapeName(one)] ??= new Shape()).add(one.response)
  return Object.fromEntries(Object.keys(found).sort().map(name => [name, found[name].facts()]))
}

function sent (all) {
  const found = {}
  for (const one of all) {
    if (typeof one.request === 'object' && one.status < 300) (found[kindOf(one)] ??= new Shape()).add(one.request)
  }
  return Object.fromEntries(Object.entries(found).map(([kind, shape]) => [kind, shape.facts()]))
}

function queries (all) {
  const found = {}
  for (const one of all.filter(({ url }) => url.includes('?'))) {
    const names = [...new URLSearchParams(one.url.split('?')[1]).keys()]
    found[kindOf(one)] = [...new Set([...found[kindOf(one)] ?? [], ...names])].sort()
  }
  return found
}

const lookAt = one => one.response.server && `${one.response.server.state}/${one.response.server.state_detail}`

function states (all) {
  const found = {}
  for (const one of all.filter(lookAt)) {
    const { allowed_actions: allowed, location } = one.response.server
    const about = found[lookAt(one)] ??= { allowed: [], location: [] }
    if (!about.allowed.some(list => list.join() === allowed.join())) about.allowed.push(allowed)
    if (!about.location.includes(location !== null)) about.location.push(location !== null)
  }
  return found
}

// What the looks at a server said after each action: {action, before, looks: [[seconds, look]]}.
function stories (recording) {
  const found = []
  let last = null
  let story = null
  for (const one of recording) {
    const [, id] = /\/servers\/([0-9a-f-]{36})/.exec(one.url) ?? []
    if (!id) continue
    if (one.url.endsWith('/action')) {
      story = { action: one.request.action, before: last, at: secondsOf(one), looks: [] }
      found.push(story)
      continue
    }
    if (one.method !== 'GET' || !one.url.endsWith(id)) continue
    last = lookAt(one) ?? 'gone'
    if (story) story.looks.push([secondsOf(one) - story.at, last])
  }
  return found
}

const nameOf = ({ action, before }) => `${action} from ${before.split('/')[0]}`

function orders (all) {
  const found = {}
  for (const story of all) {
    const order = story.looks.map(([, look]) => look).filter((look, i, looks) => look !== looks[i - 1])
    const known = found[nameOf(story)] ??= []
    if (!known.some(one => one.join() === order.join())) known.push(order)
  }
  return found
}

const over = look => !/^(starting|stopping)\//.test(look)

// [seconds at the last look before the first good one, seconds at that].
function between (looks, good) {
  const end = looks.findIndex(([, look]) => good(look))
  return end < 0 ? [] : [[looks[end - 1]?.[0] ?? 0, looks[end][0]]]
}

// For each new volume of a recording, its looks: [[seconds, status]].
function volumes (recording) {
  const made = recording.filter(({ method, url }) => method === 'POST' && /\/block\/v1\/.*\/volumes$/.test(url))
  return made.map(one => recording
    .filter(({ method, url, n }) => method === 'GET' && n > one.n && url.endsWith(`/volumes/${one.response.id}`))
    .filter(({ url }) => url.startsWith('/block/'))
    .map(look => [secondsOf(look) - secondsOf(one), look.response.status]))
}

function delays (all, recordings) {
  const found = {}
  const add = (name, times) => (found[name] ??= []).push(...times)

  for (const story of all) add(nameOf(story), between(story.looks, over))
  for (const looks of recordings.flatMap(volumes)) add('volume creating', between(looks, status => status !== 'creating'))
  return found
}

function links (all) {
  const found = {}
  for (const { url, headers } of all.filter(one => one.headers.link)) {
    const page = Number(/[?&]page=(\d+)/.exec(url)?.[1] ?? 1)
    const pages = Math.ceil(headers['x-total-count'] / 50)
    found[`page ${page} of ${pages}`] = headers.link.replace(/<\/servers\/[0-9a-f-]{36}/g, '<')
  }
  return found
}

function rate (all) {
  const seconds = {}
  for (const one of all) {
    const count = seconds[one.headers.date] ??= { answered: 0, refused: 0 }
    count[one.status === 429 ? 'refused' : 'answered']++
  }
  return Object.values(seconds).filter(({ refused }) => refused > 0)
}

const sortedByKey = object => Object.fromEntries(Object.entries(object).sort(([a], [b]) => a < b ? -1 : 1))

const WIDTH = 118

// One line for what fits into one.
function print (value, indent = '', before = 0) {
  const line = JSON.stringify(value, null, 1).replace(/\n */g, ' ').replace(/\[ /g, '[').replace(/ \]/g, ']')
  const isText = value === null || typeof value !== 'object'
  if (isText || indent.length + before + line.length < WIDTH) return line
  const lines = Object.entries(value).map(([key, item]) => {
    const name = Array.isArray(value) ? '' : `${JSON.stringify(key)}: `
    return `${indent}  ${name}${print(item, `${indent}  `, name.length)}`
  })
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}

function main () {
  if (!fs.existsSync(from)) {
    console.error(`distil: no recordings in ${from}: facts.json stays as it is`)
    process.exit(1)
  }
  const recordings = readAll(from)
  const all = recordings.flat()
  const told = recordings.flatMap(stories)
  fs.writeFileSync(to, `${print({
    calls: sortedByKey(calls(newest(all))),
    shapes: shapes(newest(all)),
    sent: sortedByKey(sent(all)),
    queries: sortedByKey(queries(all)),
    states: states(newest(all)),
    orders: orders(told),
    delays: delays(told, recordings),
    links: links(all),
    rate: rate(all)
  })}\n`)
}

main()
