'use strict'
// What people want, in steps, and when each is done.  A story begins at a moment, and says what may be deleted on its way.

const { DAY, HOUR, MINUTE } = require('./clock')

const BIN = 7 * DAY + MINUTE

// ---- how things are

const rowOf = (servers, minion) => servers.find(one => one.minion.startsWith(`p${minion}-`))

const awake = bot => bot.wanted === 'running' && bot.binned_at === null && bot.suspended_at === null

// By this machine, in its present run.
const isProven = (bot, row) => bot.running === 1 && bot.proven_at >= bot.started_at && bot.proven_at >= row.joined_at && row.applied_rev === row.rev

// All servers that have bots are ready, and their bots are proven to run, under their names.
async function isReady (lab) {
  const servers = await lab.servers()
  const bots = await lab.bots()
  return servers.length > 0 && servers.every(row => row.state === 'ready' || row.state === 'none') && bots.length > 0 &&
    bots.every(bot => {
      const row = servers.find(one => one.id === bot.server_id)
      return row.state === 'ready' && bot.record === row.address && (awake(bot) ? isProven(bot, row) : bot.running === 0)
    })
}

async function isGone (lab) {
  const servers = await lab.servers()
  return (await lab.bots()).length === 0 && servers.every(row => row.state === 'none')
}

// The machine is stopped, and keeps all that it has.
async function isOff (lab) {
  const servers = await lab.servers()
  return servers.every(row => lab.world.data.servers[row.cloud_id]?.state === 'stopped')
}

const all = (...tests) => async lab => {
  for (const test of tests) if (!await test(lab)) return false
  return true
}

const isUnkeyed = lab => !lab.master.fake.state.known.includes('p1-g1')

const generation = number => async lab => (await lab.servers()).every(row => row.generation >= number)

// The bin's time is over only when two looks, an hour apart, say so.
const overOnce = async lab => (await lab.sql.ask('SELECT count(*) AS n FROM bots WHERE over_at > 0;'))[0].n > 0

// ---- moments, each after the one that it is made from

const moments = {
  empty: { make: async lab => { for (const who of ['ash', 'birch']) await lab.join(who) } },
  ready: { from: 'empty', make: lab => lab.order('ash', 'one'), done: isReady },
  off: { from: 'ready', make: lab => lab.baas('person', 'suspend', 'ash@example.org', 'a', 'test'), done: isOff },
  over: {
    from: 'ready',
    make: async lab => {
      await lab.drop('ash', 'one')
      lab.clock.jump(BIN)
    },
    done: overOnce
  }
}

// ---- stories

const nothing = () => false
const oldMachine = thing => ['server', 'root'].includes(thing.kind) && thing.generation < 2
const own = thing => thing.kind !== 'group' && thing.server === 1

const erase = { wish: async lab => lab.clock.jump(HOUR + MINUTE), done: isGone }

const stories = {
  create: { from: 'empty', drops: nothing, steps: [{ wish: lab => lab.order('ash', 'one'), done: isReady }] },

  delete: { from: 'over', drops: own, gone: ['bot', 'server 1'], steps: [erase] },

  'create, then delete': {
    from: 'empty',
    drops: own,
    gone: ['bot', 'server 1'],
    steps: [
      { wish: lab => lab.order('ash', 'one'), done: async lab => (await lab.servers()).some(row => row.cloud_id !== '') },
      {
        wish: async lab => {
          await lab.drop('ash', 'one')
          lab.clock.jump(BIN)
        },
        done: overOnce
      },
      erase
    ]
  },

  'a new generation': {
    from: 'ready',
    drops: oldMachine,
    steps: [
      { wish: lab => lab.baas('server', 'anew', 'ash@example.org'), done: all(generation(2), isReady) },
      { wish: lab => lab.clock.jump(DAY + HOUR), done: isUnkeyed } // in the daily batch
    ]
  },

  'one that does not join': {
    from: 'empty',
    drops: oldMachine,
    mute: minion => minion.endsWith('-g1'),
    steps: [
      { wish: lab => lab.order('ash', 'one'), done: async lab => (await lab.servers()).some(row => row.state === 'joining') },
      { wish: async lab => lab.clock.jump(16 * MINUTE), done: all(generation(2), isReady) }
    ]
  },

  suspend: {
    from: 'ready',
    drops: nothing,
    steps: [{ wish: lab => lab.baas('person', 'suspend', 'ash@example.org', 'a', 'test'), done: isOff }]
  },

  resume: { from: 'off', drops: nothing, steps: [{ wish: lab => lab.baas('person', 'resume', 'ash@example.org'), done: isReady }] },

  'two people': {
    from: 'over',
    drops: own,
    gone: ['bot', 'server 1'],
    kept: ['birch'],
    steps: [
      {
        wish: async lab => {
          lab.clock.jump(HOUR + MINUTE)
          await lab.order('birch', 'other')
        },
        done: async lab => {
          const servers = await lab.servers()
          const bots = await lab.bots()
          return bots.length === 1 && servers.length === 2 && servers[0].state === 'none' && servers[1].state === 'ready' &&
            isProven(bots[0], servers[1]) && bots[0].record === servers[1].address
        }
      }
    ]
  }
}

module.exports = { stories, moments, isReady, isGone, isOff, rowOf }
