'use strict'
// Lists in pages: the Instance API tells the rest in headers, all others in the body.

const { wrong } = require('./answer')

function count (query, name, otherwise, most) {
  if (!query.has(name)) return otherwise
  const value = Number(query.get(name))
  if (!Number.isSafeInteger(value) || value < 1) throw wrong(name, 'format', 'expected a positive integer')
  if (value > most) throw wrong(name, 'constraint', `expected at most ${most}`)
  return value
}

// The Link header; its addresses are relative and keep the rest of the query.
function links (call, path, page, size, last) {
  const rest = [...call.query].filter(([name]) => name !== 'page' && name !== 'per_page')
  const tail = new URLSearchParams(rest).toString()
  const link = (to, rel) => `<${path}?page=${to}&per_page=${size}&${tail}>; rel="${rel}"`
  const all = []

  if (page > 1) all.push(link(1, 'first'), link(page - 1, 'previous'))
  if (page < last) all.push(link(page + 1, 'next'))
  all.push(link(last, 'last'))
  return all.join(',')
}

// {key: page of items} with X-Total-Count and Link.  With entries, items are [name, value] and come as an object.
function instance (call, key, items, show, entries = false) {
  const page = count(call.query, 'page', 1, Number.MAX_SAFE_INTEGER)
  const size = count(call.query, 'per_page', 50, 100)
  const some = items.slice((page - 1) * size, page * size).map(show)
  const path = call.path.replace(/^\/instance\/v1\/zones\/[^/]+/, '')
  return {
    status: 200,
    headers: {
      'X-Total-Count': String(items.length),
      Link: links(call, path, page, size, Math.ceil(items.length / size))
    },
    body: { [key]: entries ? Object.fromEntries(some) : some }
  }
}

// {key: page of items, total_count}.
function others (call, key, items, show) {
  const page = count(call.query, 'page', 1, Number.MAX_SAFE_INTEGER)
  const size = count(call.query, 'page_size', 50, 100)
  const some = items.slice((page - 1) * size, page * size).map(show)
  return { status: 200, body: { [key]: some, total_count: items.length } }
}

// Words of a parameter that is joined with commas.
const words = (query, name) => query.getAll(name).flatMap(value => value.split(',')).filter(word => word !== '')

// Whether an item passes: every given parameter of the query, by its own test.
function passes (query, tests) {
  const asked = Object.keys(tests).filter(name => query.has(name) && query.get(name) !== '')
  return item => asked.every(name => tests[name](item, query.get(name), words(query, name)))
}

module.exports = { instance, others, words, passes }
