'use strict'
// site.proxy: whose word counts on where a request comes from, and so who waits.  The proxy is a second lighttpd.

const assert = require('node:assert/strict')
const { spawn } = require('child_process')
const fs = require('fs')
const http = require('http')
const path = require('path')
const { after, before, test } = require('node:test')
const { freePort, open } = require('./site')
const { sql } = require('./sql')
const { until } = require('./until')

let behind, plain

before(async () => {
  behind = await open({ set: ['site.proxy=127.0.0.1'] })
  plain = await open()
})
after(async () => {
  await behind?.close()
  await plain?.close()
})

// A wrong password, sent to that port from that address; resolves to the status.
async function attempt (site, from, headers, { port = site.port, email = 'nobody@example.org' } = {}) {
  const client = site.client()
  const { csrf } = client.fields(await client.page('/start'), '/start')
  const body = new URLSearchParams({ csrf, email, password: 'not the right one' }).toString()
  const more = {
    Host: `127.0.0.1:${site.port}`,
    Cookie: [...client.cookies].map(one => one.join('=')).join('; '),
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': body.length,
    ...headers
  }
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, method: 'POST', path: '/start', agent: false, localAddress: from, headers: more })
    request.on('error', reject)
    request.on('response', response => response.resume().on('end', () => resolve(response.statusCode)))
    request.end(body)
  })
}

// The addresses that failures are counted under since the last time.
function counted (site) {
  const out = sql(site, "SELECT subject FROM tries WHERE subject LIKE 'address:%' ORDER BY subject")
  sql(site, 'DELETE FROM tries')
  return out.split('\n').map(one => one.replace(/^address:/, '')).join(' ')
}

const rows = [
  // from, X-Forwarded-For, the address behind a trusted 127.0.0.1
  ['127.0.0.1', '198.51.100.7', '198.51.100.7'],
  ['127.0.0.1', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['127.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'], // the first is what the browser wrote
  ['127.0.0.1', '198.51.100.7, 127.0.0.1', '198.51.100.7'],
  ['127.0.0.1', 'unknown', '127.0.0.1'],
  ['127.0.0.1', '', '127.0.0.1'],
  ['127.0.0.1', undefined, '127.0.0.1'],
  ['127.0.0.2', '198.51.100.7', '127.0.0.2'], // not the proxy
  ['127.0.0.2', '127.0.0.1', '127.0.0.2']
]

test('with the key that proxy is believed, and nobody else', async () => {
  for (const [from, forwarded, want] of rows) {
    assert.equal(await attempt(behind, from, forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }), 422)
    assert.equal(counted(behind), want, `from ${from}, X-Forwarded-For: ${forwarded}`)
  }
})

test('other headers of that kind count for nothing', async () => {
  for (const [name, value] of [['Forwarded', 'for=198.51.100.7'], ['Forwarded-For', '198.51.100.7'], ['X-Real-IP', '198.51.100.7']]) {
    assert.equal(await attempt(behind, '127.0.0.1', { [name]: value }), 422)
    assert.equal(counted(behind), '127.0.0.1', name)
  }
})

test('without the key nobody is believed', async () => {
  for (const [from, forwarded] of rows) {
    assert.equal(await attempt(plain, from, forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded }), 422)
    assert.equal(counted(plain), from, `from ${from}, X-Forwarded-For: ${forwarded}`)
  }
})

test('who guesses behind the proxy waits, and nobody else there', async () => {
  sql(behind, "INSERT INTO tries (subject, count, last_at) VALUES ('address:198.51.100.7', 99, unixepoch() * 1000)")
  assert.equal(await attempt(behind, '127.0.0.1', { 'X-Forwarded-For': '198.51.100.7' }), 429)
  assert.equal(await attempt(behind, '127.0.0.1', { 'X-Forwarded-For': '198.51.100.8' }), 422)
  sql(behind, 'DELETE FROM tries')
})

test('a real proxy: the manual\'s, but for https', async () => {
  const port = await freePort()
  const file = path.join(behind.dir, 'proxy.conf')
  fs.writeFileSync(file, `server.modules = ( "mod_proxy" )
server.document-root = "/var/empty"
server.bind = "127.0.0.1"
server.port = ${port}
proxy.server = ( "" => (( "host" => "127.0.0.1", "port" => ${behind.port} )) )
`)
  const child = spawn('lighttpd', ['-D', '-f', file], { stdio: 'ignore' })
  try {
    await until('the proxy is up', 20000, async () => {
      try {
        return await attempt(behind, '127.0.0.5', {}, { port }) === 422
      } catch (err) {
        if (err.code !== 'ECONNREFUSED') throw err
        return false
      }
    })
    assert.equal(counted(behind), '127.0.0.5', 'the address that the proxy saw')
    assert.equal(await attempt(behind, '127.0.0.6', { 'X-Forwarded-For': '198.51.100.7' }, { port }), 422)
    assert.equal(counted(behind), '127.0.0.6', 'and not what the browser claims')
  } finally {
    child.kill()
    await new Promise(resolve => child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve())
  }
})
