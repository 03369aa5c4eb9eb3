'use strict'
// A process of its own that plays stories, one after the other: told by messages {job}, it answers {job, result}.

const path = require('path')
const { Play, makeMoment } = require('./play')
const { Sql } = require('./sql')

const made = {}
let tools

async function play (job) {
  tools ??= { kill: process.env.BAAS_KILL_SO, sql: new Sql(), dir: path.dirname(process.env.BAAS_KILL_SO) }
  if (job.moment) {
    await makeMoment(job.moment, made, tools)
    return made
  }
  return new Play(job, made, tools).run()
}

process.on('message', async ({ job, given }) => {
  Object.assign(made, given ?? {})
  try {
    process.send({ job, result: await play(job) })
  } catch (err) {
    process.send({ job, result: { wrong: [`the lab failed: ${err.stack}`], calls: [], hits: 0, kills: 0, passes: 0, words: '' } })
  }
})
process.on('disconnect', () => process.exit(0))
