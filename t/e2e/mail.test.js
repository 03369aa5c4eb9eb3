'use strict'
// accounts.verify: from the wish for an account over the letter in the maildir to the welcome page, on a real site.

const assert = require('node:assert/strict')
const { after, before, test } = require('node:test')
const { letters, links } = require('./letters')
const person = require('./person')
const { open } = require('./site')
const { until } = require('./until')

let site

before(async () => { site = await open({ set: ['accounts.verify=on', 'mail.from=hello@butt.example'] }) })
after(() => site?.close())

async function want (client, who, password = who.password) {
  const first = await client.submit(await client.page('/start'), '/start', { email: who.email, password })
  person.sees(first, 422)
  return person.sees(await client.submit(first, '/start', { email: who.email, password, new: '1' }), 200)
}

test('a new account takes a letter, a link and a button', async t => {
  const client = site.client()
  const who = person.invent()
  const began = Date.now()
  assert.match((await want(client, who)).body, /check your mail/)
  const [letter] = await until('there is a letter', 20000, () => { const all = letters(site, who.email); return all.length > 0 && all })
  t.diagnostic(`the letter was there after ${Date.now() - began} ms`)
  assert.match(letter.headers, /^From: "butt\.nz" <hello@butt\.example>$/m)
  assert.match(letter.headers, /^Subject: your account at butt\.nz$/m)
  const link = new RegExp(`^${site.url}(/confirm/[0-9a-f]{40})$`, 'm').exec(letter.body)
  assert.ok(link, letter.body)
  const phone = site.client()
  const page = await phone.page(link[1])
  assert.ok(page.body.includes(who.email))
  const again = person.sees(await phone.submit(page, link[1], { password: 'not that one' }), 422)
  assert.match(again.body, /not the password this account was asked for with/)
  person.sees(await phone.submit(again, link[1], { password: who.password }), 303, '/newbie')
  await person.greet(phone, who)
  person.sees(await phone.get(link[1]), 404)
  await person.signIn(client, who)
  assert.equal((await client.get(`/agents/${who.bot}`)).status, 200, 'the first browser gets in with the password')
})

test('who has an account gets a letter that says so, and no link', async () => {
  const [owner, stranger] = [site.client(), site.client()]
  const who = person.invent()
  await want(owner, who)
  const link = await until('a letter', 20000, () => links(site, who.email)[0])
  await owner.submit(await owner.page(link), link, {})
  assert.match((await want(stranger, who, 'not the right one')).body, /check your mail/)
  const all = await until('a second letter', 20000, () => { const all = letters(site, who.email); return all.length > 1 && all })
  const second = all.find(one => !/\/confirm\//.test(one.body))
  assert.match(second.body, new RegExp(`^${site.url}/start$`, 'm'))
})

test('a stranger who asks with somebody\'s email gets no way into their account', async () => {
  const [stranger, owner] = [site.client(), site.client()]
  const who = person.invent()
  const theirs = { ...who, password: 'what the stranger chose' }
  await want(stranger, theirs)
  const [link] = await until('a letter', 20000, () => links(site, who.email).length > 0 && links(site, who.email))
  const page = await owner.page(link)
  person.sees(await owner.submit(page, link, {}), 422)
  person.sees(await owner.submit(page, link, { password: who.password }), 422)
  await want(owner, who)
  const [mine] = await until('a letter of their own', 20000, () => { const all = links(site, who.email).filter(one => one !== link); return all.length > 0 && all })
  person.sees(await owner.submit(await owner.page(mine), mine, {}), 303, '/newbie')
  person.sees(await stranger.get(link), 404)
  const again = await stranger.page('/start')
  person.sees(await stranger.submit(again, '/start', { email: who.email, password: theirs.password }), 422)
  await person.signIn(site.client(), who)
})
