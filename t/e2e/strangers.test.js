'use strict'
// Other people's bots do not exist, and nobody can be made to act by a page from elsewhere.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { data, masked } = require('./html')
const person = require('./person')
const { borrow } = require('./site')

const GETS = ['', '/start', '/stop', '/restart', '/delete', '/status', '/invites', '/invites/ID/revoke']
const POSTS = ['/start', '/stop', '/restart', '/delete', '/restore', '/invites', '/invites/ID/revoke']
let site, owner, stranger, who, invite, csrf

before(async () => {
  site = await borrow()
  owner = site.client()
  stranger = site.client()
  who = await person.settle(owner)
  await person.becomes(owner, who.bot, 'alive', 30000)
  invite = await person.invite(owner, who.bot, 'alice')
  const eve = await person.settle(stranger, person.invent('eve'))
  stranger.bot = eve.bot
  await person.becomes(stranger, eve.bot, 'alive', 30000)
  csrf = stranger.fields(await stranger.page('/account'), '/account/name').csrf
})
after(() => site?.close())

// What someone sees of a path, theirs or missing: headers that tell nothing, and the page.
const view = answer => ({ status: answer.status, type: answer.headers['content-type'], page: masked(answer.body) })

const fill = (path, id = invite.invite) => path.replace('ID', id)

async function ownBot () {
  return {
    status: (await person.tag(owner, who.bot)).status,
    invites: (await person.invites(owner, who.bot)).map(one => [one.invite, one.state])
  }
}

test('every page of another\'s bot is the page of a missing one', async () => {
  for (const path of GETS) {
    const theirs = await stranger.get(`/agents/${who.bot}${fill(path)}`)
    const missing = await stranger.get(`/agents/nobody-has-this${fill(path, 'none')}`)
    assert.equal(theirs.status, 404, path)
    assert.deepEqual(view(theirs), view(missing), path)
    assert.ok(!theirs.body.includes(who.bot) && !missing.body.includes('nobody-has-this'), `${path} repeats the name`)
  }
})

test('another\'s invite under one\'s own bot is missing', async () => {
  const theirs = await stranger.get(`/agents/${stranger.bot}/invites/${invite.invite}/revoke`)
  const missing = await stranger.get(`/agents/${stranger.bot}/invites/none/revoke`)
  assert.equal(theirs.status, 404)
  assert.deepEqual(view(theirs), view(missing))
})

test('a stranger\'s POSTs are those to a missing bot, and change nothing', async () => {
  const was = await ownBot()
  for (const path of POSTS) {
    const fields = { csrf, label: 'x', confirm: who.bot, password: who.password }
    const theirs = await stranger.post(`/agents/${who.bot}${fill(path)}`, fields)
    const missing = await stranger.post(`/agents/nobody-has-this${fill(path, 'none')}`, fields)
    assert.equal(theirs.status, 404, path)
    assert.deepEqual(view(theirs), view(missing), path)
  }
  const theirs = await stranger.post(`/agents/${stranger.bot}/invites/${invite.invite}/revoke`, { csrf })
  assert.equal(theirs.status, 404, 'another\'s invite')
  assert.deepEqual(await ownBot(), was)
})

test('a POST with a wrong csrf or from elsewhere is 403 and changes nothing', async () => {
  const was = await ownBot()
  const good = owner.fields(await owner.page('/account'), '/account/name').csrf
  const bad = [
    ['no csrf', {}, {}],
    ['an empty one', { csrf: '' }, {}],
    ['another person\'s', { csrf }, {}],
    ['one letter more', { csrf: good + 'x' }, {}],
    ['Origin: null', { csrf: good }, { Origin: 'null' }],
    ['a foreign Origin', { csrf: good }, { Origin: 'http://example.com' }],
    ['another port', { csrf: good }, { Origin: 'http://127.0.0.1:1' }],
    ['another scheme', { csrf: good }, { Origin: site.url.replace('http:', 'https:') }]
  ]
  for (const path of POSTS) {
    for (const [name, fields, headers] of bad) {
      const answer = await owner.post(`/agents/${who.bot}${fill(path)}`, { label: 'x', ...fields }, { headers })
      assert.equal(answer.status, 403, `${path}: ${name}`)
    }
  }
  assert.deepEqual(await ownBot(), was)
})

test('a POST without Origin is judged by csrf alone', async () => {
  const { csrf } = owner.fields(await owner.page('/account'), '/account/name')
  const body = new URLSearchParams({ csrf, name: 'ash without origin' }).toString()
  const answer = await owner.send('POST', '/account/name', { body })
  person.sees(answer, 303)
  assert.ok((await owner.page('/account')).body.includes('ash without origin'))
})

test('who is not signed in is sent to start, a POST too, with nothing done', async () => {
  const was = await ownBot()
  const nobody = site.client()
  for (const path of GETS) {
    const answer = await nobody.get(`/agents/${who.bot}${fill(path)}`)
    assert.equal(answer.status, 303, path)
    assert.ok(answer.headers.location.startsWith('/start?next='), answer.headers.location)
  }
  for (const path of POSTS) {
    const answer = await nobody.post(`/agents/${who.bot}${fill(path)}`, { csrf: 'x', label: 'x' })
    assert.equal(answer.status, 303, path)
    assert.match(answer.headers.location, /^\/start/)
  }
  assert.deepEqual(await ownBot(), was)
})

test('next leads to own paths only', async () => {
  for (const next of ['https://example.com/', '//example.com', '/\\example.com', '/\t/example.com', 'javascript:alert(1)', '/%0d%0aX: y']) {
    const nobody = site.client()
    const page = await nobody.page('/start?next=' + encodeURIComponent(next))
    const answer = await nobody.submit(page, '/start', { email: who.email, password: who.password, next })
    assert.equal(answer.status, 303, next)
    assert.match(answer.headers.location, /^\/(?![/\\])[\x21-\x7e]*$/, next)
  }
  const nobody = site.client()
  const sent = await nobody.get(`/agents/${who.bot}/status`)
  const answer = await nobody.submit(await nobody.page(sent.headers.location), '/start', { email: who.email, password: who.password })
  person.sees(answer, 303, `/agents/${who.bot}/status`)
})

test('a known email with a wrong password gets the page of an unknown one', async () => {
  const views = []
  for (const email of [who.email, 'never-seen@example.com']) {
    for (const more of [{}, { new: '1' }]) {
      if (email !== who.email && more.new) continue
      const nobody = site.client()
      const answer = await nobody.submit(await nobody.page('/start'), '/start', { email, password: 'not the right one', ...more })
      views.push({ ...view(answer), page: masked(answer.body).replaceAll(email, 'EMAIL') })
    }
  }
  assert.equal(views[0].status, 422)
  assert.deepEqual(views[0], views[2])
  assert.deepEqual(views[1].status, 422)
})

test('once: the same form sent twice makes one thing and gives the same answer', async () => {
  const page = await stranger.page('/agents')
  const fields = stranger.fields(page, '/agents', { name: `twice-${process.pid}` })
  const [first, second] = [await stranger.post('/agents', fields), await stranger.post('/agents', fields)]
  assert.deepEqual([first.status, first.headers.location], [second.status, second.headers.location])
  person.sees(first, 303, `/agents/twice-${process.pid}`)
  const names = data((await stranger.page('/agents')).body, 'bot').map(one => one.bot)
  assert.equal(names.filter(name => name === `twice-${process.pid}`).length, 1)
})
