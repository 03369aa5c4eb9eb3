'use strict'
// Scaleway's own client, @scaleway/sdk from BAAS_SCALEWAY_MODULES, a directory with node_modules.

const path = require('path')
const { createRequire } = require('module')
const { PROJECT, TOKEN } = require('./fake')

const MODULES = path.resolve(process.env.BAAS_SCALEWAY_MODULES ?? __dirname)

function load () {
  try {
    return createRequire(path.join(MODULES, 'package.json'))('@scaleway/sdk')
  } catch {
    return null
  }
}

const sdk = load()

// For a test's options: a reason to skip it, or false.
const whyNot = () => sdk === null ? '@scaleway/sdk is not in BAAS_SCALEWAY_MODULES' : false

// The client's parts, all of which talk to that fake.
function client (fake) {
  const one = sdk.createClient({
    accessKey: 'SCW00000000000000000',
    secretKey: TOKEN,
    apiURL: fake.url,
    defaultProjectId: PROJECT,
    defaultZone: fake.zone
  })
  return {
    instance: new sdk.Instance.v1.API(one),
    block: new sdk.Block.v1.API(one),
    market: new sdk.Marketplace.v2.API(one),
    dns: new sdk.Domain.v2beta1.API(one)
  }
}

module.exports = { whyNot, client, Errors: sdk?.Errors }
