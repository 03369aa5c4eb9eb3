'use strict'
// Plays one story in a lab of its own, with whatever is to go wrong, and judges what is there at the end.

const { Lab } = require('./lab')
const { changed, compare, compareBots, compareNames, identities, isRead, judgeDrops, things } = require('./check')
const { MINUTE } = require('./clock')
const { moments, stories } = require('./stories')

const PASSES_MOST = 3
const FAULTY_PASSES = 2
const SETTLE = 20 // s: what was just done is seen
const SETTLES_MOST = 3 // on a busy machine
const JOIN = 16 * MINUTE // then it is no longer waited for
const LATE = 6 * MINUTE // then it is told of
const DOMAIN = 'butt.test'
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

const tail = (text, n = 25) => text.trim().split('\n').slice(-n).join('\n')

// The moments of that name and all before it: made once, and taken.
async function makeMoment (name, made, tools) {
  const moment = moments[name]
  if (made[name]) return
  if (moment.from) await makeMoment(moment.from, made, tools)
  const lab = new Lab({ ...tools, from: made[moment.from] })
  try {
    await lab.open()
    await moment.make(lab)
    for (let i = 0; moment.done && !await moment.done(lab); i++) {
      if (i === PASSES_MOST) throw new Error(`the moment "${name}" does not come:\n${tail(lab.words)}\n${JSON.stringify(await lab.servers(), null, 1)}`)
      await lab.pass({ until: () => moment.done(lab) })
    }
    made[name] = await lab.take(name)
  } finally {
    await lab.close({ keep: true })
  }
}

// Everything that is deleted is remembered as it was; a root without tags is its machine's.
function remember (lab) {
  const seen = new Map()
  const roots = new Map()
  lab.cloud.prependListener('request', request => {
    if (request.method === 'GET') return
    const all = things(lab.world)
    for (const one of all) {
      const root = one.kind === 'server' && lab.world.data.servers[one.id].volumes['0']
      if (root) roots.set(root.id, { server: one.server, generation: one.generation })
    }
    if (request.method === 'DELETE') for (const one of all) seen.set(one.id, one.server === 0 ? { ...one, ...roots.get(one.id) } : one)
  })
  return seen
}

class Play {
  // kill: "sent:7", or nothing; every: and again after as many, most: so many kills; late: ms, what was sent just before is
  // done so much later.  faults: {cloud, master}, lists of rules of the fakes; forever: lifted after some
  // passes.
  constructor (job, made, tools) {
    Object.assign(this, { most: 1, every: false, kill: null, ...job })
    this.story = stories[job.story]
    this.lab = new Lab({ ...tools, from: made[this.story.from] })
    this.lab.late = this.late ?? 0
    this.wrong = []
    this.kept = {}
    this.passes = 0
    this.hits = 0 // as count() says at the end
  }

  // What was once known has to stay.
  async keep () {
    const now = identities(await this.lab.servers(), await this.lab.bots())
    this.wrong.push(...changed(this.kept, now, this.gone()))
    this.kept = now
  }

  // What the story lets go: in words for changed().
  gone () {
    return this.story.gone ? ['bot', 'server'] : []
  }

  async pass (done) {
    const armed = this.kill !== null && this.lab.kills < this.most
    const status = await this.lab.pass({ until: () => done(this.lab), kill: armed ? this.kill : null, every: this.every })
    if (status === 'SIGSEGV' || status === 'SIGABRT') this.wrong.push(`the worker ended with ${status}`)
    await this.keep()
    return status
  }

  async fail () {
    const { cloud = [], master = [] } = this.faults ?? {}
    await this.lab.tell('POST', 'fail', cloud)
    for (const rule of master) this.lab.master.fail(rule)
  }

  // How often each rule was followed so far, at least.
  async count () {
    const rules = [...await this.lab.tell('GET', 'fail'), ...this.lab.master.fake.faults.list()]
    return rules.length > 0 ? Math.min(...rules.map(({ hit }) => hit)) : 0
  }

  async heal () {
    this.hits += await this.count()
    await this.lab.tell('DELETE', 'fail')
    this.lab.master.heal()
  }

  // A machine may take its time to join; but not for ever.
  async isTold () {
    const told = servers => this.lab.words !== '' || servers.some(row => row.reason !== '')
    const servers = await this.lab.servers()
    if (told(servers) || servers.every(row => row.state !== 'joining')) return told(servers)
    this.lab.clock.jump(LATE)
    await this.pass(async lab => told(await lab.servers()))
    return told(await this.lab.servers())
  }

  // While a call fails for ever nothing is doubled or wrongly deleted, and somebody is told; what is unfinished may lie about.
  async endure (done) {
    for (let i = 0; i < PASSES_MOST && (i < FAULTY_PASSES || await this.count() === 0) && !await done(this.lab); i++) await this.pass(done)
    if (await done(this.lab) || await this.count() === 0) return
    if (!await this.isTold()) this.wrong.push('it does not say that something is wrong')
    this.lab.clock.jump(MINUTE) // what was looked at is due again
    if ((await this.lab.once()).status === 0 && !await done(this.lab)) this.wrong.push('one more run says that all is as wanted')
    this.wrong.push(...compare(this.lab.world, await this.lab.servers(), await this.instance()).filter(words => words.startsWith('duplicate')))
    await this.heal()
    this.lab.passes = 0
  }

  async instance () {
    return (await this.lab.sql.ask('SELECT instance FROM house;'))[0].instance
  }

  // One whose time was over in the story already is not made anew a second time by itself: an admin is told, and does it.
  async help (rows) {
    const broken = rows.filter(row => row.state === 'broken')
    for (const { minion } of broken) await this.lab.baas('server', 'anew', minion)
    this.helped = broken.length > 0
    if (this.helped) this.lab.passes = 0
    return this.helped
  }

  // What was refused is tried again after a while, and says so meanwhile: once that may pass at once.
  // Instructions that come late, after those of the next worker, have a key that is no longer known: that machine never
  // joins, and is made anew when its time is over.
  async rest () {
    if (this.late && !this.rested) {
      this.rested = this.renewed = true
      this.lab.clock.jump(JOIN)
      this.lab.passes = 0
      return true
    }
    const rows = (await this.lab.servers()).filter(row => ['broken', 'leaving'].includes(row.state) && row.reason !== '')
    if (this.late && !this.helped && await this.help(rows)) return true
    if (!this.faults || this.rested || rows.length === 0) return false
    this.rested = true
    this.lab.clock.jump(Math.ceil((Math.max(...rows.map(row => row.due)) - this.lab.clock.now()) / 1000) + 1)
    this.lab.passes = 0
    return true
  }

  async step ({ wish, done }) {
    await wish(this.lab)
    await this.keep()
    if (this.forever) await this.endure(done)
    this.lab.passes = 0
    while (!await done(this.lab)) {
      if (await this.pass(done) === 'killed') continue
      if (this.lab.passes >= PASSES_MOST && !await done(this.lab)) {
        if (await this.rest()) continue
        this.wrong.push(`not quiet after ${PASSES_MOST} passes`)
        return false
      }
    }
    this.passes = Math.max(this.passes, this.lab.passes)
    return true
  }

  // Of a machine that had to be made anew.
  isOld ({ kind, server, generation }, servers) {
    return this.renewed && ['server', 'root'].includes(kind) && generation < servers.find(row => row.id === server)?.generation
  }

  async judge () {
    const { lab, story } = this
    const instance = await this.instance()
    await this.heal()
    await lab.pass({ seconds: SETTLE })
    const before = (await lab.log()).length
    const asked = lab.master.log.length
    let { status, stderr } = await lab.once()
    for (let i = 1; i < SETTLES_MOST && status !== 0; i++) {
      await lab.pass({ seconds: SETTLE }) // it may have to wait, but not to do anything more
      ;({ status, stderr } = await lab.once())
    }
    const more = (await lab.log()).slice(before)
    if (status !== 0) this.wrong.push(`not quiet: one more run ends with ${status}: ${tail(stderr)}`)
    for (const entry of more) this.wrong.push(`not quiet: one more run does ${entry.method} ${entry.url}`)
    for (const entry of lab.master.log.slice(asked)) if (!isRead(entry)) this.wrong.push(`not quiet: one more run does ${entry.fun}`)
    const servers = await lab.servers()
    const bots = await lab.bots()
    const orphans = await lab.sql.ask('SELECT kind, name FROM orphans;')
    this.wrong.push(
      ...compare(lab.world, servers, instance),
      ...compareNames(lab.world, servers, bots, DOMAIN),
      ...compareBots(lab.master, servers, bots),
      ...judgeDrops(await lab.log(), this.seen, thing => story.drops(thing) || this.isOld(thing, servers)),
      ...orphans.map(one => `reported as an orphan: ${one.kind} ${one.name}`)
    )
  }

  // The kinds of calls that were made.
  async calls () {
    const cloud = (await this.lab.tell('GET', 'log')).map(({ method, url }) => `${method} ${url.split('?')[0].replace(ID, 'ID')}`)
    return [...new Set([...cloud, ...this.lab.master.log.map(({ path, fun }) => `salt ${fun ?? path.replace('JID', 'ID')}`)])]
  }

  async run () {
    const { lab, story } = this
    try {
      await lab.open()
      this.seen = remember(lab)
      if (story.mute) lab.master.mute = story.mute
      await this.fail()
      this.kept = identities(await lab.servers(), await lab.bots())
      let good = true
      for (const step of story.steps) good = good && await this.step(step)
      await this.judge()
      return { calls: this.faults ? await this.calls() : [], hits: this.hits, wrong: this.wrong, kills: lab.kills, passes: this.passes, renewed: this.renewed ?? false, counts: lab.count(), words: this.wrong.length > 0 ? tail(lab.words) : '' }
    } finally {
      await lab.close()
    }
  }
}

module.exports = { Play, makeMoment, tail }
