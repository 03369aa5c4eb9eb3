'use strict'
// better-sqlite3 where it could be compiled, else libsql, which has the same interface and comes ready-made from npm.

function driver () {
  try {
    return [require('better-sqlite3'), `better-sqlite3 ${require('better-sqlite3/package.json').version}`]
  } catch {
    return [require('libsql'), `libsql ${require('libsql/package.json').version}`]
  }
}

// libsql's function() is none: there the clock is written into the view instead.
const NOW = "CAST(unixepoch('subsec') * 1000 AS INTEGER)"

function connect (file) {
  const [Database, name] = driver()
  const db = new Database(file)
  db.driver = name
  if (name.startsWith('better')) {
    db.function('baas_now', { deterministic: false }, () => Date.now())
    return db
  }
  const { sql } = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'bot_states'").get()
  db.exec(`DROP VIEW bot_states; ${sql.replaceAll('baas_now()', NOW)}`)
  return db
}

module.exports = { connect }
