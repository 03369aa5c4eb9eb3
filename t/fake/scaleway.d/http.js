'use strict'
// The server: reads a request, writes it into the log, lets it go wrong if a test wants so, has it served, answers.

const http = require('http')
const { Refusal, denied, write, wrong } = require('./answer')
const { Faults } = require('./faults')
const { UUID } = require('./check')
const { control } = require('./control')
const { find } = require('./routes')

const BODY_MAX = 1 << 20

async function read (request) {
  const parts = []
  let size = 0

  for await (const part of request) {
    size += part.length
    if (size > BODY_MAX) throw wrong('body', 'constraint', 'too large')
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function json (raw) {
  try {
    return JSON.parse(raw.toString())
  } catch {
    return undefined
  }
}

// So many calls per second, and a new second starts with none.
class Rate {
  constructor (most) {
    this.most = most
    this.second = 0
    this.calls = 0
  }

  exceeded () {
    const second = Math.floor(Date.now() / 1000)
    if (second !== this.second) [this.second, this.calls] = [second, 0]
    return ++this.calls > this.most
  }
}

const limited = () => ({ status: 429, raw: '', headers: { 'X-Envoy-Ratelimited': 'true' } })

function authenticate (token) {
  if (token === undefined) throw denied('not_found')
  if (!UUID.test(token)) throw denied('invalid_argument')
}

// The call as its route sees it.  A body is JSON, but where the route wants text.
function callOf (fake, request, raw, url, { params, text }) {
  const type = request.headers['content-type']
  const call = { world: fake.world, method: request.method, path: url.pathname, query: url.searchParams, ...params }

  if (raw.length === 0 && !text) return { ...call, body: {} }
  if (text) {
    if (!/^text\/plain *(;|$)/.test(type ?? '')) throw wrong('content-type', 'format', 'expected text/plain')
    return { ...call, body: raw }
  }
  if (!/^application\/json *(;|$)/.test(type ?? '')) {
    throw wrong('content-type', 'format', 'expected application/json')
  }
  const body = json(raw)
  if (body === undefined) throw wrong('body', 'format', 'expected JSON')
  return { ...call, body }
}

function work (fake, request, raw, url) {
  if (fake.rate.exceeded()) return limited()
  try {
    authenticate(request.headers['x-auth-token'])
    const route = find(request.method, url.pathname)
    return route.serve(callOf(fake, request, raw, url, route))
  } catch (err) {
    if (err instanceof Refusal) return err.answer
    console.error(`fake: ${request.method} ${url.pathname}: ${err.stack}`)
    return { status: 500, body: { type: 'internal_server_error', message: `the fake is broken: ${err.message}` } }
  }
}

function send (fake, request, response, answer, cut) {
  const path = request.url.split('?')[0]
  const text = answer.raw ?? (answer.body === undefined ? '' : write(path, request.method, answer.body))
  const type = answer.status === 429 ? undefined : answer.type ?? 'application/json'

  if (cut === 'before') {
    request.socket.resetAndDestroy()
    return
  }
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  if (type) response.setHeader('Content-Type', type)
  response.setHeader('X-Request-Id', fake.world.uuid())
  if (cut === 'within') {
    response.setHeader('Content-Length', Buffer.byteLength(text) + 10)
    response.write(text.slice(0, text.length / 2), () => request.socket.resetAndDestroy())
    return
  }
  response.end(text)
}

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

async function serve (fake, request, response) {
  const raw = await read(request)
  const url = new URL(request.url, 'http://fake')
  const { world, log } = fake

  world.settle()
  if (url.pathname.startsWith('/fake/')) {
    const answer = control(fake, request.method, url.pathname, raw.toString())
    world.dirty ||= request.method !== 'GET'
    world.save()
    send(fake, request, response, answer)
    return
  }
  const entry = {
    n: log.length,
    at: new Date().toISOString(),
    method: request.method,
    url: request.url,
    type: request.headers['content-type'] ?? null,
    body: json(raw) ?? raw.toString(),
    status: null
  }
  log.push(entry)
  await answerTo(fake, request, response, raw, url, entry)
}

async function answerTo (fake, request, response, raw, url, entry) {
  const { world } = fake
  const fault = fake.faults.take(request.method, request.url)

  if (fault) entry.fault = fault.rule.how
  let answer = { status: 0 }
  if (!fault || fault.done) {
    answer = work(fake, request, raw, url)
    world.dirty ||= request.method !== 'GET'
    world.save()
  }
  if (fault) {
    answer = fault.way.answer(answer)
    if (fault.way.wait) await pause(world.ms(fault.seconds ?? fault.way.wait))
  }
  const { cut, hang } = fault?.way ?? {}
  entry.status = cut || hang ? 0 : answer.status
  if (hang) world.emit('hang', request.socket)
  else send(fake, request, response, answer, cut)
}

function listen (world, options) {
  const fake = { world, log: [], faults: new Faults(), rate: new Rate(options.rate) }
  const server = http.createServer({ keepAliveTimeout: 60000 }, (request, response) => {
    serve(fake, request, response).catch(err => {
      if (err instanceof Refusal) send(fake, request, response, err.answer)
      else request.socket.destroy()
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', err =>
      reject(new Error(err.code === 'EADDRINUSE' ? `port ${options.port} is taken` : err.message))
    )
    server.listen(options.port, '127.0.0.1', () => resolve(server))
  })
}

module.exports = { listen }
