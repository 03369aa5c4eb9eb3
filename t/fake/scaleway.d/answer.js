'use strict'
// Answers: the refusals, each with the status and body that the API gives, and the dialects of JSON.

class Refusal extends Error {
  constructor (status, body, type = 'application/json') {
    super(`refused: ${status} ${body?.type ?? ''}`)
    this.answer = { status, body, type }
  }
}

const invalid = details => new Refusal(400, { type: 'invalid_arguments', message: 'invalid argument(s)', details })

const wrong = (name, reason, help) => invalid([{ argument_name: name, reason, help_message: help }])

const missing = (resource, id) =>
  new Refusal(404, { type: 'not_found', message: 'resource is not found', resource, resource_id: id })

const unmet = (status, help, precondition = 'resource_not_usable') => new Refusal(status, {
  help_message: help, message: 'precondition is not respected', precondition, type: 'precondition_failed'
})

const conflict = message => new Refusal(409, { message, type: 'conflict' })

const denied = reason => new Refusal(401, {
  message: 'authentication is denied', method: 'api_key', reason, type: 'denied_authentication'
})

// The Instance API writes blanks after colons and commas, Block none; the order of Block's keys varies.
function spaced (value) {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  return `{${Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${spaced(item)}`).join(', ')}}`
}

function sorted (value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]))
}

function write (path, method, body) {
  if (path.startsWith('/instance/')) return spaced(body)
  return JSON.stringify(method === 'GET' ? body : sorted(body))
}

module.exports = { Refusal, invalid, wrong, missing, unmet, conflict, denied, write }
