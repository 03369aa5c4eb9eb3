'use strict'
// The fields of a request: which there may be, which there must be, and their types.

const { invalid } = require('./answer')

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const GB = 1e9

const isObject = value => value !== null && typeof value === 'object' && !Array.isArray(value)

// A type is a function that says what is wrong with a value: undefined, or [reason, help].
const when = (good, reason, help) => value => good(value) ? undefined : [reason, help]

const text = when(value => typeof value === 'string', 'format', 'expected a string')
const bool = when(value => typeof value === 'boolean', 'format', 'expected a boolean')
const whole = when(value => Number.isSafeInteger(value), 'format', 'expected an integer')
const uuid = when(value => typeof value === 'string' && UUID.test(value), 'format', 'expected a UUID')
const object = when(isObject, 'format', 'expected a dictionary')

const list = type => value => {
  if (!Array.isArray(value)) return ['format', 'expected a list']
  return value.map(type).find(Boolean)
}
const orNull = type => value => (value === null ? undefined : type(value))
const oneOf = (...values) =>
  when(value => values.includes(value), 'constraint', `expected one of ${values.join(', ')}`)

// Names of servers become host names.
const hostname = value =>
  text(value) ??
  (/^[A-Za-z0-9. -]{1,255}$/.test(value)
    ? undefined
    : ['constraint', 'letters, digits, dots, spaces and dashes only'])

const size = value =>
  whole(value) ??
  (value >= GB && value <= 1e4 * GB && value % GB === 0
    ? undefined
    : ['constraint', 'from 1 GB to 10 TB, in whole GB'])

// A fixed set of fields, checked within a larger one.
const shape = (fields, required = []) => value => {
  if (!isObject(value)) return ['format', 'expected a dictionary']
  const [first] = faults(value, fields, required)
  return first && [first.reason, `${first.argument_name}: ${first.help_message}`]
}

function faults (body, fields, required) {
  const found = []
  const say = (name, reason, help) => found.push({ argument_name: name, reason, help_message: help })

  for (const name of required) {
    if (body[name] === undefined) say(name, 'required', 'required key not provided')
  }
  for (const [name, value] of Object.entries(body)) {
    if (!Object.hasOwn(fields, name)) {
      say(name, 'unknown', 'extra keys not allowed')
      continue
    }
    const [reason, help] = fields[name](value) ?? []
    if (reason) say(name, reason, help)
  }
  return found
}

// Refuses a body with a field that isn't among fields, is of another type, or is missing.
function check (body, fields, required = []) {
  if (!isObject(body)) {
    throw invalid([{ argument_name: 'body', reason: 'format', help_message: 'expected a JSON object' }])
  }
  const found = faults(body, fields, required)
  if (found.length > 0) throw invalid(found)
  return body
}

module.exports = {
  UUID,
  GB,
  isObject,
  check,
  shape,
  text,
  bool,
  whole,
  uuid,
  object,
  list,
  orNull,
  oneOf,
  hostname,
  size
}
