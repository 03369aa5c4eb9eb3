'use strict'
// What the story looks at and breaks behind the site's back: docker, Salt, the cloud, processes, the configuration of
// a ./dev run --fleet salt.

const { execFile, execFileSync } = require('child_process')
const fs = require('fs')
const http = require('http')
const path = require('path')
const procs = require('../e2e/procs')
const { PREFIX } = require('../e2e/site')
const { until } = require('../e2e/until')

const SYSTEM_DOCKER = '/var/run/docker.sock'
const APPLY = 120 // seconds for Salt

const json = (file) => JSON.parse(fs.readFileSync(file, 'utf8'))

// Resolves to { status, text }.
function ask (options, body) {
  return new Promise((resolve, reject) => {
    const request = http.request({ timeout: (APPLY + 10) * 1000, ...options, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', data => { text += data })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode, text }))
    })
    request.on('timeout', () => request.destroy(new Error(`${options.path}: no answer`)))
    request.on('error', reject)
    request.end(body)
  })
}

class Home {
  constructor (site) {
    this.site = site
    this.dir = path.join(site.dir, 'cloud')
    this.known = json(path.join(this.dir, 'home.json'))
    this.bridge = fs.existsSync(path.join(this.dir, 'bridge')) ? fs.readFileSync(path.join(this.dir, 'bridge'), 'utf8') : ''
  }

  secret (name) {
    return fs.readFileSync(path.join(this.dir, `${name}.secret`), 'utf8').trim()
  }

  // ---- docker

  async docker (method, path_) {
    const own = path.join(this.dir, 'd.sock')
    const socketPath = fs.existsSync(own) ? own : SYSTEM_DOCKER
    const { status, text } = await ask({ socketPath, method, path: `/v1.41${path_}` })
    if (status === 404) return null
    if (status >= 300) throw new Error(`docker: ${method} ${path_}: ${status} ${text.slice(0, 300)}`)
    return text && JSON.parse(text)
  }

  // All of that minion's, running or not, as docker's inspect tells them.
  async containers (minion) {
    const filters = encodeURIComponent(JSON.stringify({ label: [`baas.server=${minion}`] }))
    const found = await this.docker('GET', `/containers/json?all=true&filters=${filters}`)
    return (await Promise.all(found.map(one => this.docker('GET', `/containers/${one.Id}/json`)))).filter(Boolean)
  }

  // The one that runs; else it throws, which until() takes for "not yet".
  async running (minion) {
    const found = await this.containers(minion)
    if (found.length !== 1 || !found[0].State.Running) {
      throw new Error(`${minion} has ${found.map(one => one.State.Status).join(', ') || 'no container'}`)
    }
    return found[0]
  }

  // The same, once it is the only one: an apply that is going on makes another, to compare them.
  alone (minion) {
    return until(`${minion} has one container, which runs`, APPLY * 1000, () => this.running(minion))
  }

  // How often an image of the pub was made here.
  async images () {
    return (await this.docker('GET', '/images/json')).filter(one => one.RepoTags?.some(tag => tag.startsWith('baas-pub:')))
  }

  // ---- Salt

  // What a minion returns. Nothing of the worker's is used.
  async salt (minion, fun, ...arg) {
    const at = { host: '127.0.0.1', port: this.known.ports.api, method: 'POST' }
    const headers = { 'Content-Type': 'application/json', Accept: 'application/json' }
    const login = { username: 'reconciler', password: this.secret('password'), eauth: 'sharedsecret' }
    const session = await ask({ ...at, path: '/login', headers }, JSON.stringify(login))
    if (session.status !== 200) throw new Error(`salt-api: login: ${session.status}`)
    const [{ token }] = JSON.parse(session.text).return
    const call = [{ client: 'local', tgt: [minion], tgt_type: 'list', fun, arg, timeout: APPLY }]
    const { status, text } = await ask({ ...at, path: '/', headers: { ...headers, 'X-Auth-Token': token } }, JSON.stringify(call))
    if (status !== 200) throw new Error(`salt-api: ${fun}: ${status} ${text.slice(0, 300)}`)
    return JSON.parse(text).return[0][minion]
  }

  // state.apply, once no other run is in its way: { states, failed, changed }, or { refused } if it came to no state.
  async apply (minion) {
    const answer = await until(`${minion} can apply`, 60000, async () => {
      const answer = await this.salt(minion, 'state.apply')
      return !(Array.isArray(answer) && /is running as PID/.test(answer[0])) && { answer }
    }, 500).then(one => one.answer)
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return { refused: JSON.stringify(answer) ?? 'no answer' }
    const states = Object.values(answer)
    return {
      states: states.length,
      failed: states.filter(one => one.result !== true).map(one => `${one.__id__}: ${one.comment}`),
      changed: states.filter(one => Object.keys(one.changes ?? {}).length > 0).map(one => one.__id__)
    }
  }

  // What the private server says to Salt's master of that minion.
  async pillar (minion) {
    const headers = { Authorization: `Bearer ${this.secret('private')}` }
    const at = { host: '127.0.0.1', port: this.known.ports.private, path: `/agents?minion=${minion}`, headers }
    return JSON.parse((await ask(at)).text)
  }

  // Whether Salt's master has a key of that name.
  hasKey (minion) {
    return fs.existsSync(path.join(this.dir, 'm/pki/minions', minion))
  }

  // ---- the cloud

  async cloud () {
    return JSON.parse((await ask({ host: '127.0.0.1', port: this.known.ports.scaleway, path: '/fake/state' })).text)
  }

  // What it has of one of our servers, by kind.
  async has (row) {
    const all = await this.cloud()
    const mine = kind => Object.values(all[kind]).filter(one => one.tags?.includes(`baas-s-${row}`)).map(one => one.id)
    return { servers: mine('servers'), disks: mine('disks'), ips: mine('ips') }
  }

  // ---- this machine

  // IPv6 addresses that end here, as text with all of them; '': it has no IPv6.
  addresses6 () {
    return execFileSync('ip', ['-6', '-oneline', 'address', 'show', 'dev', 'lo'], { encoding: 'utf8' })
  }

  procs () {
    return procs.of(this.site.dir)
  }

  // Salt's programs write over their arguments.
  salts (name, words) {
    return this.procs().filter(one => {
      const all = one.args.join(' ')
      return all.includes(`/salt-${name} `) && all.includes(words)
    })
  }

  master () {
    return this.salts('master', this.dir)
  }

  // Of the minion that runs on that machine of the cloud's.
  minion (machine) {
    return this.salts('minion', machine)
  }

  // Web, private server and worker, with all that lighttpd has started.
  control () {
    return this.procs().filter(one => ['lighttpd', 'cgi', 'worker'].includes(one.kind))
  }

  // Those again, after something has been done to their configuration.
  async restartControl () {
    const old = this.control()
    procs.signal(old, 'SIGKILL')
    await until('the site is there again', 30000, async () => {
      const kinds = new Set(this.control().filter(one => !old.some(other => other.pid === one.pid)).map(one => one.kind))
      return kinds.has('lighttpd') && kinds.has('worker') && await this.isUp() && await this.pillar('nobody')
    })
  }

  async isUp () {
    return (await ask({ host: '127.0.0.1', port: this.site.port, path: '/health' })).status === 200
  }

  // ---- the site's

  // Changes lines of baas.conf, as an admin does.
  configure (lines) {
    const file = path.join(this.site.dir, 'baas.conf')
    let text = fs.readFileSync(file, 'utf8')
    for (const [key, value] of Object.entries(lines)) {
      text = text.replace(new RegExp(`^${key.replace('.', '\\.')} = .*\n`, 'm'), '') + `${key} = ${value}\n`
    }
    fs.writeFileSync(file, text)
  }

  // The admin's tool. Resolves to what it says.
  baas (...args) {
    const all = ['-c', path.join(this.site.dir, 'baas.conf'), ...args]
    return new Promise((resolve, reject) => execFile(path.join(PREFIX, 'bin/baas'), all, (err, stdout, stderr) =>
      err ? reject(new Error(`baas ${args.join(' ')}: ${stderr}`)) : resolve(stdout)))
  }

  // The rows of an answer, as lists of columns.
  async sql (text) {
    return (await this.baas('sql', text)).split('\n').filter(Boolean).slice(1).map(line => line.split('|'))
  }

  // Of the person with that email: { minion, row, address, address6 }.
  async server (email) {
    const [[minion, row, address, address6]] = await this.sql(
      `SELECT minion, id, address, address6 FROM servers JOIN credentials USING (person_id) WHERE email = '${email}'`)
    return { minion, row, address, address6 }
  }

  // After a failure with the system's docker: the containers are the cloud's, which will be gone.
  async clear () {
    const found = await this.docker('GET', '/containers/json?all=true&filters=%7B%22label%22%3A%5B%22baas.server%22%5D%7D').catch(() => [])
    for (const one of found) {
      if (one.Mounts.some(mount => mount.Source.startsWith(this.dir))) await this.docker('DELETE', `/containers/${one.Id}?force=true`)
    }
  }
}

module.exports = { Home }
