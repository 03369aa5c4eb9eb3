'use strict'
// A fake of one's own: started on a free port, asked with fetch, told what to do, ended.

const path = require('path')
const { spawn } = require('child_process')
const { once } = require('events')
const { createInterface } = require('readline')

const PROGRAM = path.join(__dirname, '../fake/scaleway')
const TOKEN = '11111111-1111-4111-8111-111111111111'
const PROJECT = '22222222-2222-4222-8222-222222222222'

class Fake {
  constructor (child, url) {
    this.child = child
    this.url = url
    this.zone = 'fr-par-1'
    this.instance = `/instance/v1/zones/${this.zone}`
    this.block = `/block/v1/zones/${this.zone}`
  }

  // Resolves to {status, type, headers, text, body}; body is text unless it is JSON.  Text goes as text/plain.
  async call (method, path_, body, headers = {}) {
    const type = typeof body === 'string' ? 'text/plain' : 'application/json'
    const answer = await fetch(this.url + path_, {
      method,
      headers: { 'X-Auth-Token': TOKEN, ...(body === undefined ? {} : { 'Content-Type': type }), ...headers },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    })
    const text = await answer.text()
    const json = answer.headers.get('content-type') === 'application/json' && text !== ''
    return {
      method,
      url: path_,
      status: answer.status,
      type: answer.headers.get('content-type'),
      headers: answer.headers,
      text,
      body: json ? JSON.parse(text) : text
    }
  }

  // The control side.
  async tell (method, what, body) {
    const { status, body: answer } = await this.call(method, `/fake/${what}`, body)
    if (status !== 200) throw new Error(`/fake/${what}: ${answer.message}`)
    return answer
  }

  fail (rule) {
    return this.tell('POST', 'fail', rule)
  }

  // Lets some of the cloud's seconds pass: by default enough for all but a kernel that is known to have booted.
  pass (seconds = 100) {
    return this.tell('POST', 'pass', { seconds })
  }

  async image (label = 'debian_bookworm', type = 'instance_sbs') {
    const { body } = await this.call(
      'GET',
      `/marketplace/v2/local-images?image_label=${label}&type=${type}&zone=${this.zone}`
    )
    return body.local_images.find(one => one.arch === 'x86_64').id
  }

  // A new server; more are fields of the request.
  async server (more = {}) {
    const { status, body } = await this.call('POST', `${this.instance}/servers`, {
      name: 'one',
      project: PROJECT,
      commercial_type: 'DEV1-S',
      image: await this.image(),
      dynamic_ip_required: false,
      ...more
    })
    if (status !== 201) throw new Error(JSON.stringify(body))
    return body.server
  }

  async volume (more = {}) {
    const { body } = await this.call('POST', `${this.block}/volumes`, {
      name: 'data', project_id: PROJECT, from_empty: { size: 10e9 }, ...more
    })
    await this.pass()
    return body
  }

  async act (id, action) {
    return this.call('POST', `${this.instance}/servers/${id}/action`, { action })
  }

  async look (id) {
    return (await this.call('GET', `${this.instance}/servers/${id}`)).body.server ?? null
  }

  async close () {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const exit = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await exit
  }
}

async function open (...args) {
  const child = spawn(process.execPath, [PROGRAM, '--speed', '1000', '--rate', '10000', ...args], {
    stdio: ['ignore', 'pipe', 'inherit']
  })
  for await (const line of createInterface(child.stdout)) {
    const [, url] = /^fake: ready at (.*)\/$/.exec(line) ?? []
    if (url) return new Fake(child, url)
  }
  throw new Error('the fake did not start')
}

module.exports = { PROGRAM, TOKEN, PROJECT, open }
