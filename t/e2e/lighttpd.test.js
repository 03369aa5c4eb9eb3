'use strict'
// lighttpd's habits: its death, its prefixes, its own error pages, and the limits of a request.

const assert = require('node:assert/strict')
const net = require('net')
const { after, before, test } = require('node:test')
const person = require('./person')
const procs = require('./procs')
const { open } = require('./site')
const { took, until } = require('./until')

const BODY_MAX = 65536
let site, client, who

before(async () => {
  site = await open()
  client = site.client()
  who = await person.settle(client)
})
after(() => site?.close())

const times = (answer, name) => answer.raw.filter((word, i) => i % 2 === 0 && word.toLowerCase() === name).length

// The three headers that every answer carries, each exactly once, and nothing unsafe in them.
function assertSafe (answer, what) {
  for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy']) {
    assert.equal(times(answer, name), 1, `${what} (${answer.status}): ${name}`)
  }
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  assert.match(answer.headers['referrer-policy'], /^(same-origin|no-referrer)$/)
  assert.doesNotMatch(answer.headers['content-security-policy'], /unsafe/)
}

// The headers and status of bytes sent as they are.
function raw (bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(site.port, '127.0.0.1', () => socket.write(bytes))
    let out = ''
    socket.setTimeout(10000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('data', data => { out += data })
    socket.on('close', () => resolve({ status: Number(out.split(' ')[1]), text: out }))
  })
}

// What comes first in answer to bytes; '' if nothing does within ms.
function first (bytes, ms = 10000) {
  return new Promise((resolve, reject) => {
    const socket = net.connect(site.port, '127.0.0.1', () => socket.write(bytes))
    const end = data => {
      socket.destroy()
      resolve(data.toString())
    }
    socket.setTimeout(ms, () => end(''))
    socket.on('error', reject)
    socket.once('data', end)
  })
}

test('SIGKILL of lighttpd: the site is back within 2 s, and no old route is left', async t => {
  const old = [...site.procs('lighttpd'), ...site.procs('cgi')]
  const ms = await took(async () => {
    procs.signal(site.procs('lighttpd'), 'SIGKILL')
    await until('the site is back', 2000, async () => (await client.get('/health')).status === 200)
  })
  t.diagnostic(`back after ${ms} ms`)
  await until('the old ones are gone', 10000, () => {
    const pids = new Set([...site.procs('lighttpd'), ...site.procs('cgi')].map(one => one.pid))
    return old.every(one => !pids.has(one.pid))
  })
  assert.equal((await person.tag(client, who.bot)).key.length, 53, 'still signed in')
})

// A request that lighttpd hands to the dead one before it has noticed gets a 500: that one is the kill's, and the last.
test('SIGKILL of one process of a route: the site goes on', async () => {
  const all = site.procs('cgi')
  for (const victim of all) {
    const bad = []
    procs.signal([victim], 'SIGKILL')
    for (let n = 0; n < 6; n++) {
      const { status } = await client.get('/agents')
      if (status !== 200) bad.push(status)
      if (n === 0) await until(`${victim.exe} is gone`, 5000, () => procs.of(site.dir).every(one => one.pid !== victim.pid))
    }
    assert.ok(bad.length <= 1 && bad.every(status => status === 500), `after ${victim.exe}: ${bad}`)
  }
  await until('all routes run again', 10000, () => site.procs('cgi').length >= all.length)
})

const notFound = ['/agentsfoo', '/agents/a/b/c/d', '/agents/', '/start/', '/startx', '/newbiex', '/accountx',
  '/healthx', '/i/', '/i/a/b', '/i', '/hooks/', '/authentication/sign-in/x', '/agents%2fx%2fstatus%2fy',
  '/agents/x%2fy', '/agents/%00', '/agents/x%00', '/index.html', '/.git/config', '/cgi-bin/x', '/static/', '/static/none.css',
  '/static/../landing.html', '/static/..%2flanding.html', '/%ff%fe', '/' + 'a'.repeat(2000)]

test('paths without an exact shape are 404, whoever asks', async () => {
  const nobody = site.client()
  for (const path of notFound) {
    for (const one of [client, nobody]) {
      const answer = await one.get(path)
      // A path with a forbidden character never reaches a route.
      assert.ok(answer.status === 404 || (answer.status === 400 && /%(00|ff)/.test(path)), `${path}: ${answer.status}`)
      assertSafe(answer, path)
    }
  }
})

test('other methods are 405 and say which are allowed', async () => {
  const wrong = [['POST', '/'], ['DELETE', '/'], ['PUT', '/start'], ['GET', '/authentication/sign-out'], ['POST', '/health'],
    ['GET', `/agents/${who.bot}/restore`], ['DELETE', `/agents/${who.bot}/start`], ['POST', `/agents/${who.bot}/status`], ['BREW', '/']]
  for (const [method, path] of wrong) {
    const answer = method === 'BREW' ? await raw(`BREW ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`) : await client.send(method, path, { body: method === 'GET' ? undefined : '' })
    assert.ok(answer.status === 405 || (method === 'BREW' && answer.status === 501), `${method} ${path}: ${answer.status}`)
    if (answer.status !== 405 || method === 'BREW') continue
    assert.match(answer.headers.allow ?? '', /GET|POST/, `${method} ${path}`)
    assertSafe(answer, `${method} ${path}`)
  }
})

test('HEAD is GET without a body', async () => {
  for (const path of ['/start', '/health', `/agents/${who.bot}`]) {
    const answer = await client.send('HEAD', path)
    assert.equal(answer.status, (await client.get(path)).status, path)
    assert.equal(answer.body, '')
    assertSafe(answer, `HEAD ${path}`)
  }
})

test('a body of 64 KiB is read, one of a byte more is 413', async () => {
  const { csrf } = client.fields(await client.page('/account'), '/account/name')
  const start = `csrf=${csrf}&name=`
  for (const [size, status] of [[BODY_MAX, 422], [BODY_MAX + 1, 413], [BODY_MAX * 4, 413], [BODY_MAX * 16 + 1, 413]]) {
    const body = start + 'x'.repeat(size - start.length)
    const answer = await client.send('POST', '/account/name', { body })
    assert.equal(answer.status, status, `${size} bytes`)
    assertSafe(answer, `${size} bytes`)
  }
})

test('giants that come slowly are told so at once, with all headers, and hold up nobody', async t => {
  const head = length => `POST /start HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${length}\r\n\r\nemail=a`
  const giants = Array.from({ length: 40 }, () => first(head(9e9)))
  const ms = await took(async () => assert.equal((await client.get('/start')).status, 303))
  for (const text of await Promise.all(giants)) {
    assert.match(text, /^HTTP\/1.1 413 /)
    assert.match(text, /^content-security-policy: /im)
  }
  assert.ok(ms < 3000, `GET /start beside them: ${ms} ms`)
  // A small one that says so in many digits is not one of them: it is waited for by lighttpd, and not by a route.
  const small = Array.from({ length: 4 }, () => first(head('00000000099'), 1500))
  assert.equal((await client.submit(await client.page('/account'), '/account/name', { name: 'ash' })).status, 303)
  assert.equal((await site.client().post('/start', { csrf: 'x' })).status, 403, 'nobody waits for those')
  assert.deepEqual(await Promise.all(small), ['', '', '', ''], 'which get no answer yet')
  t.diagnostic(`GET /start beside 40 giants: ${ms} ms`)
})

test('a body without its length, or shorter than it says, does no harm', async () => {
  const head = 'POST /start HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n'
  for (const rest of ['Content-Length: x\r\n\r\n', 'Content-Length: -1\r\n\r\n', '\r\n', 'Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n0\r\n\r\n']) {
    const { status } = await raw(head + rest)
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(rest)}: ${status}`)
  }
  assert.equal((await client.get('/agents')).status, 200)
})

// lighttpd answers these before any module of it runs, so without the headers: the pages themselves say the same.
test('what lighttpd can not even parse gets a page with the policy in it', async () => {
  const policy = (await client.get('/start')).headers['content-security-policy'].replace(/; frame-ancestors.*/, '')
  for (const [bytes, status] of [['GET / HTTP/1.1\r\nHost: a/b\r\n\r\n', 400], [`GET / HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(40000)}\r\n\r\n`, 431],
    ['POST /start HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 411], ['BREW / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', 501]]) {
    const { text } = await raw(bytes)
    assert.match(text, new RegExp(`^HTTP/1[.][01] ${status} `))
    assert.ok(text.includes(`<meta http-equiv="Content-Security-Policy" content="${policy}">`), `${status}: ${text}`)
    assert.ok(text.includes('<meta name="referrer" content="same-origin">'), String(status))
  }
})

test('lighttpd\'s own error page carries the headers, once each', async () => {
  const landings = () => site.procs('cgi').filter(one => one.exe.endsWith('/landing'))
  const held = await until('two processes', 10000, () => landings().length === 2 && landings())
  procs.signal(held, 'SIGSTOP')
  const waiting = [client.get('/nothing-here'), client.get('/nothing-here')]
  await until('both wait', 10000, () => held.every(one => procs.of(site.dir).find(now => now.pid === one.pid)?.state === 'T'))
  procs.signal(held, 'SIGKILL')
  for (const answer of await Promise.all(waiting)) {
    if (answer.status === 404) continue
    assert.ok([500, 503].includes(answer.status), `${answer.status}`)
    assertSafe(answer, 'lighttpd\'s own')
    assert.match(answer.headers['content-type'], /^text\/html/)
    assert.match(answer.body, /style\.css/, 'our page, not lighttpd\'s')
  }
  // Both of them: lighttpd looks once a second for who has died, and starts them at its next look at the latest.
  await until('back', 10000, async () => (await client.get('/nothing-here')).status === 404)
})

test('static files say what they are and can be kept', async () => {
  const landing = (await site.client().page('/')).body
  for (const [path, type] of [['style.css', 'text/css'], ['app.js', 'text/javascript'], ['butt.svg', 'image/svg+xml']]) {
    const url = new RegExp(`"(/static/[^"]*${path.replace('.', '\\.')}[^"]*)"`).exec(landing + (await client.page('/agents')).body)?.[1]
    assert.ok(url, `a page names ${path}`)
    const answer = await client.get(url)
    assert.equal(answer.status, 200, url)
    assert.ok(answer.headers['content-type'].startsWith(type), `${url}: ${answer.headers['content-type']}`)
    assertSafe(answer, url)
    const again = await client.get(url, { headers: { 'If-None-Match': answer.headers.etag } })
    assert.equal(again.status, 304, `${url} again`)
  }
})

test('who asks for a part gets the whole, with all headers', async () => {
  for (const path of ['/agents', '/static/style.css']) {
    for (const part of ['bytes=0-9', 'bytes=9999999-']) {
      const answer = await client.get(path, { headers: { Range: part } })
      assert.equal(answer.status, 200, `${path} ${part}`)
      assertSafe(answer, `${path} ${part}`)
    }
  }
})

test('Host and X-Forwarded-* change no link', async () => {
  const nobody = site.client()
  const plain = (await nobody.get('/')).body
  const odd = (await nobody.get('/', { headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' } })).body
  assert.ok(!odd.includes('evil.example'))
  assert.equal(odd.length, plain.length)
})
