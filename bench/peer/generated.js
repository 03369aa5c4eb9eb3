'use strict'
// The same dashboard as `feathers generate` makes it (koa, REST, TypeBox, knex on SQLite, users who sign in with a
// password and then carry a JWT), with what one has to write oneself: two tables as views, and whose rows a find shows.
// Where the generator has many files, this has one.  Left out: configuration files, winston (nothing is logged while all
// is well), and what the client is for.
// node generated.js DATABASE PORT PERSON

const { AuthenticationService, JWTStrategy, authenticate } = require('@feathersjs/authentication')
const { LocalStrategy, passwordHash } = require('@feathersjs/authentication-local')
const { feathers } = require('@feathersjs/feathers')
const { KnexService } = require('@feathersjs/knex')
const { bodyParser, cors, errorHandler, koa, parseAuthentication, rest, serveStatic } = require('@feathersjs/koa')
const { Ajv, addFormats, hooks: schemaHooks, resolve } = require('@feathersjs/schema')
const { Type, getValidator, querySyntax } = require('@feathersjs/typebox')
const crypto = require('crypto')
const fs = require('fs')
const knex = require('knex')
const path = require('path')
const BetterSqlite3 = require('knex/lib/dialects/better-sqlite3')
const { Database, furnish, name, now } = require('./sqlite')

const [database, port, person] = process.argv.slice(2)
const METHODS = ['find', 'get', 'create', 'patch', 'remove']
const MONTH = `strftime('%Y-%m', ${now} / 1000, 'unixepoch')`

// ---- src/app

const app = koa(feathers())
app.set('host', '127.0.0.1')
app.set('port', Number(port))
app.set('public', path.join(path.dirname(database), 'public'))
fs.mkdirSync(app.get('public'))
app.set('paginate', { default: 10, max: 50 })
app.set('authentication', {
  entity: 'user',
  service: 'users',
  secret: crypto.randomBytes(24).toString('base64'),
  authStrategies: ['jwt', 'local'],
  jwtOptions: { header: { typ: 'access' }, audience: 'https://yourdomain.com', algorithm: 'HS256', expiresIn: '1d' },
  local: { usernameField: 'email', passwordField: 'password' }
})
app.use(cors())
app.use(serveStatic(app.get('public')))
app.use(errorHandler())
app.use(parseAuthentication())
app.use(bodyParser())
app.configure(rest())

// ---- src/validators

const FORMATS = ['date-time', 'time', 'date', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uri-reference', 'uuid', 'uri-template', 'json-pointer',
  'relative-json-pointer', 'regex']
const dataValidator = addFormats(new Ajv({}), FORMATS)
const queryValidator = addFormats(new Ajv({ coerceTypes: true }), FORMATS)

// ---- src/sqlite

class Client extends BetterSqlite3 {
  _driver () {
    return Database
  }
}
const db = knex({
  client: Client,
  connection: { filename: database },
  useNullAsDefault: true,
  pool: { min: 1, max: 1, afterCreate: (connection, done) => done(furnish(connection), connection) }
})
app.set('sqliteClient', db)

const VIEWS = [
  'CREATE VIEW users AS SELECT person_id AS id, email, hash AS password FROM credentials',
  `CREATE VIEW peer_agents AS SELECT a.id AS row, a.key AS id, a.type, a.name, a.description, a.service, a.created_at AS createdAt,
    a.updated_at AS updatedAt, a.name || '.${process.env.PEER_DOMAIN}' AS host, b.port, b.public_key AS key,
    nullif(iif(b.seen_release <> '', b.seen_release, b.release), '') AS release, b.status, b.status_since AS statusSince,
    b.seen_at AS checkedAt, b.wanted, iif(b.running AND b.status <> 'unknown', CAST(max(0, (${now} - b.started_at) / 1000) AS INTEGER), NULL) AS uptime,
    b.disk_log + b.disk_blobs + b.disk_indexes AS disk,
    CASE b.month WHEN '' THEN NULL WHEN ${MONTH} THEN b.month_in + b.month_out ELSE 0 END AS bandwidth,
    iif(b.running AND b.status <> 'unknown', b.memory, NULL) AS memory, b.binned_at AS binnedAt
    FROM agents a LEFT JOIN bot_states b ON b.id = a.id`
]

// ---- src/authentication

const authentication = new AuthenticationService(app)
authentication.register('jwt', new JWTStrategy())
authentication.register('local', new LocalStrategy())
app.use('authentication', authentication)

// ---- src/services/users

const userSchema = Type.Object({ id: Type.Number(), email: Type.String(), password: Type.String() }, { $id: 'User', additionalProperties: false })
const userData = Type.Pick(userSchema, ['email', 'password'], { $id: 'UserData' })
const userPatch = Type.Partial(userSchema, { $id: 'UserPatch' })
const userQuery = Type.Intersect([querySyntax(Type.Pick(userSchema, ['id', 'email'])), Type.Object({}, { additionalProperties: false })],
  { additionalProperties: false })
const userDataResolver = resolve({ password: passwordHash({ strategy: 'local' }) })

app.use('users', new KnexService({ paginate: app.get('paginate'), Model: db, name: 'users' }), { methods: METHODS, events: [] })
app.service('users').hooks({
  around: {
    all: [schemaHooks.resolveExternal(resolve({ password: async () => undefined })), schemaHooks.resolveResult(resolve({}))],
    find: [authenticate('jwt')],
    get: [authenticate('jwt')],
    create: [],
    update: [authenticate('jwt')],
    patch: [authenticate('jwt')],
    remove: [authenticate('jwt')]
  },
  before: {
    all: [
      schemaHooks.validateQuery(getValidator(userQuery, queryValidator)),
      schemaHooks.resolveQuery(resolve({ id: async (value, user, context) => context.params.user ? context.params.user.id : value }))
    ],
    create: [schemaHooks.validateData(getValidator(userData, dataValidator)), schemaHooks.resolveData(userDataResolver)],
    patch: [schemaHooks.validateData(getValidator(userPatch, dataValidator)), schemaHooks.resolveData(userDataResolver)]
  }
})

// ---- src/services/agents

const nullable = type => Type.Union([type, Type.Null()])
const agentSchema = Type.Object({
  id: Type.String(),
  type: Type.String(),
  name: Type.String(),
  description: Type.String(),
  service: Type.String(),
  createdAt: Type.Number(),
  updatedAt: Type.Number(),
  host: nullable(Type.String()),
  port: nullable(Type.Number()),
  status: nullable(Type.String())
}, { $id: 'Agent', additionalProperties: false })
const agentData = Type.Pick(agentSchema, ['name', 'description'], { $id: 'AgentData' })
const agentPatch = Type.Partial(agentSchema, { $id: 'AgentPatch' })
const agentQuery = Type.Intersect([querySyntax(Type.Pick(agentSchema, ['id', 'type', 'name', 'service', 'createdAt', 'updatedAt', 'status'])),
  Type.Object({}, { additionalProperties: false })], { additionalProperties: false })

const iso = async ms => ms === undefined || ms === null ? ms : new Date(ms).toISOString()
const PERSONAL = ['id', 'type', 'name', 'description', 'service', 'createdAt', 'updatedAt']
// A person has only some of the members; nobody sees row and binnedAt.
const converter = async ({ row, binnedAt, ...agent }) => agent.type === 'bot' ? agent : Object.fromEntries(PERSONAL.map(key => [key, agent[key]]))
const agentResolver = resolve({ createdAt: iso, updatedAt: iso, statusSince: iso, checkedAt: iso }, { converter })

class AgentsService extends KnexService {
  createQuery (params) {
    const query = super.createQuery(params)
    if (!params.user) return query
    const own = db('belongs').select('source_agent_id').where('target_agent_id', params.user.id).unionAll(db.raw('SELECT ?', [params.user.id]))
    return query.whereIn('peer_agents.row', own).whereNull('peer_agents.binnedAt')
  }
}

app.use('agents', new AgentsService({ paginate: app.get('paginate'), Model: db, name: 'peer_agents' }), { methods: METHODS, events: [] })
app.service('agents').hooks({
  around: {
    all: [authenticate('jwt'), schemaHooks.resolveExternal(resolve({})), schemaHooks.resolveResult(agentResolver)]
  },
  before: {
    all: [schemaHooks.validateQuery(getValidator(agentQuery, queryValidator)), schemaHooks.resolveQuery(resolve({}))],
    create: [schemaHooks.validateData(getValidator(agentData, dataValidator)), schemaHooks.resolveData(resolve({}))],
    patch: [schemaHooks.validateData(getValidator(agentPatch, dataValidator)), schemaHooks.resolveData(resolve({}))]
  }
})

// ---- src/hooks/log-error, src/index

async function logError (context, next) {
  try {
    await next()
  } catch (err) {
    console.error(err.stack)
    throw err
  }
}
app.hooks({ around: { all: [logError] } })

async function main () {
  for (const view of VIEWS) await db.raw(view)
  await app.listen(app.get('port'), app.get('host'))
  const token = await authentication.createAccessToken({ sub: person })
  console.log(JSON.stringify({ driver: name, token }))
}

main().catch(err => {
  console.error(err)
  process.exit(1)
})
