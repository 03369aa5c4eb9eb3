'use strict'
// The private server of a lab: the shipped cgi/pillar, one process for each request.

const { spawn } = require('child_process')
const fs = require('fs')
const http = require('http')
const path = require('path')

class Private {
  constructor (lab) {
    this.lab = lab
    this.asked = 0
  }

  async open () {
    this.server = http.createServer((request, response) => this.serve(request, response))
    await new Promise(resolve => this.server.listen(0, '127.0.0.1', resolve))
    this.port = this.server.address().port
    return this
  }

  read (dir) {
    this.token = fs.readFileSync(path.join(dir, 'token'), 'utf8')
  }

  serve (request, response) {
    const [place, query = ''] = request.url.split('?')
    const { LIBEXEC } = require('./lab')
    const child = spawn(path.join(LIBEXEC, 'cgi/pillar'), [], {
      env: this.lab.environment({
        REQUEST_METHOD: request.method, PATH_INFO: place, QUERY_STRING: query, HTTP_AUTHORIZATION: request.headers.authorization ?? ''
      }),
      stdio: ['ignore', 'pipe', 'inherit']
    })
    let out = ''
    this.asked++
    child.stdout.on('data', data => { out += data })
    child.on('close', () => {
      const end = out.indexOf('\r\n\r\n')
      response.statusCode = Number(/^Status: (\d+)/.exec(out)?.[1] ?? 500)
      response.setHeader('Content-Type', 'application/json')
      response.end(out.slice(end + 4))
    })
  }

  // A server's pillar, as its master asks for it.
  async pillar (minion) {
    const answer = await fetch(`http://127.0.0.1:${this.port}/agents?minion=${minion}`, { headers: { Authorization: `Bearer ${this.token}` } })
    return answer.json()
  }

  close () {
    this.server.close()
    this.server.closeAllConnections()
  }
}

module.exports = { Private }
