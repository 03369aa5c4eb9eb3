'use strict'
// DIR/invites.json: which invite codes this pub has made, { ref: { id, seed, revoked } }. id is the
// code's key; seed is the code's secret half, null as soon as the code was used or revoked.

const fs = require('fs')
const path = require('path')

function sync (name, flags) {
  const fd = fs.openSync(name, flags)
  fs.fsyncSync(fd)
  fs.closeSync(fd)
}

// Whole or not at all, also over a power cut: hence the two fsyncs.
function write (file, entries) {
  const temp = file + '.new'
  fs.writeFileSync(temp, JSON.stringify(Object.fromEntries(entries)), { mode: 0o600 })
  sync(temp, 'r+')
  fs.renameSync(temp, file)
  sync(path.dirname(file), 'r')
}

function read (file) {
  try {
    return new Map(Object.entries(JSON.parse(fs.readFileSync(file, 'utf8'))))
  } catch (err) {
    if (err.code === 'ENOENT') return new Map()
    throw new Error(`${path.basename(file)}: ${err.code || 'not JSON'}`)
  }
}

module.exports = function ledger (file) {
  const entries = read(file)
  const refs = new Map([...entries].map(([ref, entry]) => [entry.id, ref]))

  return {
    get: ref => entries.get(ref),

    // The ref of the code with that key, or undefined.
    refOf: id => refs.get(id),

    // On disk when it returns.
    set (ref, entry) {
      const next = new Map(entries).set(ref, entry)
      write(file, next)
      entries.set(ref, entry)
      if (entry.id !== null) refs.set(entry.id, ref)
    }
  }
}
