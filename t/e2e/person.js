'use strict'
// What people do on the site, without a browser.

const assert = require('node:assert/strict')
const crypto = require('crypto')
const { data } = require('./html')
const { until } = require('./until')

const PASSWORD = 'a rather silly sentence'

function invent (name = 'ash') {
  const word = crypto.randomBytes(5).toString('hex')
  return { name, email: `${name}-${word}@example.com`, password: PASSWORD, bot: `${name}-${word}` }
}

function sees (answer, status, location) {
  assert.equal(answer.status, status, `${answer.path}: ${answer.status}, not ${status}`)
  if (location !== undefined) assert.equal(answer.headers.location, location, answer.path)
  return answer
}

// From the start page to a new account; the browser is then on its way to /newbie.
async function register (client, who) {
  const first = await client.submit(await client.page('/start'), '/start', { email: who.email, password: who.password })
  sees(first, 422)
  sees(await client.submit(first, '/start', { email: who.email, password: who.password, new: '1' }), 303, '/newbie')
  return who
}

async function signIn (client, who) {
  const page = await client.page('/start')
  return sees(await client.submit(page, '/start', { email: who.email, password: who.password }), 303)
}

// Orders the first bot.
async function greet (client, who) {
  const page = await client.page('/newbie')
  sees(await client.submit(page, '/newbie', { name: who.name, bot: who.bot, payment: 'free' }), 303, `/agents/${who.bot}`)
  return who
}

// Registers and orders the first bot.
async function settle (client, who = invent()) {
  return greet(client, await register(client, who))
}

async function order (client, name) {
  sees(await client.submit(await client.page('/agents'), '/agents', { name, description: '' }), 303, `/agents/${name}`)
}

// The bot's own tag: { status, key, words }.
async function tag (client, bot, tab = '') {
  const [first] = data((await client.page(`/agents/${bot}${tab}`)).body, 'status')
  return first
}

async function becomes (client, bot, status, ms) {
  const began = Date.now()
  await until(`${bot} is ${status}`, ms, async () => (await tag(client, bot)).status === status)
  return Date.now() - began
}

// Goes through the confirm page of an action.
async function act (client, bot, verb) {
  const path = `/agents/${bot}/${verb}`
  return sees(await client.submit(await client.page(path), path), 303, `/agents/${bot}`)
}

async function invites (client, bot) {
  return data((await client.page(`/agents/${bot}/invites`)).body, 'invite')
}

// Makes an invite; resolves to its element once it has a code.
async function invite (client, bot, label, ms = 15000) {
  const path = `/agents/${bot}/invites`
  sees(await client.submit(await client.page(path), path, { label }), 303)
  return until(`${label} has a code`, ms, async () => (await invites(client, bot))
    .find(one => one.state === 'unused' && one.code && one.words.includes(label)))
}

module.exports = { act, becomes, greet, invent, invite, invites, order, register, sees, settle, signIn, tag }
