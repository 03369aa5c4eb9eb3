'use strict'
// The worker is killed at each kind of moment at which that makes a difference, in each story, and goes on: nothing
// doubled, lost, left over, wrongly deleted or another's.
//
//   BAAS_KILLS=all    at each such moment, more than 1500 of them; else at some, so that it does not take minutes

const assert = require('node:assert/strict')
const { after, before, describe, test } = require('node:test')
const { Slots } = require('./slots')
const { stories } = require('./stories')

const ALL = process.env.BAAS_KILLS === 'all'
const KILLS_LEAST = ALL ? 1500 : 500

const LATE = 8000 // ms of the worker's clock

// Where, what is counted there, and of how many such moments one is tried.  Each change that was sent and not answered is;
// of the others less: before it is sent is not much else than after the commit before, and one look is like the other.
const positions = [
  { where: 'sent', of: 'changes', stride: 1 },
  { where: 'late', of: 'changes', stride: 2 }, // it is sent, and done only when the next worker has looked already
  { where: 'send', of: 'changes', stride: 4 },
  { where: 'before', of: 'commits', stride: 2 },
  { where: 'commit', of: 'commits', stride: 2 },
  { where: 'asked', of: 'asked', stride: 20 }
]
const again = ALL ? [3, 5, 8, 13, 21] : [3, 8] // at each K-th, up to five times in one run

let slots
const sums = { runs: 0, kills: 0, renewed: 0, passes: [0, 0, 0, 0] }

before(async () => {
  slots = new Slots()
  for (const moment of new Set(Object.values(stories).map(story => story.from))) await slots.make(moment)
})

after(() => slots.close())

// One run: what is wrong, each with the way to see it again, and how often it was killed.
async function run (job, way) {
  const result = await slots.play(job)
  sums.runs++
  sums.kills += result.kills
  sums.renewed += result.renewed ? 1 : 0
  sums.passes[result.passes]++
  const wrong = result.wrong.map(words => `${way}: ${words}`)
  return { ...result, wrong: wrong.length > 0 ? [...wrong, result.words] : [] }
}

// K by k, as far as a run by itself has come; another first one in each story.
function once (story, counts, n) {
  return positions.map(async ({ where, of, stride }) => {
    const runs = []
    const step = ALL ? 1 : stride
    for (let k = 1 + n % step; k <= counts[of]; k += step) {
      runs.push(run(where === 'late' ? { story, kill: `sent:${k}`, late: LATE } : { story, kill: `${where}:${k}` }, `${where}:${k}`))
    }
    return { name: where, results: await Promise.all(runs) }
  })
}

function repeated (story) {
  return ['sent', 'before'].map(async where => {
    const runs = again.map(k => run({ story, kill: `${where}:${k}`, every: true, most: 5 }, `${where}:${k}, five times`))
    return { name: `${where} again and again`, results: await Promise.all(runs) }
  })
}

describe('stories', { concurrency: Object.keys(stories).length }, () => {
  for (const [n, story] of Object.keys(stories).entries()) {
    test(`${story}: by itself, and killed`, async t => {
      const alone = await run({ story }, 'by itself')
      assert.deepEqual(alone.wrong, [])
      const all = await Promise.all([...once(story, alone.counts, n), ...repeated(story)])
      t.diagnostic(`killed: ${all.map(({ name, results }) => `${name} ${results.reduce((sum, one) => sum + one.kills, 0)}`).join(', ')}`)
      assert.deepEqual(all.flatMap(({ results }) => results.flatMap(one => one.wrong)), [])
      for (const { name, results } of all) assert.ok(results.some(one => one.kills > 0), `${name}: killed at least once`)
    })
  }
})

test('so many kills', t => {
  t.diagnostic(`${sums.kills} kills in ${sums.runs} runs; quiet after ${sums.passes.map((n, i) => `${i} passes: ${n}`).join(', ')}; ${sums.renewed} machines made anew`)
  assert.ok(sums.kills >= KILLS_LEAST, `at least ${KILLS_LEAST}`)
})
