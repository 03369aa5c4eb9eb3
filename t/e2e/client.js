'use strict'
// A small browser without a screen: cookies, forms, redirects on request, and headers as they came.

const assert = require('node:assert/strict')
const http = require('http')
const { forms } = require('./html')

const TIMEOUT = 20000

class Client {
  constructor (base) {
    this.base = new URL(base)
    this.cookies = new Map()
  }

  // Resolves to { status, headers, raw, body, path }; path goes out as it is.
  send (method, path, { body, headers = {}, timeout = TIMEOUT } = {}) {
    const all = { Host: this.base.host, ...headers }
    if (this.cookies.size > 0) all.Cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    if (body !== undefined) {
      all['Content-Length'] = Buffer.byteLength(body)
      all['Content-Type'] ??= 'application/x-www-form-urlencoded'
    }
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.base
      const request = http.request({ hostname, port, method, path, headers: all, agent: false })
      const late = setTimeout(() => request.destroy(new Error(`${method} ${path}: no answer in ${timeout} ms`)), timeout)
      const end = (settle, value) => {
        clearTimeout(late)
        settle(value)
      }
      request.on('error', err => end(reject, err))
      request.on('response', response => {
        const chunks = []
        response.on('data', chunk => chunks.push(chunk))
        response.on('error', err => end(reject, err))
        response.on('end', () => {
          this.keep(response.headers['set-cookie'] ?? [])
          end(resolve, {
            path,
            status: response.statusCode,
            headers: response.headers,
            raw: response.rawHeaders,
            body: Buffer.concat(chunks).toString()
          })
        })
      })
      request.end(body)
    })
  }

  keep (lines) {
    for (const line of lines) {
      const [, name, value, rest] = /^([^=]+)=([^;]*)(.*)$/.exec(line)
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(rest)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  get (path, options) {
    return this.send('GET', path, options)
  }

  // With the headers that a browser sends for an own form.
  post (path, fields, { headers = {}, ...more } = {}) {
    const body = new URLSearchParams(fields).toString()
    return this.send('POST', path, { body, headers: { Origin: this.base.origin, ...headers }, ...more })
  }

  // Sends the form of a page that has this action, with its hidden fields, and ours over them.
  submit (page, action, fields, options) {
    return this.post(action, this.fields(page, action, fields), options)
  }

  fields (page, action, fields = {}) {
    const form = forms(page.body).find(form => form.action === action && form.method === 'POST')
    assert.ok(form, `${page.path} (${page.status}) has no form for ${action}`)
    return { ...form.fields, ...fields }
  }

  async page (path) {
    const page = await this.get(path)
    assert.equal(page.status, 200, `GET ${path}: ${page.status} ${page.headers.location ?? ''}`)
    return page
  }

  // Follows 303s of our own.
  async follow (answer) {
    while (answer.status === 303) answer = await this.get(answer.headers.location)
    return answer
  }
}

module.exports = { Client }
