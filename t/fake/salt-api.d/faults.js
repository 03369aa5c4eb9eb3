'use strict'
// Calls that go wrong because a test wants so.  A rule:
//   {"how": WAY, "nth": K, "match": {"method": M, "path": REGEX, "fun": REGEX}, "times": N or "forever",
//    "done": true or false, "seconds": S}
// The K-th call from now that matches goes wrong, and with times those after it.  done says whether it takes effect.

const html = (status, words) => ({
  status,
  type: 'text/html;charset=utf-8',
  raw: `<!DOCTYPE html PUBLIC\n"-//W3C//DTD XHTML 1.0 Transitional//EN">\n<html>\n<head>\n    <title>${status}</title>\n` +
    `</head>\n    <body>\n        <h2>${status}</h2>\n        <p>${words}</p>\n    </body>\n</html>\n`
})
const unexpected = { status: 500, body: { status: 500, return: 'An unexpected error occurred' } }

// done: whether it takes effect unless the rule says otherwise.  cut: the connection ends without an answer, or within
// it.  wait: seconds before the answer.  hang: no answer ever.
const ways = {
  500: { done: false, answer: () => unexpected },
  '500-done': { done: true, answer: () => unexpected },
  '500-html': { done: false, answer: () => html(500, 'Internal Server Error') },
  503: { done: false, answer: () => html(503, 'Salt request timed out. The master is not responding.') },
  504: { done: true, answer: () => html(504, 'Timeout waiting for command') },
  401: { done: false, answer: () => html(401, 'No permission -- see authorization schemes') },
  html: { done: true, answer: answer => ({ ...html(200, 'it works'), status: 200 }) },
  garbage: { done: true, answer: answer => ({ ...answer, raw: JSON.stringify(answer.body).slice(0, -9) }) },
  empty: { done: true, answer: answer => ({ ...answer, raw: '' }) },
  nothing: { done: false, answer: answer => ({ ...answer, body: { return: [{}] } }) },
  'wrong-shape': { done: true, answer: answer => ({ ...answer, body: { return: 'no', info: 7 } }) },
  'reset-before': { done: false, cut: 'before' },
  'reset-after': { done: true, cut: 'before' },
  'reset-within': { done: true, cut: 'within' },
  timeout: { done: false, hang: true },
  'timeout-done': { done: true, hang: true },
  late: { done: true, wait: 1, answer: answer => answer },
  // A job that its minions never hear of, or lose.
  lost: { done: true, lost: true, answer: answer => answer }
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
    const { method, path = '', fun, ...others } = match
    if (Object.keys(others).length > 0) throw complaint('match: method, path and fun')
    const rule = { how: String(how), nth, match, times, seen: 0, hit: 0 }
    this.rules.push({ rule, way, method, path: new RegExp(path), fun: fun && new RegExp(fun), done: done ?? way.done, seconds })
    return rule
  }

  list () {
    return this.rules.map(({ rule }) => rule)
  }

  clear () {
    this.rules = []
  }

  // The fault that this call shall have, if any.  Every rule counts every call.
  take (method, path, fun) {
    let found = null
    for (const one of this.rules) {
      const { rule } = one
      if ((one.method && one.method !== method) || !one.path.test(path) || (one.fun && !one.fun.test(fun ?? ''))) continue
      rule.seen++
      if (rule.seen < rule.nth || (rule.times !== 'forever' && rule.hit >= rule.times) || found) continue
      rule.hit++
      found = one
    }
    return found
  }
}

module.exports = { Faults, html, unexpected, ways }
