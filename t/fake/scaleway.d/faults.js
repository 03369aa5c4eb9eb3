'use strict'
// Calls that go wrong because a test wants so.  A rule says which call, in which way and how often:
//   {"how": WAY, "nth": K, "match": {"method": M, "path": REGEX}, "times": N or "forever", "done": true or false,
//    "seconds": S}
// The K-th call from now that matches goes wrong, and with times those after it.  done says whether it takes effect,
// seconds how late it is answered if the way is to be late.

const delays = require('./delays')

const message = text => ({ message: text })
const json = (status, body) => () => ({ status, body, type: 'application/json' })
const listKey = body => Object.keys(body ?? {}).find(key => Array.isArray(body[key]))

function halfOfList (answer) {
  const key = listKey(answer.body)
  if (!key) return answer
  const items = answer.body[key]
  return { ...answer, body: { ...answer.body, [key]: items.slice(0, Math.floor(items.length / 2)) } }
}

const html =
  '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><h1>502 Bad Gateway</h1></body>\r\n</html>\r\n'

// done: whether the call takes effect unless the rule says otherwise.  answer: what is answered, made of the real
// one.  wait: the cloud's seconds before it.  cut: the connection ends before the answer, or within it.  hang: no
// answer ever.
const ways = {
  '500-created': { done: true, answer: json(500, { type: 'internal_server_error', message: 'Internal error' }) },
  '500-not-created': { done: false, answer: json(500, { type: 'internal_server_error', message: 'Internal error' }) },
  500: { done: false, answer: json(500, { type: 'server_error', message: 'Internal error' }) },
  503: {
    done: false,
    answer: json(
      503,
      message('upstream connect error or disconnect/reset before headers. reset reason: connection failure')
    )
  },
  '503-slow': { done: false, wait: delays.gateway, answer: json(503, message('upstream request timeout')) },
  '503-slow-created': { done: true, wait: delays.gateway, answer: json(503, message('upstream request timeout')) },
  '503-stock': {
    done: false,
    answer: json(503, { message: 'resource is out of stock', resource: 'server', type: 'out_of_stock' })
  },
  429: { done: false, answer: () => ({ status: 429, raw: '', headers: { 'X-Envoy-Ratelimited': 'true' } }) },
  400: {
    done: false,
    answer: json(400, {
      type: 'invalid_arguments',
      message: 'invalid argument(s)',
      details: [{ argument_name: 'image', reason: 'constraint', help_message: 'is not valid' }]
    })
  },
  401: {
    done: false,
    answer: json(401, {
      message: 'authentication is denied', method: 'api_key', reason: 'not_found', type: 'denied_authentication'
    })
  },
  '401-expired': {
    done: false,
    answer: json(401, {
      message: 'authentication is denied', method: 'api_key', reason: 'expired', type: 'denied_authentication'
    })
  },
  403: {
    done: false,
    answer: json(403, {
      details: [{ action: 'read', resource: 'instance_server' }],
      message: 'insufficient permissions',
      type: 'permissions_denied'
    })
  },
  '403-quota': {
    done: false,
    answer: json(403, {
      details: [{ current: 10, quota: 10, resource: 'InstancesDEV1S' }],
      message: 'quota(s) exceeded for this resource',
      type: 'quotas_exceeded'
    })
  },
  '403-quota-old': {
    done: false,
    answer: json(403, {
      type: 'invalid_request_error',
      message: 'Quota exceeded for this resource.',
      resource: 'ips'
    })
  },
  404: {
    done: false,
    answer: json(404, {
      type: 'not_found',
      message: 'resource is not found',
      resource: 'instance_server',
      resource_id: '00000000-0000-4000-8000-000000000000'
    })
  },
  409: {
    done: false,
    answer: json(409, {
      current_state: 'updating',
      message: 'resource is in a transient state',
      resource: 'server',
      resource_id: '00000000-0000-4000-8000-000000000000',
      type: 'transient_state'
    })
  },
  410: {
    done: false,
    answer: json(410, {
      expired_since: '2026-01-01T00:00:00Z',
      message: 'resource has expired',
      resource: 'volume',
      resource_id: '00000000-0000-4000-8000-000000000000',
      type: 'expired'
    })
  },
  412: {
    done: false,
    answer: json(412, {
      help_message: 'resource should be available',
      message: 'precondition is not respected',
      precondition: 'resource_not_usable',
      type: 'precondition_failed'
    })
  },
  html: { done: false, answer: () => ({ status: 502, raw: html, type: 'text/html' }) },
  empty: { done: true, answer: answer => ({ ...answer, raw: '' }) },
  garbage: { done: true, answer: answer => ({ ...answer, raw: '{"message": "not quite' }) },
  'partial-list': { done: true, answer: halfOfList },
  'reset-before': { done: false, cut: 'before', answer: answer => answer },
  'reset-after': { done: true, cut: 'before', answer: answer => answer },
  'reset-within': { done: true, cut: 'within', answer: answer => answer },
  timeout: { done: false, hang: true, answer: answer => answer },
  'timeout-created': { done: true, hang: true, answer: answer => answer },
  late: { done: true, wait: 1, answer: answer => answer }
}

const complaint = text => Object.assign(new Error(text), { complaint: true })

class Faults {
  constructor () {
    this.rules = []
  }

  add ({ how, nth = 1, match = {}, times = 1, done, seconds, ...more }) {
    const way = ways[how]
    if (!way) throw complaint(`how: one of ${Object.keys(ways).join(', ')}`)
    if (Object.keys(more).length > 0) throw complaint(`unknown: ${Object.keys(more).join(', ')}`)
    if (times !== 'forever' && !(Number.isInteger(times) && times > 0)) {
      throw complaint('times: a number or "forever"')
    }
    if (!(Number.isInteger(nth) && nth > 0)) throw complaint('nth: a number from 1')
    const { method, path = '', ...others } = match
    if (Object.keys(others).length > 0) throw complaint('match: method and path')
    const rule = { how: String(how), nth, match, times, seen: 0, hit: 0 }
    this.rules.push({ rule, way, regex: new RegExp(path), method, done: done ?? way.done, seconds })
    return rule
  }

  list () {
    return this.rules.map(({ rule }) => rule)
  }

  clear () {
    this.rules = []
  }

  // The fault that this call shall have, if any.  Every rule counts every call.
  take (method, url) {
    let found = null
    for (const one of this.rules) {
      const { rule } = one
      if ((one.method && one.method !== method) || !one.regex.test(url)) continue
      rule.seen++
      if (rule.seen < rule.nth || (rule.times !== 'forever' && rule.hit >= rule.times) || found) continue
      rule.hit++
      found = one
    }
    return found
  }
}

module.exports = { Faults, ways }
