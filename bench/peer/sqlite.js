'use strict'
// better-sqlite3 where it could be compiled, else libsql, which has the same interface and comes ready-made from npm.

const { dependencies } = require('./package.json')

function find () {
  try {
    return [require('better-sqlite3'), 'better-sqlite3']
  } catch {
    return [require('libsql'), 'libsql']
  }
}

const [Database, driver] = find()
const name = `${driver} ${dependencies[driver]}`

// libsql's function() is none: there the clock is written into the views instead.
const now = driver === 'better-sqlite3' ? 'baas_now()' : "CAST(unixepoch('subsec') * 1000 AS INTEGER)"

// What our own connections have: a clock.
function furnish (db) {
  if (driver === 'better-sqlite3') {
    db.function('baas_now', { deterministic: true }, () => Date.now())
    return
  }
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'bot_states'").get()
  db.exec(`DROP VIEW bot_states; ${sql.replaceAll('baas_now()', now)}`)
}

module.exports = { Database, furnish, name, now }
