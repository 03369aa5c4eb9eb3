'use strict'
// Strangers at the door of a real site: headers and bodies that are none, tries without end, clients that hang up.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const http = require('http')
const net = require('net')
const person = require('./person')
const { open } = require('./site')
const { sql } = require('./sql')
const { took, until } = require('./until')

const FORM = 'Content-Type: application/x-www-form-urlencoded'
let site, owner, who

before(async () => {
  site = await open()
  owner = site.client()
  who = await person.register(owner, person.invent())
})
after(() => site?.close())

// Bytes sent as they are; resolves to { status, text }.
function raw (...lines) {
  const body = lines.pop()
  return new Promise((resolve, reject) => {
    const socket = net.connect(site.port, '127.0.0.1')
    const parts = []
    socket.setTimeout(20000, () => socket.destroy(new Error('no answer')))
    socket.on('error', reject)
    socket.on('data', data => parts.push(data))
    socket.on('close', () => {
      const text = Buffer.concat(parts).toString()
      resolve({ status: Number(text.split(' ')[1]), text })
    })
    const head = [lines.shift() + ' HTTP/1.1', `Host: 127.0.0.1:${site.port}`, 'Connection: close', ...lines]
    if (body.length > 0) head.push(`Content-Length: ${body.length}`)
    socket.write(Buffer.concat([Buffer.from(head.join('\r\n') + '\r\n\r\n'), body]))
  })
}

// A fresh browser's form for /start: its cookie and its csrf.
async function form () {
  const client = site.client()
  const { csrf } = client.fields(await client.page('/start'), '/start')
  return { cookie: 'Cookie: ' + [...client.cookies].map(one => one.join('=')).join('; '), csrf }
}

test('a header that comes twice as a variable is 400', async () => {
  const none = Buffer.alloc(0)
  const rows = [
    [['X-A: 1'], 200],
    [['X-A: 1', 'X-B: 2'], 200],
    [['X-A: 1', 'X_A: 2'], 400],
    [['X_A: 1', 'x-a: 1'], 400],
    [['X-Forwarded-For: 192.0.2.1', 'X_Forwarded_For: 192.0.2.2'], 400],
    [['Cookie: baas=x', 'Coo_kie: y'], 200],
    [['Sec-Fetch-Site: same-origin', 'Sec_Fetch_Site: cross-site'], 400]
  ]
  for (const [headers, status] of rows) {
    for (const path of ['/start', '/', '/health']) {
      const answer = await raw(`GET ${path}`, ...headers, none)
      assert.equal(answer.status, status, `${path} ${headers}`)
      assert.match(answer.text, /^content-security-policy: /im, `${path} ${headers}`)
    }
  }
})

test('bodies that are no form are 400, 413 and 415', async () => {
  const { cookie, csrf } = await form()
  const start = `csrf=${csrf}&email=a%40example.org&password=`
  const rows = [
    ['a NUL', Buffer.from(start + 'a\0b'), 400],
    ['a NUL in disguise', Buffer.from(start + 'a%00b'), 400],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xfe])]), 400],
    ['the same in disguise', Buffer.from(start + '%ff%fe'), 400],
    ['half a character', Buffer.from(start + '%c3'), 400],
    ['a surrogate', Buffer.from(start + '%ed%a0%80'), 400],
    ['too long a NUL', Buffer.from(start + '%c0%80'), 400],
    ['a broken escape', Buffer.from(start + '%zz'), 400],
    ['64 KiB', Buffer.from(start + 'x'.repeat(65536 - start.length)), 422],
    ['a byte more', Buffer.from(start + 'x'.repeat(65537 - start.length)), 413],
    ['half a megabyte', Buffer.from(start + 'x'.repeat(1 << 19)), 413]
  ]
  for (const [what, body, status] of rows) {
    const answer = await raw('POST /start', FORM, cookie, body)
    assert.equal(answer.status, status, what)
    assert.match(answer.text, /^content-security-policy: /im, what)
  }
  const other = await raw('POST /start', 'Content-Type: text/plain', cookie, Buffer.from(start + 'x'))
  assert.equal(other.status, 415, 'text/plain')
  assert.equal((await raw('GET /start?next=%ff', Buffer.alloc(0))).status, 400, 'a query that is not UTF-8')
})

// One try to sign in from one address; destroyed after `patience` ms if that is given. Resolves to its status or error.
function attempt (from, { cookie, csrf }, email, { password = 'not the right one', patience } = {}) {
  const body = new URLSearchParams({ csrf, email, password }).toString()
  const headers = { Host: `127.0.0.1:${site.port}`, Cookie: cookie.slice(8), 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length }
  return new Promise(resolve => {
    const request = http.request({ host: '127.0.0.1', port: site.port, method: 'POST', path: '/start', agent: false, localAddress: from, headers })
    request.on('error', err => resolve(err.code))
    request.on('response', response => response.resume().on('end', () => resolve(response.statusCode)))
    request.end(body)
    if (patience) setTimeout(() => request.destroy(), patience)
  })
}

const address = i => `127.0.${100 + (i >> 7)}.${1 + (i & 127)}`

async function latencies (n) {
  const all = []
  for (let i = 0; i < n; i++) all.push(await took(async () => assert.equal((await site.client().get('/start')).status, 200)))
  return all.sort((a, b) => a - b)
}

// The owner's own browser, once more: cookies of before, but for the session.
async function comeBack () {
  const { csrf } = owner.fields(await owner.page('/account'), '/account/name')
  person.sees(await owner.post('/authentication/sign-out', { csrf }), 303, '/')
  assert.ok(owner.cookies.has('baas_known') && !owner.cookies.has('baas'), 'signed out, and known')
  let answer
  const page = await owner.page('/start')
  const ms = await took(async () => { answer = await owner.submit(page, '/start', { email: who.email, password: who.password }) })
  return { status: answer.status, ms }
}

async function hangUp (t, stranger) {
  const middle = all => all[all.length >> 1]
  const alone = (await comeBack()).ms
  const quiet = middle(await latencies(60))
  const gone = Promise.all(Array.from({ length: 60 }, (_, i) => attempt(address(i), stranger, `gone${i}@example.org`, { patience: 100 })))
  const busy = middle(await latencies(60))
  await gone
  const back = await comeBack()
  t.diagnostic(`GET /start: quiet ${quiet}, busy ${busy} ms; sign-in: alone ${alone}, after them ${back.ms} ms`)
  assert.equal(back.status, 303)
  return back.ms < 8 * alone + 500 && busy < 5 * quiet + 20
}

// Up to three times: something else on this machine may begin between what is compared.
test('60 clients that hang up early hold up nobody', async t => {
  const stranger = await form()
  assert.ok(await hangUp(t, stranger) || await hangUp(t, stranger) || await hangUp(t, stranger), 'others wait for them')
})

// One who tries names that nobody has, one after the other, and heeds no Retry-After.
async function crowd (i, seen, isOver) {
  const stranger = await form()
  for (let n = 0; !isOver(); n++) {
    let status
    const ms = await took(async () => { status = await attempt(address(i), stranger, `crowd${i}-${n}@example.org`) })
    seen.push({ status, ms })
  }
}

test('a crowd of 60, each from an address and with names of its own: nobody waits for long, and the owner gets in', async t => {
  const alone = Math.max((await comeBack()).ms, (await comeBack()).ms)
  const seen = []
  let over = false
  const hands = Array.from({ length: 60 }, (_, i) => crowd(i, seen, () => over))
  await until('the crowd is there', 60000, () => seen.length > 60)
  const first = []
  const hashed = () => seen.filter(one => one.status === 422).length + first.length
  const before = hashed()
  const ms = await took(async () => { while (first.length < 8) first.push(await comeBack()) })
  const each = 2 * ms / (hashed() - before) // of a hash meanwhile, on two slots
  over = true
  await Promise.all(hands)
  const tally = {}
  for (const { status } of seen) tally[status] = (tally[status] ?? 0) + 1
  const longest = all => Math.max(...all.map(one => one.ms))
  t.diagnostic(`alone ${alone} ms, a hash within the crowd ${Math.round(each)} ms; within the crowd at most ${longest(first)} ms; the crowd: ${JSON.stringify(tally)}, at most ${longest(seen)} ms`)
  assert.deepEqual(first.map(one => one.status), first.map(() => 303))
  assert.deepEqual(Object.keys(tally), ['422', '503'])
  // Without the limit they would all be served in turn, each after the 59 others: 30 times as long as alone.
  const most = 500 + 15 * Math.max(alone, each)
  assert.ok(longest(first) < most, `the owner: ${longest(first)} ms`)
  assert.ok(longest(seen) < most, `a stranger: ${longest(seen)} ms`)
})

test('a thousand strangers try; the owner\'s own browser gets in at the first try', async t => {
  const stranger = await form()
  const tally = {}
  let next = 0
  const hands = Array.from({ length: 20 }, async () => {
    while (next < 1000) {
      const i = next++
      const status = await attempt(address(i), stranger, who.email)
      tally[status] = (tally[status] ?? 0) + 1
    }
  })
  const first = []
  const ms = await took(async () => {
    while (next < 1000) first.push(await comeBack())
    await Promise.all(hands)
  })
  first.push(await comeBack())
  t.diagnostic(`${JSON.stringify(tally)}; ${first.length} sign-ins, the slowest ${Math.max(...first.map(one => one.ms))} ms`)
  assert.deepEqual(first.map(one => one.status), first.map(() => 303))
  // Six, and one more after each wait that has passed, 1 s, 2 s, 4 s; and what two processes had looked at at one time.
  const most = 8 + Math.ceil(Math.log2(1 + ms / 1000))
  assert.ok((tally[422] ?? 0) <= most, `wrong ones: ${JSON.stringify(tally)} in ${ms} ms`)
  assert.equal((tally[422] ?? 0) + (tally[429] ?? 0) + (tally[503] ?? 0), 1000, JSON.stringify(tally))
  const fresh = await form()
  sql(site, "UPDATE tries SET last_at = (unixepoch() + 1) * 1000 WHERE subject LIKE 'account:%' AND count > 5") // its wait may just be over
  assert.equal(await attempt('127.0.0.1', fresh, who.email, { password: who.password }), 429, 'an unknown browser waits')
})

test('an address that many share: fifty may fail, then all there wait, and nobody elsewhere', async () => {
  const stranger = await form()
  const counts = { 422: 0, 429: 0 }
  for (let i = 0; i < 60 && counts[429] === 0; i++) counts[await attempt('127.0.99.1', stranger, `spray${i}@example.org`)]++
  assert.ok(counts[422] >= 50 && counts[422] < 60 && counts[429] === 1, JSON.stringify(counts))
  assert.equal(await attempt('127.0.99.2', stranger, 'spray@example.org'), 422, 'the neighbour')
  assert.equal((await comeBack()).status, 303, 'and the owner')
})
