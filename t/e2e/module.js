'use strict'
// Packages from BAAS_E2E_MODULES, a directory with node_modules: each is pinned in package-lock.json.

const { createRequire } = require('module')
const path = require('path')

const MODULES = path.resolve(process.env.BAAS_E2E_MODULES ?? __dirname)

// The package's own exports, or null if it is not there.
function load (name) {
  try {
    return createRequire(path.join(MODULES, 'package.json'))(name)
  } catch {
    return null
  }
}

// For a test's options: a reason to skip it, or false.
const lacks = (name, loaded) => loaded === null && `${name} is not in BAAS_E2E_MODULES`

module.exports = { lacks, load }
