'use strict'
// Many people's servers with bots on them, straight into the database of a house.

const { execFileSync } = require('child_process')
const fs = require('fs')
const path = require('path')

const FIRST_PORT = 8008
const PERSON = 1000 // ids begin after these
const BOT = 1000000

function compile (house, name, ...libraries) {
  const program = path.join(house.dir, name)
  execFileSync('cc', ['-O2', '-o', program, path.join(__dirname, `${name}.c`), ...libraries], { stdio: 'inherit' })
  return program
}

// So many servers, each a person's of its own and ready, with so many bots; each bot with an identity of its own, sealed to
// this house's vault.  Minions are p1-g1 and so on.
function addServers (house, servers, bots, address = '192.0.2.1') {
  const vault = fs.readFileSync(path.join(house.dir, 'vault.public'), 'utf8').trim()
  const pubs = execFileSync(compile(house, 'pubs', '-lsodium'), [String(servers * bots), vault], { encoding: 'utf8', maxBuffer: 1 << 28 })
  const now = Date.now()
  house.sql(`PRAGMA synchronous = OFF; BEGIN; CREATE TEMP TABLE pubs (id TEXT, sealed BLOB);
    ${pubs.trim().split('\n').map(line => `INSERT INTO pubs VALUES ('${line.replace(' ', "', x'")}');`).join('\n')}
    CREATE TEMP TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${servers}) SELECT i FROM n;
    INSERT INTO agents (id, key, type, name, created_at, updated_at)
      SELECT ${PERSON} + i, printf('p%019d', i), 'person', 'p' || i, ${now}, ${now} FROM n;
    INSERT INTO servers (id, minion, person_id, address, state, state_since, created_at, joined_at)
      SELECT ${PERSON} + i, 'p' || i || '-g1', ${PERSON} + i, '${address}', 'ready', ${now}, ${now}, ${now} FROM n;
    INSERT INTO agents (id, key, type, name, service, created_at, updated_at)
      SELECT ${BOT} + rowid, printf('b%019d', rowid), 'bot', 'bot-' || rowid, 'scuttlebutt', ${now}, ${now} FROM pubs;
    INSERT INTO belongs (source_agent_id, target_agent_id) SELECT ${BOT} + rowid, ${PERSON} + (rowid - 1) / ${bots} + 1 FROM pubs;
    INSERT INTO bots (id, server_id, wished_at, public_key, secret, dir, port)
      SELECT ${BOT} + rowid, ${PERSON} + (rowid - 1) / ${bots} + 1, ${now}, id, sealed, printf('%032d', rowid), ${FIRST_PORT} + (rowid - 1) % ${bots} FROM pubs;
    UPDATE servers SET applied_at = ${now}, applied_rev = rev WHERE id > ${PERSON};
    COMMIT; PRAGMA wal_checkpoint(TRUNCATE)`)
}

module.exports = { addServers, compile, FIRST_PORT }
