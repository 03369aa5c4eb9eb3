'use strict'
// Feathers' own client, as its users have it: REST over fetch, with authentication.
// BAAS_API_MODULES is a directory with the packages of package.json in its node_modules.

const { createRequire } = require('module')
const path = require('path')

const load = createRequire(path.join(process.env.BAAS_API_MODULES ?? __dirname, 'package.json'))
const authentication = load('@feathersjs/authentication-client')
const { feathers } = load('@feathersjs/feathers')
const rest = load('@feathersjs/rest-client')

const ACTIONS = ['start', 'stop', 'restart', 'restore']
const METHODS = ['find', 'get', 'create', 'update', 'patch', 'remove']

// An app of somebody's; storage keeps the token, as a browser's does.
function open (url, storage = new authentication.MemoryStorage()) {
  const app = feathers()
  const connection = rest.default(url).fetch(fetch)
  app.configure(connection)
  app.configure(authentication.default({ storage }))
  app.use('agents', connection.service('agents'), { methods: [...METHODS, ...ACTIONS] })
  return app
}

// Resolves to the error that work ends with.
async function refusal (work) {
  try {
    await work()
  } catch (err) {
    return err
  }
  throw new Error('it was not refused')
}

module.exports = { ACTIONS, open, refusal }
