'use strict'
// Calls go wrong, once or for ever until somebody mends it, in the ways that the fakes know: each story goes on to its end,
// with nothing doubled, lost, left over or wrongly deleted, and while a call fails for ever somebody is told.
//
//   BAAS_FAULTS=all    each kind of call in each way in each story: thousands of runs, some hours; else each kind of call
//                      and each way at least once, and those that make something in the ways that leave it in doubt

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { ways: cloudWays } = require('../fake/scaleway.d/faults')
const { ways: masterWays } = require('../fake/salt-api.d/faults')
const { Slots } = require('./slots')
const { stories } = require('./stories')

const ALL = process.env.BAAS_FAULTS === 'all'

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

const ways = { cloud: Object.keys(cloudWays), master: Object.keys(masterWays) }
// It was done, and the answer does not say so.
const doubtful = {
  cloud: ['500-created', 'timeout-created', 'reset-after', 'garbage'],
  master: ['500-done', 'timeout-done', 'reset-after', 'garbage']
}

// What is known to go wrong, and why; it has to, else it is to be taken from here.
const known = [
  {
    story: 'delete',
    call: 'GET /domain/v2beta1/dns-zones/butt.test/records',
    how: '404',
    times: 'forever',
    words: /^orphan: record one\.butt\.test$/,
    reason: 'a zone that is not there has no records: the bot goes, and its name stays'
  },
  {
    story: 'delete',
    call: 'salt /jobs/ID',
    how: 'nothing',
    times: 'forever',
    words: /^it does not say that something is wrong$/,
    reason: 'within these two minutes, it is not known from a minion that is still at work'
  },
  {
    story: 'two people',
    call: 'salt test.ping',
    how: 'lost',
    times: 'forever',
    words: /^it does not say that something is wrong$/,
    reason: 'it is not known from a machine that still boots, which may take 15 minutes'
  }
]

let slots
const sums = { runs: 0, known: 0 }
const found = {} // by story: the kinds of calls that it makes

before(async () => {
  slots = new Slots(12) // they wait more than they work
  for (const moment of new Set(Object.values(stories).map(story => story.from))) await slots.make(moment)
  await Promise.all(Object.keys(stories).map(async story => { found[story] = await kinds(story) }))
})

after(() => slots.close())

// The kinds of calls that a story makes, each with the rule that finds it.
async function kinds (story) {
  const { calls, wrong, words } = await slots.play({ story, listing: true })
  assert.deepEqual(wrong, [], words)
  const all = new Map()
  for (const { method, url } of calls.cloud) {
    const path = '^' + url.split('?')[0].replace(ID, 'ID').replace(/[.+*]/g, '\\$&').replace(/ID/g, '[0-9a-f-]{36}') + '(\\?|$)'
    all.set(`${method} ${url.split('?')[0].replace(ID, 'ID')}`, { on: 'cloud', makes: method === 'POST', match: { method, path } })
  }
  for (const { method, path, fun } of calls.master) {
    const name = fun ?? path.replace(/JID/, 'ID')
    all.set(`salt ${name}`, { on: 'master', makes: fun === 'key.gen_accept', match: fun ? { fun: `^${fun.replace('.', '\\.')}$` } : { method, path: path.replace(/JID/, '[0-9]{20}') } })
  }
  return [...all].sort(([a], [b]) => a < b ? -1 : 1).map(([name, kind]) => ({ name, ...kind }))
}

// Each kind with the stories that have it.
function everywhere (on) {
  const all = new Map()
  for (const story of Object.keys(stories)) {
    for (const kind of found[story].filter(one => one.on === on)) all.set(kind.name, { ...kind, stories: [...all.get(kind.name)?.stories ?? [], story] })
  }
  return [...all.values()].sort((a, b) => a.name < b.name ? -1 : 1)
}

// Each kind and each way: one more of the longer list each time; shift: in which stories, and which way first.
function some (shift) {
  return ['cloud', 'master'].flatMap(on => {
    const all = everywhere(on)
    return Array.from({ length: Math.max(all.length, ways[on].length) }, (_, i) => {
      const kind = all[i % all.length]
      return { kind, how: ways[on][(i + shift) % ways[on].length], story: kind.stories[(i + shift) % kind.stories.length] }
    })
  })
}

function every () {
  return Object.entries(found).flatMap(([story, list]) => list.flatMap(kind => ways[kind.on].map(how => ({ kind, how, story }))))
}

function inDoubt () {
  return ['cloud', 'master'].flatMap(on => everywhere(on).filter(one => one.makes).flatMap((kind, i) =>
    doubtful[on].map((how, j) => ({ kind, how, story: kind.stories[(i + j) % kind.stories.length] }))))
}

// One run, and what is wrong; of what is known to be wrong: what is not.
async function run ({ kind, how, story }, times) {
  const result = await slots.play({ story, faults: { [kind.on]: { how, times, match: kind.match } }, forever: times !== 1 })
  sums.runs++
  const name = `${story}: ${kind.name}: ${how}`
  const expected = known.find(one => one.story === story && one.call === kind.name && one.how === how && one.times === times)
  if (expected) {
    sums.known++
    return result.wrong.length > 0 && result.wrong.every(words => expected.words.test(words)) ? [] : [`${name}: expected is ${expected.words}, not ${JSON.stringify(result.wrong)}`]
  }
  return result.wrong.length > 0 ? [...result.wrong.map(words => `${name}: ${words}`), result.words] : []
}

async function runs (t, list, times) {
  const wrong = (await Promise.all(list.map(one => run(one, times)))).flat()
  t.diagnostic(`${list.length} runs, of ${new Set(list.map(one => one.kind.name)).size} kinds of calls`)
  assert.deepEqual(wrong, [])
}

// Those that are known are tried in any case, and where it is known how they go.
function withKnown (list, times) {
  const here = known.filter(one => one.times === times)
  const others = list.filter(({ kind, how, story }) => !here.some(one => one.call === kind.name && one.how === how && (!ALL || one.story === story)))
  return [...others, ...here.map(({ story, call, how }) => ({ story, how, kind: found[story].find(one => one.name === call) }))]
}

describe('calls', { concurrency: 3 }, () => {
  test('a call fails once', t => runs(t, withKnown(ALL ? every() : some(0), 1), 1))
  test('a call fails for ever, until it is mended', t => runs(t, withKnown(ALL ? every() : some(9), 'forever'), 'forever'))
  if (!ALL) test('a call that makes something fails once, and has made it', t => runs(t, inDoubt(), 1))
})

test('so many runs', t => {
  t.diagnostic(`${sums.runs} runs, ${sums.known} of them known to go wrong`)
  assert.equal(sums.known, known.length)
})
