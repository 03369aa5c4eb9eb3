'use strict'
// Calls go wrong, once or for ever until somebody mends it, in the ways that the fakes know: each story goes on to its end,
// with nothing doubled, lost, left over or wrongly deleted, and while a call fails for ever somebody is told.
//
//   BAAS_FAULTS=all    each kind of call in each way in each story that makes it: thousands of runs, an hour; else each kind
//                      of call and each way at least once, and those that make something in the ways that leave it in doubt

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { ways: cloudWays } = require('../fake/scaleway.d/faults')
const { ways: masterWays } = require('../fake/salt-api.d/faults')
const { Slots } = require('./slots')
const { stories } = require('./stories')

const ALL = process.env.BAAS_FAULTS === 'all'

const ways = { cloud: Object.keys(cloudWays), master: Object.keys(masterWays) }
// It was done, and the answer does not say so.
const doubtful = {
  cloud: ['500-created', 'timeout-created', 'reset-after', 'garbage'],
  master: ['500-done', 'timeout-done', 'reset-after', 'garbage']
}

// ---- which calls there are

const instance = '/instance/v1/zones/fr-par-1'
const block = '/block/v1/zones/fr-par-1'
const records = '/domain/v2beta1/dns-zones/butt.test/records'

const all = Object.keys(stories)
const made = ['create', 'a new generation', 'one that does not join', 'two people'] // a machine, from its order to its bot
const fresh = ['create', 'one that does not join', 'two people', 'create, then delete']
const gone = ['delete', 'create, then delete', 'two people']

// Each kind of call, with the stories that make it whatever happens when.
const kinds = [
  ...['servers', 'ips', 'security_groups'].map(what => [`GET ${instance}/${what}`, all]),
  [`GET ${block}/volumes`, all],
  [`GET ${records}`, [...made, 'delete']],
  ['GET /marketplace/v2/local-images', made],
  [`POST ${block}/volumes`, fresh],
  [`POST ${instance}/ips`, fresh],
  [`POST ${instance}/security_groups`, fresh.filter(story => stories[story].from === 'empty')],
  [`PUT ${instance}/security_groups/ID/rules`, made],
  [`POST ${instance}/servers`, [...made, 'create, then delete']],
  [`PATCH ${block}/volumes/ID`, made],
  [`PATCH ${instance}/servers/ID/user_data/cloud-init`, made],
  [`POST ${instance}/servers/ID/action`, [...made, 'delete', 'suspend', 'resume']],
  [`PATCH ${records}`, [...made.filter(story => story !== 'a new generation'), 'delete']],
  [`DELETE ${instance}/servers/ID`, [...gone, 'a new generation', 'one that does not join']],
  [`DELETE ${block}/volumes/ID`, [...gone, 'a new generation', 'one that does not join']],
  [`DELETE ${instance}/ips/ID`, gone],
  ...['/login', 'baas.master', '/jobs/ID', 'state.apply'].map(what => [`salt ${what}`, [...made, 'delete', 'resume']]),
  ...['test.ping', 'baas.status'].map(what => [`salt ${what}`, [...made, 'resume']]),
  ['salt saltutil.find_job', [...made, 'delete', 'resume']], // of an apply that is lost
  ['salt key.gen_accept', made],
  ['salt key.list_all', ['create', 'a new generation', 'one that does not join']],
  ['salt key.delete_dict', ['a new generation']]
].map(([name, where]) => ({ name, stories: where, on: name.startsWith('salt ') ? 'master' : 'cloud', rule: ruleOf(...name.split(' ')) }))

const LOST = { how: 'lost', times: 2, match: { fun: '^state\\.apply$' } } // a worker may end before it asks after the first

// The fakes' rule that finds it.
function ruleOf (method, path) {
  if (method === 'salt' && path.includes('.')) return { fun: `^${path.replace('.', '\\.')}$` }
  const exact = `^${path.replace(/[.+*]/g, '\\$&').replace(/ID/, method === 'salt' ? '[0-9]{20}' : '[0-9a-f-]{36}')}(\\?|$)`
  return { method: method !== 'salt' ? method : path === '/login' ? 'POST' : 'GET', path: exact }
}

const makes = kind => kind.name.startsWith('POST ') || kind.name === 'salt key.gen_accept'

// ---- which of them go wrong, how, and where

// Each kind and each way: one more of the longer list each time; shift: in which stories, and which way first.
function some (shift) {
  return ['cloud', 'master'].flatMap(on => {
    const own = kinds.filter(kind => kind.on === on)
    return Array.from({ length: Math.max(own.length, ways[on].length) }, (_, i) => {
      const kind = own[i % own.length]
      return { kind, how: ways[on][(i + shift) % ways[on].length], story: kind.stories[(i + shift) % kind.stories.length] }
    })
  })
}

function every () {
  return kinds.flatMap(kind => ways[kind.on].flatMap(how => kind.stories.map(story => ({ kind, how, story }))))
}

function inDoubt () {
  return kinds.filter(makes).flatMap((kind, i) =>
    doubtful[kind.on].map((how, j) => ({ kind, how, story: kind.stories[(i + j) % kind.stories.length] })))
}

// What has once gone wrong.
const once = [
  ['create', `POST ${instance}/servers`, '400'],
  ['a new generation', `DELETE ${instance}/servers/ID`, '403'],
  ['delete', `DELETE ${instance}/servers/ID`, '403']
]
const forever = [
  ['delete', `GET ${records}`, '404'],
  ['delete', `GET ${records}`, 'partial-list'],
  ['create', 'GET /marketplace/v2/local-images', '429'],
  ['delete', 'salt /jobs/ID', 'nothing'],
  ['two people', 'salt test.ping', 'lost']
]

// The list, and those of them that it does not have.
function add (list, known) {
  const more = known.map(([story, name, how]) => ({ story, how, kind: kinds.find(kind => kind.name === name) }))
  return [...list, ...more.filter(one => !list.some(({ story, how, kind }) => story === one.story && how === one.how && kind === one.kind))]
}

// ---- runs

let slots
const sums = { runs: 0, calls: new Set() }

before(async () => {
  slots = new Slots()
  for (const moment of new Set(Object.values(stories).map(story => story.from))) await slots.make(moment)
})

after(() => slots.close())

// One run, and what is wrong.
async function run ({ kind, how, story }, times) {
  const rules = [...kind.name.endsWith('.find_job') ? [LOST] : [], { how, times, match: kind.rule }]
  const { calls, hits, wrong, words } = await slots.play({ story, faults: { [kind.on]: rules }, forever: times !== 1 })
  sums.runs++
  for (const call of calls) sums.calls.add(call)
  if (hits === 0) wrong.push('that call is not made')
  return wrong.length > 0 ? [...wrong.map(one => `${story}: ${kind.name}: ${how}: ${one}`), words] : []
}

async function runs (t, list, times) {
  const wrong = (await Promise.all(list.map(one => run(one, times)))).flat()
  t.diagnostic(`${list.length} runs, of ${new Set(list.map(one => one.kind.name)).size} kinds of calls`)
  assert.deepEqual(wrong, [])
}

describe('calls', { concurrency: 3 }, () => {
  test('a call fails for ever, until it is mended', t => runs(t, add(ALL ? every() : some(9), forever), 'forever'))
  test('a call fails once', t => runs(t, add(ALL ? every() : some(0), once), 1))
  if (!ALL) test('a call that makes something fails once, and has made it', t => runs(t, inDoubt(), 1))
})

test('no kind of call is left out', t => {
  t.diagnostic(`${sums.runs} runs`)
  assert.deepEqual([...sums.calls].filter(name => !kinds.some(kind => kind.name === name)), [])
})
