'use strict'
// rest_cherrypy, as far as it is used: login, lowstates (local_async, wheel, runner), jobs by number; and, under /fake,
// what a test wants otherwise.  All that it knows is one plain object, state.

const crypto = require('crypto')
const http = require('http')
const { Faults, html, unexpected } = require('./faults')
const { Minions, lies } = require('./minions')

const json = body => ({ status: 200, body })
const allowed = ['baas.call', 'baas.restart', 'baas.status', 'saltutil.find_job', 'saltutil.sync_modules', 'state.apply', 'test.ping']

let pair // one for all: making one takes 0.1 s, and nobody here looks at it

function keys () {
  const encoding = { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs1', format: 'pem' } }
  return (pair ??= crypto.generateKeyPairSync('rsa', { modulusLength: 2048, ...encoding }))
}

class Api {
  constructor (options) {
    this.options = { user: 'reconciler', secret: 'the-salt-api-secret', version: '3006.28', faults: [], ...options }
    this.state = { sessions: [], known: [], denied: [], departed: [], minions: {}, jobs: {}, log: [], taken: [] }
    this.minions = new Minions(this.state, this.options)
    this.faults = new Faults()
    this.counter = 0
    for (const id of this.options.minions ?? []) {
      this.state.known.push(id)
      this.minions.minion(id).up = true
    }
  }

  // ---- salt-api

  login ({ username, password, eauth }) {
    if (password !== this.options.secret || eauth !== 'sharedsecret' || !username) {
      return html(401, 'Could not authenticate using provided credentials')
    }
    const token = crypto.randomBytes(20).toString('hex')
    const perms = username === this.options.user ? [...allowed, { '@runner': ['baas.master'] }, { '@wheel': ['key.list_all'] }] : {}
    const start = Date.now() / 1000
    this.state.sessions.push({ token, user: username })
    return json({ return: [{ token, expire: start + 3600, start, user: username, eauth, perms }] })
  }

  job (jid) {
    const job = this.state.jobs[jid]
    if (!job) return json({ info: [{ jid, Error: 'Cannot contact returner or no job with this jid', Result: {} }], return: [{}] })
    const info = {
      jid, Function: job.fun, Arguments: job.arg, Target: job.tgt, 'Target-type': 'list', User: this.options.user,
      Minions: job.minions, StartTime: '2026, Nov 24 10:24:55.020985', Result: job.results
    }
    const returns = Object.fromEntries(Object.entries(job.results).map(([id, result]) => [id, result.return]))
    return json({ info: [info], return: [returns] })
  }

  lowstate (low, fault) {
    const client = { local_async: this.publish, wheel: this.wheel, runner: this.runner }[low.client]
    if (!client) return html(400, `Client disabled: '${low.client}'.`)
    return client.call(this, low, fault)
  }

  publish ({ tgt, tgt_type: type, fun, arg = [] }, fault) {
    if (type !== 'list' || !Array.isArray(tgt)) return html(400, 'only lists are to be used')
    if (!allowed.includes(fun)) return html(401, 'Authorization error occurred.')
    const minions = tgt.filter(id => this.known.has(id))
    if (minions.length === 0) return json({ return: [{}] })
    const jid = this.jid()
    const job = { jid, fun, arg, tgt, minions, results: {}, lost: fault?.way.lost === true }
    this.state.jobs[jid] = job
    for (const id of minions) this.minions.run(id, job)
    return json({ return: [{ jid, minions }] })
  }

  get known () {
    return new Set(this.state.known)
  }

  jid () {
    const now = new Date().toISOString().replace(/\D/g, '').slice(0, 17)
    return now + String(this.counter++ % 1000).padStart(3, '0')
  }

  runner ({ fun }) {
    if (fun !== 'baas.master') return html(401, 'Authentication failure of type "token" occurred for user reconciler.')
    if (this.options.version === '') return { ...unexpected }
    return json({ return: [{ version: this.options.version, key: keys().publicKey, faults: this.options.faults }] })
  }

  wheel ({ fun, ...args }) {
    const work = { 'key.gen_accept': this.genAccept, 'key.list_all': this.listAll, 'key.delete_dict': this.deleteDict }[fun]
    if (!work) return html(401, 'Authentication failure of type "token" occurred for user reconciler.')
    const tag = `salt/wheel/${this.jid()}`
    return json({ return: [{ tag, data: { fun: `wheel.${fun}`, jid: tag.slice(11), return: work.call(this, args), success: true } }] })
  }

  genAccept ({ id_: id, force }) {
    if (this.known.has(id) && !force) return {}
    if (!this.known.has(id)) this.state.known.push(id)
    this.minions.minion(id)
    return { priv: keys().privateKey, pub: keys().publicKey }
  }

  listAll () {
    return {
      minions: this.state.known, minions_pre: [], minions_rejected: [], minions_denied: this.state.denied,
      local: ['master.pem', 'master.pub']
    }
  }

  deleteDict ({ match }) {
    const gone = new Set(match.minions)
    this.state.departed.push(...this.state.known.filter(id => gone.has(id)))
    this.state.known = this.state.known.filter(id => !gone.has(id))
    this.state.denied = this.state.denied.filter(id => !(match.minions_denied ?? []).includes(id))
    for (const id of gone) delete this.state.minions[id]
    return {}
  }

  // ---- what a test wants

  control (path, body) {
    const work = {
      '/fake/state': () => this.state,
      '/fake/faults': () => this.faults.add(body),
      '/fake/clear': () => this.faults.clear() ?? {},
      '/fake/restart': () => { this.state.sessions = []; return {} }, // salt-api forgets who was there
      '/fake/join': () => {
        if (!this.known.has(body.id)) this.state.known.push(body.id)
        this.minions.minion(body.id).up = true
        return {}
      },
      '/fake/minion': () => { // {"id", "up", "lie", "fail", "takes"}
        if (body.lie && !lies[body.lie]) throw new Error(`lie: one of ${Object.keys(lies).join(', ')}`)
        return Object.assign(this.minions.minion(body.id), body)
      },
      '/fake/bots': () => { // {MINION: {KEY: a bot as in a pillar}}: as if they had been applied
        for (const [id, bots] of Object.entries(body)) this.minions.put(id, bots)
        return {}
      },
      '/fake/kill': () => this.minions.kill(body.id) ?? {},
      '/fake/bot': () => Object.assign(this.minions.minion(body.id).bots[body.key], body.change),
      '/fake/taken': () => { this.state.taken = body; return {} },
      '/fake/denied': () => { this.state.denied = body; return {} },
      '/fake/master': () => Object.assign(this.options, body)
    }[path]
    if (!work) return { status: 404, body: {} }
    try {
      return json(work() ?? {})
    } catch (err) {
      return { status: 422, body: { message: err.message } }
    }
  }

  // ---- one request

  answer (request, path, body, fault) {
    const session = this.state.sessions.find(({ token }) => token === request.headers['x-auth-token'])
    if (path === '/login' && request.method === 'POST') return this.login(body ?? {})
    if (!session || session.user !== this.options.user) return html(401, 'No permission -- see authorization schemes')
    if (request.method === 'GET' && path.startsWith('/jobs/')) return this.job(path.slice(6))
    if (path !== '/' || request.method !== 'POST') return html(404, `The path '${path}' was not found.`)
    if (!body || !/^application\/json/.test(request.headers['content-type'])) return html(400, 'Lowstates must be a list')
    const answers = (Array.isArray(body) ? body : [body]).map(low => this.lowstate(low, fault))
    return answers.find(one => one.status !== 200) ?? json({ return: answers.flatMap(one => one.body.return) })
  }

  async handle (request, response) {
    const parts = []
    for await (const part of request) parts.push(part)
    const path = request.url.split('?')[0]
    let body
    try {
      body = JSON.parse(Buffer.concat(parts).toString())
    } catch {}
    if (path.startsWith('/fake/')) return send(response, this.control(path, body))
    const low = Array.isArray(body) ? body[0] : body
    const fault = this.faults.take(request.method, path, low?.fun)
    this.state.log.push({ at: Date.now(), method: request.method, path: path.replace(/\d{20}/, 'JID'), fun: low?.fun, tgt: low?.tgt?.length })
    if (this.state.log.length > 20000) this.state.log.splice(0, 10000)
    const answer = !fault || fault.done ? this.answer(request, path, body, fault) : json({ return: [{}] })
    if (!fault) return send(response, answer)
    const { way, seconds } = fault
    if (way.hang) return this.options.hang?.(request.socket)
    if (way.cut === 'before') return response.destroy()
    if (way.cut === 'within') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      return response.write('{"return": [', () => response.destroy())
    }
    const late = seconds ?? way.wait ?? 0
    setTimeout(() => send(response, way.answer(answer)), late * 1000 / (this.options.speed ?? 1))
  }
}

function send (response, { status, body, raw, type = 'application/json' }) {
  const text = raw ?? JSON.stringify(body)
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text), server: 'CherryPy/18.10.0' })
  response.end(text)
}

// options: as of options.js, and isUp(minion), pillar(minion), which a test that has this in its own process may set.
async function listen (options = {}) {
  const api = new Api(options)
  const server = http.createServer((request, response) => {
    api.handle(request, response).catch(() => response.destroy())
  })
  server.keepAliveTimeout = 60000
  await new Promise((resolve, reject) => server.on('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve))
  return {
    server,
    api,
    state: api.state,
    faults: api.faults,
    url: `http://127.0.0.1:${server.address().port}/`,
    async close () {
      server.close()
      server.closeAllConnections?.()
      api.minions.close()
    }
  }
}

module.exports = { listen }
