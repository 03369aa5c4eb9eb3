'use strict'
// What the pub's own feed says about its invites: who used which, and when. The feed survives every
// restore, so it is the truth; the ledger only knows what was handed out.

const pull = require('pull-stream')

// { ref, by, at } of a message that ssb-invite publishes when a code is used, else null.
function parse (value) {
  const { type, contact, pub, note } = value.content
  if (type !== 'contact' || pub !== true || typeof note !== 'string') return null
  return { ref: note, by: contact, at: Math.floor(value.timestamp), sequence: value.sequence }
}

module.exports = function feed (server) {
  const uses = new Map() // by ref
  const members = new Set()
  let sequence = 0
  let running = Promise.resolve()

  function add (use) {
    const known = uses.get(use.ref)
    if (known === undefined || known.sequence > use.sequence) uses.set(use.ref, use)
    members.add(use.by)
  }

  function scan () {
    return new Promise((resolve, reject) => pull(
      server.createUserStream({ id: server.id, gt: sequence }),
      pull.drain(msg => {
        const use = parse(msg.value)
        sequence = Math.max(sequence, msg.value.sequence)
        if (use !== null) add(use)
      }, err => err ? reject(err) : resolve())
    ))
  }

  return {
    parse,
    add,
    use: ref => uses.get(ref),
    isMember: id => members.has(id),

    // Resolves when everything that stood in the feed at the call is known here.
    sync () {
      running = running.then(scan, scan)
      return running
    }
  }
}
