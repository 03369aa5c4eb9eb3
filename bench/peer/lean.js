'use strict'
// The same dashboard in as little feathers as can be: GET /agents for a bearer token, from a copy of our database.  One
// hook, two prepared statements; nobody writes it like this, so that what is faster than this is faster than all.
// node lean.js DATABASE PORT

const { FeathersError, NotAuthenticated } = require('@feathersjs/errors')
const { feathers } = require('@feathersjs/feathers')
const { bodyParser, errorHandler, koa, rest } = require('@feathersjs/koa')
const crypto = require('crypto')
const { Database, furnish, name } = require('./sqlite')

const [database, port] = process.argv.slice(2)
const db = new Database(database)
furnish(db)

const SESSION = db.prepare('SELECT person_id AS id FROM sessions WHERE hash = ? AND used_at > ? AND created_at > ?')
const PERSON = db.prepare("SELECT a.id, a.key, a.type, a.name, a.description, a.service, a.created_at, a.updated_at FROM agents a WHERE a.id = ?")
const FIND = db.prepare(`SELECT a.key, a.type, a.name, a.description, a.service, a.created_at, a.updated_at, b.public_key,
  b.port, nullif(iif(b.seen_release <> '', b.seen_release, b.release), '') AS release, t.status, b.status_since, b.seen_at, b.wanted,
  b.running, b.started_at, b.disk_log + b.disk_blobs + b.disk_indexes AS disk, b.month, b.month_in + b.month_out AS month_all, b.memory
  FROM agents a LEFT JOIN bots b ON b.id = a.id LEFT JOIN bot_states t ON t.id = a.id
  WHERE a.id IN (SELECT ? UNION ALL SELECT source_agent_id FROM belongs WHERE target_agent_id = ?) AND b.binned_at IS NULL
  ORDER BY a.id LIMIT ? OFFSET ?`)

const DAY = 24 * 3600 * 1000
const iso = ms => ms === null ? null : new Date(ms).toISOString()

function agent (row, now) {
  const one = { id: row.key, type: row.type, name: row.name, description: row.description, service: row.service, createdAt: iso(row.created_at), updatedAt: iso(row.updated_at) }
  if (row.type !== 'bot') return one
  const seen = row.running === 1 && row.status !== 'unknown'
  return {
    ...one,
    host: `${row.name}.${process.env.PEER_DOMAIN}`,
    port: row.port,
    key: row.public_key,
    release: row.release,
    status: row.status,
    statusSince: iso(row.status_since),
    checkedAt: iso(row.seen_at),
    wanted: row.wanted,
    uptime: seen ? Math.max(0, Math.trunc((now - row.started_at) / 1000)) : null,
    disk: row.disk,
    bandwidth: row.month === '' ? null : row.month === iso(now).slice(0, 7) ? row.month_all : 0,
    memory: seen ? row.memory : null
  }
}

class Agents {
  async find ({ person, query }) {
    const limit = Number(query.$limit ?? 10)
    const skip = Number(query.$skip ?? 0)
    const data = FIND.all(person.id, person.id, limit, skip).map(row => agent(row, Date.now()))
    return { total: skip + data.length, limit, skip, data }
  }
}

// As feathers' own authenticate('jwt') does it, but by one look into the database: the token, then the entity.
async function authenticate (context) {
  const [, token] = /^bearer (\S+)$/i.exec(context.params.headers?.authorization ?? '') ?? []
  const hash = token && crypto.createHash('sha256').update(token).digest()
  const session = hash && SESSION.get(hash, Date.now() - 30 * DAY, Date.now() - 180 * DAY)
  if (!session) throw new NotAuthenticated('Not authenticated')
  context.params.person = PERSON.get(session.id)
}

const app = koa(feathers())
app.use(errorHandler())
app.use(bodyParser())
app.configure(rest())
app.use('agents', new Agents(), { methods: ['find'] })
app.service('agents').hooks({ before: { all: [authenticate] } })
app.listen(Number(port), '127.0.0.1').then(() => console.log(JSON.stringify({ driver: name })), err => {
  console.error(err instanceof FeathersError ? err.message : err)
  process.exit(1)
})
