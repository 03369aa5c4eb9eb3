'use strict'
// The shape of a body: each field's path and types.

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/
const whole = new RegExp(`^${UUID.source}$`)

// "GET /instance/v1/zones/{zone}/servers/{id}"
function kindOf ({ method, url }) {
  const path = url.split('?')[0]
    .replace(/\/zones\/[^/]+/, '/zones/{zone}')
    .replace(new RegExp(`/${UUID.source}`, 'g'), '/{id}')
    .replace(/\/user_data\/[^/]+$/, '/user_data/{key}')
  return `${method} ${path}`
}

// The name of the kind of body: what is asked for, or what is wrong.
function shapeName ({ method, url, status, response, body = response }) {
  if (typeof body !== 'object') return body === '' ? 'nothing' : 'text'
  if (status >= 400) return `error ${body.type ?? status}`
  const [, path] = kindOf({ method, url }).split(' ')
  const [, api, version, noun] = /^\/(\w+)\/(\w+)\/(?:zones\/\{zone\}\/)?(.*?)(?:\/\{id\})?$/.exec(path)
  const list = method === 'GET' && !path.endsWith('{id}')
  return `${api} ${version} ${noun}${list ? ', list' : ''}`
}

function typeOf (value) {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  if (typeof value !== 'string') return typeof value
  if (whole.test(value)) return 'uuid'
  if (/^\d{4}-\d\d-\d\dT[\d:]+(\.\d+)?Z$/.test(value)) return 'dateZ'
  if (/^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value)) return 'date+00:00'
  return 'string'
}

// Keys that are data: numbers of volumes, names of types.
const isData = key => /^\d+$/.test(key) || /^[A-Z0-9]+(-[A-Z0-9]+)*$/.test(key)

// Objects of several kinds, told apart by a field, have a path for each.
const variant = value => value.volume_type ? `(${value.volume_type})` : ''

class Shape {
  constructor () {
    this.fields = {}
    this.objects = {}
  }

  add (value, path = '') {
    if (path !== '') (this.fields[path] ??= { types: new Set(), seen: 0 }).types.add(typeOf(value))
    if (Array.isArray(value)) {
      for (const item of value) this.add(item, `${path}[]`)
    } else if (value !== null && typeof value === 'object') {
      this.addObject(value, `${path}${variant(value)}`)
    }
    return this
  }

  addObject (value, at) {
    this.objects[at] = (this.objects[at] ?? 0) + 1
    for (const [key, item] of Object.entries(value)) {
      const path = `${at}${at === '' ? '' : '.'}${isData(key) ? '*' : key}`
      this.add(item, path)
      this.fields[path].seen++
    }
  }

  // Path: types, joined; with "?" if it was missing from some of the objects that it is of.
  facts () {
    return Object.fromEntries(Object.entries(this.fields).map(([path, { types, seen }]) => {
      const parent = path.endsWith('[]') ? null : path.slice(0, Math.max(path.lastIndexOf('.'), 0))
      const sometimes = parent !== null && !path.endsWith('*') && seen < this.objects[parent]
      return [path, [...types].sort().join('|') + (sometimes ? '?' : '')]
    }))
  }
}

const allows = (fact, type) =>
  fact
    .replace('?', '')
    .split('|')
    .some(one => one === type || (one === 'number' && type === 'integer'))

// What is wrong with a body, by the facts about its shape.
function compare (facts, body) {
  const wrong = []
  const shape = new Shape().add(body)

  for (const [path, { types }] of Object.entries(shape.fields)) {
    if (!facts[path]) wrong.push(`${path}: is not in the recordings`)
    else {
      for (const type of types) {
        if (!allows(facts[path], type)) wrong.push(`${path}: ${type}, recorded ${facts[path]}`)
      }
    }
  }
  for (const [path, fact] of Object.entries(facts)) {
    const parent = path.slice(0, Math.max(path.lastIndexOf('.'), 0))
    if (path.endsWith('[]') || path.endsWith('*') || fact.endsWith('?') || shape.objects[parent] === undefined) {
      continue
    }
    if ((shape.fields[path]?.seen ?? 0) < shape.objects[parent]) wrong.push(`${path}: missing`)
  }
  return wrong
}

module.exports = { UUID, kindOf, shapeName, Shape, compare }
