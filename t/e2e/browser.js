'use strict'
// Debian's Chromium, driven by playwright-core from BAAS_E2E_MODULES, a directory with node_modules.

const { createRequire } = require('module')
const fs = require('fs')
const path = require('path')

const MODULES = path.resolve(process.env.BAAS_E2E_MODULES ?? __dirname)
const CHROMIUM = process.env.BAAS_CHROMIUM ?? '/usr/bin/chromium'
const QUIET = ['--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

function load () {
  try {
    return createRequire(path.join(MODULES, 'package.json'))('playwright-core')
  } catch {
    return null
  }
}

const playwright = load()

// For a test's options: a reason to skip it, or false.
function whyNot () {
  if (playwright === null) return 'playwright-core is not in BAAS_E2E_MODULES'
  return fs.existsSync(CHROMIUM) ? false : `${CHROMIUM} is missing`
}

// Chromium has a sandbox of its own, which root cannot use.
function launch () {
  const args = process.getuid() === 0 ? [...QUIET, '--no-sandbox'] : QUIET
  return playwright.chromium.launch({ executablePath: CHROMIUM, args })
}

module.exports = { launch, skip: whyNot() }
