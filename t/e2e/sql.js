'use strict'
// A site's database, told that things are so: states that would take minutes to come by themselves, or a fault.

const assert = require('node:assert/strict')
const { spawnSync } = require('child_process')
const path = require('path')

// What the statements say, a line a row.
function sql (site, text) {
  const args = ['-bail', '-cmd', '.timeout 5000', path.join(site.dir, 'baas.db')]
  const { status, stdout, stderr } = spawnSync('sqlite3', args, { input: text, encoding: 'utf8' })
  assert.equal(status, 0, `sqlite3: ${stderr}`)
  return stdout.trim()
}

module.exports = { sql }
