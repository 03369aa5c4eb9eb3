'use strict'
// Bodies made from facts.json: of the recorded fields and types, with all that may be there or with the least.

const ID = '44444444-4444-4444-8444-4444444444'
let next = 10

const values = {
  uuid: () => `${ID}${next++ % 90 + 10}`,
  string: () => 'text',
  integer: () => 7,
  number: () => 7.5,
  boolean: () => false,
  null: () => null,
  dateZ: () => '2026-07-30T12:55:26.638621Z',
  'date+00:00': () => '2026-07-30T12:55:26.540666+00:00'
}

// Fields of an object, by what their paths begin with: {name: path}; those of one kind of object only are told by
// "(kind)" after the parent's.
function fieldsOf (shape, parent, kind = '') {
  const prefix = parent + kind + (parent + kind === '' ? '' : '.')
  return Object.keys(shape)
    .filter(path => path.startsWith(prefix) && !/[.[]/.test(path.slice(prefix.length)) && path !== prefix)
    .filter(path => kind !== '' || !path.slice(prefix.length).includes('('))
    .map(path => [path.slice(prefix.length), path])
}

const kindsOf = (shape, path) => [...new Set(Object.keys(shape)
  .filter(one => one.startsWith(`${path}(`)).map(one => one.slice(path.length).split(')')[0] + ')'))]

const numbered = (shape, path) => kindsOf(shape, path).length > 0 ? kindsOf(shape, path) : ['']

function object (shape, path, full, kind) {
  const made = {}
  for (const [name, field] of fieldsOf(shape, path, kind)) {
    if (!full && shape[field].endsWith('?')) continue
    if (name !== '*') made[name] = value(shape, field, full)
    // Numbered: one of each kind.
    else for (const [i, one] of numbered(shape, field).entries()) made[i] = object(shape, field, full, one)
  }
  return made
}

function value (shape, path, full) {
  const types = shape[path].replace('?', '').split('|')
  const type = !full && types.includes('null') ? 'null' : types.find(one => one !== 'null') ?? 'null'
  if (type === 'list') return shape[`${path}[]`] && full ? [value(shape, `${path}[]`, full)] : []
  if (type !== 'object') return values[type]()
  return object(shape, path, full, kindsOf(shape, path)[0] ?? '')
}

const body = (shape, full) => object(shape, '', full, '')

module.exports = { body }
