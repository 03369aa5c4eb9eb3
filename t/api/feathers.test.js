'use strict'
// The API with feathers' own client, against a real site: what its users may rely on.

const assert = require('node:assert/strict')
const crypto = require('crypto')
const { after, before, test } = require('node:test')
const { borrow } = require('../e2e/site')
const { pause, until } = require('../e2e/until')
const { ACTIONS, open, refusal } = require('./app')

const PASSWORD = 'a rather silly sentence'
const WAKES = 30000
const word = crypto.randomBytes(4).toString('hex')
const email = name => `${name}-${word}@example.com`
const bots = ['a', 'b', 'c'].map(name => `${name}-${word}`)
let site, alice, bob, me, stranger

const agents = app => app.service('agents')
const names = page => page.data.map(agent => agent.name)
const find = async (query, app = alice) => names(await agents(app).find({ query }))
const signIn = (app, name, password = PASSWORD) => app.authenticate({ strategy: 'local', email: email(name), password })

async function settle (name) {
  const app = open(site.url)
  const user = await app.service('users').create({ email: email(name), password: PASSWORD, name })
  assert.equal(user.password, undefined)
  assert.equal(user.email, email(name))
  await signIn(app, name)
  return { app, user }
}

async function refuses (name, code, work) {
  const err = await refusal(work)
  assert.deepEqual([err.name, err.code], [name, code], err.message)
  assert.equal(typeof err.className, 'string')
  return err
}

before(async () => {
  site = await borrow()
  ;({ app: alice, user: me } = await settle('alice'))
  ;({ app: bob, user: stranger } = await settle('bob'))
})
after(() => site?.close())

test('the same email, a wrong password, nobody', async () => {
  const app = open(site.url)
  const known = await refuses('Conflict', 409, () => app.service('users').create({ email: email('alice'), password: PASSWORD }))
  assert.ok(known.errors.email)
  const short = await refuses('Unprocessable', 422, () => app.service('users').create({ email: 'x', password: 'short' }))
  assert.deepEqual(Object.keys(short.errors).sort(), ['email', 'password'])
  const wrong = await refuses('NotAuthenticated', 401, () => signIn(app, 'alice', 'not the right one'))
  const unknown = await refuses('NotAuthenticated', 401, () => signIn(app, 'nobody'))
  assert.equal(wrong.message, unknown.message)
  await refuses('NotAuthenticated', 401, () => agents(app).find())
})

test('a sign-in, again by its token, and its end', async () => {
  const app = open(site.url)
  const first = await signIn(app, 'alice')
  assert.equal(first.authentication.strategy, 'local')
  assert.equal(first.user.id, me.id)
  const later = open(site.url, app.get('storage'))
  const again = await later.reAuthenticate()
  assert.equal(again.accessToken, first.accessToken)
  assert.equal(again.authentication.strategy, 'jwt')
  assert.deepEqual(await find({}, later), ['alice'])
  const last = await later.logout()
  assert.deepEqual([last.accessToken, last.user.id], [first.accessToken, me.id])
  await refuses('NotAuthenticated', 401, () => agents(app).find())
  await refuses('NotAuthenticated', 401, () => open(site.url, app.get('storage')).reAuthenticate())
  assert.deepEqual(await find({}), ['alice'], 'the other session goes on')
})

test('bots are made, and are found by every operator', async () => {
  for (const name of bots) {
    const bot = await agents(alice).create({ name, description: `it is ${name}` })
    assert.deepEqual([bot.name, bot.type, bot.wanted, bot.description], [name, 'bot', 'running', `it is ${name}`])
    assert.ok(!Number.isNaN(Date.parse(bot.createdAt)))
    await pause(2) // the next is of another millisecond
  }
  const [a, b, c] = bots
  const sort = { $sort: { name: 1 }, type: 'bot' }
  const times = (await agents(alice).find({ query: sort })).data.map(bot => bot.createdAt)
  const all = [
    [sort, bots],
    [{ $sort: { createdAt: -1 }, type: 'bot' }, [c, b, a]],
    [{ name: b }, [b]],
    [{ name: { $in: [a, c, 'other'] }, ...sort }, [a, c]],
    [{ name: { $nin: [a, c] }, ...sort }, [b]],
    [{ name: { $ne: b }, ...sort }, [a, c]],
    [{ name: { $gt: a }, ...sort }, [b, c]],
    [{ name: { $gte: b, $lt: c }, ...sort }, [b]],
    [{ name: { $lte: b }, ...sort }, [a, b]],
    [{ createdAt: { $gt: times[0] }, ...sort }, [b, c]],
    [{ createdAt: { $lte: new Date(times[1]) }, ...sort }, [a, b]],
    [{ updatedAt: { $gte: new Date(0), $lt: new Date(0) } }, []],
    [{ $or: [{ name: a }, { name: c }], ...sort }, [a, c]],
    [{ $or: [{ name: a, type: 'person' }, { name: { $in: [b] } }], ...sort }, [b]],
    [{ $and: [{ $or: [{ name: a }, { name: b }] }, { name: { $ne: a } }] }, [b]],
    [{ type: 'person' }, ['alice']],
    [{ service: { $ne: 'scuttlebutt' } }, ['alice']],
    [{ service: 'scuttlebutt', ...sort, $limit: 1, $skip: 1 }, [b]],
    [{ status: { $in: ['suspended', 'deleting'] } }, []]
  ]
  for (const [query, want] of all) assert.deepEqual(await find(query), want, JSON.stringify(query))
  const count = await agents(alice).find({ query: { $limit: 0, type: 'bot' } })
  assert.deepEqual([count.total, count.limit, count.data], [3, 0, []])
  const few = await agents(alice).find({ query: { $select: ['name', 'status'], name: a } })
  assert.deepEqual(Object.keys(few.data[0]), ['id', 'name', 'status'])
  assert.equal((await agents(alice).get(a, { query: { $select: ['host'] } })).host.startsWith(`${a}.`), true)
})

test('what can not be asked for is a bad request', async () => {
  for (const query of [{ nonsense: 1 }, { name: { $regex: 'x' } }, { $limit: 'abc' }, { $sort: { email: 1 } }, { $select: ['password'] },
    { createdAt: { $gt: 'yesterday' } }, { $or: [{ nonsense: 1 }] }, { type: { $gt: 'a' } }, { id: me.id }]) {
    const err = await refuses('BadRequest', 400, () => agents(alice).find({ query }))
    assert.match(err.message, /^Invalid query parameter /)
  }
  let deep = { name: 'x' }
  for (let i = 0; i < 50; i++) deep = { $or: [deep] }
  await refuses('BadRequest', 400, () => agents(alice).find({ query: deep }))
})

test('a bot comes alive, in get and in filters alike', async () => {
  const bot = await until(`${bots[0]} is alive`, WAKES, async () => {
    const agent = await agents(alice).get(bots[0])
    return agent.status === 'alive' && agent
  })
  assert.deepEqual(await find({ status: 'alive', name: bots[0] }), [bots[0]])
  assert.equal((await agents(alice).get(bot.id)).name, bots[0])
  assert.match(bot.key, /^@.{44}\.ed25519$/)
  for (const member of ['uptime', 'memory', 'disk', 'port']) assert.equal(typeof bot[member], 'number', member)
  for (const member of ['checkedAt', 'statusSince']) assert.match(bot[member], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
})

test('patch, and what it refuses', async () => {
  const bot = await agents(alice).patch(bots[1], { description: 'changed', wanted: 'stopped' })
  assert.deepEqual([bot.description, bot.wanted], ['changed', 'stopped'])
  await refuses('BadRequest', 400, () => agents(alice).patch(bot.id, { name: 'x' }))
  const err = await refuses('Unprocessable', 422, () => agents(alice).patch(bot.id, { wanted: 'on' }))
  assert.ok(err.errors.wanted)
  await until('it is stopped', WAKES, async () => (await agents(alice).get(bot.id)).status === 'stopped')
  assert.deepEqual(await find({ status: 'stopped' }), [bots[1]])
})

test('actions are methods of the service', async () => {
  const { id } = await agents(alice).get(bots[1])
  assert.equal((await agents(alice).start({ id })).wanted, 'running')
  assert.equal((await agents(alice).stop({ id })).wanted, 'stopped')
  await refuses('Unprocessable', 422, () => agents(alice).restart({ id }))
  const gone = await agents(alice).remove(id)
  assert.equal(gone.status, 'deleting')
  assert.ok(!(await find({})).includes(bots[1]))
  assert.equal((await agents(alice).restore({ id })).id, id)
  assert.ok((await find({})).includes(bots[1]))
})

test('an invite is pending, then has a code, then is taken back', async () => {
  const { id } = await agents(alice).get(bots[0])
  const invites = alice.service(`agents/${id}/invites`)
  const order = await invites.create({ label: 'carol' })
  assert.deepEqual([order.label, order.state, order.code], ['carol', 'pending', null])
  const made = await until('it has a code', WAKES, async () => {
    const invite = await invites.get(order.id)
    return invite.code && invite
  })
  assert.equal(made.state, 'unused')
  assert.equal((await fetch(made.url)).status, 200)
  const routed = await alice.service('agents/:agent/invites').find({ route: { agent: bots[0] }, query: { state: 'unused' } })
  assert.deepEqual(routed.data.map(invite => invite.id), [order.id])
  assert.equal((await invites.remove(order.id)).id, order.id)
  await until('it is revoked', WAKES, async () => (await invites.get(order.id)).state === 'revoked')
  await refuses('Unprocessable', 422, () => invites.remove(order.id))
  await refuses('NotFound', 404, () => invites.get('nothere'))
})

test('events, samples and exports page alike', async () => {
  const of = name => alice.service(`agents/${bots[0]}/${name}`)
  const events = await of('events').find({ query: { what: { $in: ['bot.order', 'invite.order'] }, $sort: { at: 1 } } })
  assert.deepEqual(events.data.map(event => [event.what, event.actor]), [['bot.order', 'person'], ['invite.order', 'person']])
  const samples = await until('there is a sample', WAKES, async () => {
    const page = await of('samples').find({ query: { step: 60, $limit: 1 } })
    return page.total > 0 && page
  })
  assert.equal(samples.data[0].step, 60)
  assert.deepEqual(await of('exports').find(), { data: [], total: 0, limit: 10, skip: 0 })
})

test('what there is not: put, patch and remove of all, several at once', async () => {
  await refuses('MethodNotAllowed', 405, () => agents(alice).update(bots[0], { description: 'x' }))
  await refuses('MethodNotAllowed', 405, () => agents(alice).patch(null, { wanted: 'stopped' }))
  await refuses('MethodNotAllowed', 405, () => agents(alice).remove(null))
  await refuses('MethodNotAllowed', 405, () => agents(alice).create([{ name: 'x' }]))
  await refuses('MethodNotAllowed', 405, () => alice.service(`agents/${bots[0]}/exports`).create({ part: 'all' }))
  await refuses('MethodNotAllowed', 405, () => agents(alice).remove(me.id))
  await refuses('NotFound', 404, () => alice.service('nothing').find())
  await refuses('Conflict', 409, () => agents(alice).create({ name: bots[0] }))
})

test('what is another person\'s is not there', async () => {
  const { id } = await agents(alice).get(bots[0])
  const [invite] = (await alice.service(`agents/${id}/invites`).find()).data
  const before = JSON.stringify(await agents(alice).find({ query: { $select: ['wanted', 'description', 'updatedAt'] } }))
  assert.deepEqual(await find({}, bob), ['bob'])
  for (const query of [{ name: bots[0] }, { $or: [{ name: bots[0] }, { type: 'bot' }] }, { name: { $ne: 'bob' } }]) {
    assert.deepEqual(await find(query, bob), [])
  }
  for (const key of [id, bots[0], me.id]) {
    const words = []
    const tries = [
      () => agents(bob).get(key), () => agents(bob).patch(key, { wanted: 'stopped' }), () => agents(bob).remove(key),
      ...['invites', 'events', 'samples', 'exports'].map(name => () => bob.service(`agents/${key}/${name}`).find()),
      () => bob.service(`agents/${key}/invites`).create({ label: 'x' }),
      () => bob.service(`agents/${key}/invites`).remove(invite.id), () => bob.service(`agents/${key}/invites`).get(invite.id),
      ...ACTIONS.map(action => () => agents(bob)[action]({ id: key }))
    ]
    for (const work of tries) words.push((await refuses('NotFound', 404, work)).message)
    assert.deepEqual([...new Set(words)], [`No record found for id '${key}'`])
  }
  assert.equal(JSON.stringify(await agents(alice).find({ query: { $select: ['wanted', 'description', 'updatedAt'] } })), before)
  assert.equal((await agents(bob).get(stranger.id)).name, 'bob')
})

test('bare HTTP: sizes, types, cookies, CORS', async () => {
  const { accessToken } = await alice.get('authentication')
  const send = (path, init = {}) => fetch(`${site.url}${path}`, {
    ...init,
    headers: { Accept: 'application/json', Authorization: `bearer ${accessToken}`, ...init.headers }
  })
  const post = (body, type = 'application/json') => send('/agents', { method: 'POST', body, headers: { 'Content-Type': type } })
  for (const [answer, status, name] of [
    [await post('{'), 400, 'BadRequest'], [await post('{"name":"x","name":"y"}'), 400, 'BadRequest'],
    [await post(JSON.stringify({ name: 'x'.repeat(65536) })), 413, 'PayloadTooLarge'],
    [await post('name=x', 'text/plain'), 415, 'UnsupportedMediaType'],
    [await send('/agents', { method: 'OPTIONS', headers: { Origin: 'https://example.org' } }), 405, 'MethodNotAllowed']
  ]) {
    const error = await answer.json()
    assert.deepEqual([answer.status, error.code, error.name], [status, status, name])
    assert.equal(answer.headers.get('access-control-allow-origin'), null)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
  }
  const plain = await send('/agents', { headers: { Authorization: accessToken, Origin: 'https://example.org' } })
  assert.equal(plain.status, 200)
  assert.equal(plain.headers.get('access-control-allow-origin'), null)
  assert.equal(plain.headers.get('set-cookie'), null)
  assert.equal((await send('/agents', { headers: { Authorization: '', Cookie: `baas=${accessToken}` } })).status, 401)
  const head = await send('/agents', { method: 'HEAD' })
  assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'application/json'])
})

test('many tries have to wait', async () => {
  const app = open(site.url)
  let tries = 0
  // The first wait is of a second: who is slower than that comes to the next.
  while ((await refusal(() => signIn(app, 'bob', 'wrong wrong'))).code === 401 && tries < 12) tries++
  assert.ok(tries >= 6 && tries < 12, `${tries} tries`)
  await refuses('TooManyRequests', 429, () => signIn(app, 'bob'))
})
