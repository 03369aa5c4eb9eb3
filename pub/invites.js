'use strict'
// Invite codes: make, revoke, list. A code's note is published for ever when it is used, so it is
// an opaque reference (ref) and nothing else.

const path = require('path')
const keys = require('ssb-keys')
const Feed = require('./feed')
const Ledger = require('./ledger')
const names = require('./names')

const MOST = 1000 // refs in one list

function check (ref) {
  if (typeof ref !== 'string' || !/^i[0-9a-f]{12,40}$/.test(ref)) throw new Error('bad ref')
}

module.exports = function invites (server, config) {
  const ledger = Ledger(path.join(config.path, 'invites.json'))
  const feed = Feed(server)
  const using = new Map() // id of a code being used right now -> promise of its end
  let revision = Date.now() // so that it grows over a restart as well
  let turn = Promise.resolve()

  function inTurn (work) {
    const result = turn.then(work)
    turn = result.catch(() => {})
    return result
  }

  // A seed that is gone without a revocation was used, even if an old feed came back.
  function state (ref) {
    const entry = ledger.get(ref)
    if (feed.use(ref) !== undefined) return 'used'
    if (entry === undefined) return 'unknown'
    if (entry.revoked) return 'revoked'
    return entry.seed === null ? 'used' : 'unused'
  }

  function eraseUsed (ref) {
    const entry = ledger.get(ref)
    if (feed.use(ref) !== undefined && entry && entry.seed !== null) ledger.set(ref, { ...entry, seed: null })
  }

  // On a full disk the next list() does it.
  function tryErase (ref) {
    try {
      eraseUsed(ref)
    } catch {}
  }

  function make (ref) {
    return new Promise((resolve, reject) => server.invite.create({ uses: 1, note: ref }, (err, code) => {
      if (err) return reject(err)
      const seed = code.slice(code.lastIndexOf('~') + 1)
      const id = keys.generate('ed25519', Buffer.from(seed, 'base64')).id
      resolve({ id, seed, revoked: false })
    }))
  }

  // The same ref gives the same seed, since an answer can get lost on its way.
  async function create ({ ref }) {
    check(ref)
    await feed.sync()
    if (['used', 'revoked'].includes(state(ref))) throw new Error(`invite was ${state(ref)}`)
    if (state(ref) === 'unknown') ledger.set(ref, await make(ref))
    return { ref, seed: ledger.get(ref).seed }
  }

  async function revoke ({ ref }) {
    check(ref)
    const { id = null } = ledger.get(ref) || {}
    await using.get(id)
    await feed.sync()
    if (state(ref) === 'used') return { ref, state: 'used' }
    if (state(ref) !== 'revoked') {
      ledger.set(ref, { id, seed: null, revoked: true })
      revision++
    }
    return { ref, state: 'revoked' }
  }

  async function describe (ref) {
    const use = feed.use(ref)
    return {
      ref,
      state: state(ref),
      usedBy: use ? use.by : null,
      usedByName: use ? await names.get(server, use.by) : null,
      usedAt: use ? use.at : null
    }
  }

  async function list ({ refs }) {
    if (!Array.isArray(refs) || refs.length > MOST) throw new Error('bad refs')
    refs.forEach(check)
    await feed.sync()
    refs.forEach(eraseUsed)
    return { invites: await Promise.all(refs.map(describe)) }
  }

  async function admit (id) {
    await feed.sync()
    const ref = ledger.refOf(id)
    const now = ref === undefined ? 'unknown' : state(ref)
    if (now !== 'unused') throw new Error(now === 'unknown' ? 'invite is unknown' : `invite was ${now}`)
    if (using.has(id)) throw new Error('invite is in use')
  }

  // Refuses what ssb-invite would accept: a revoked code, a used one that came back with an old
  // invites/, one code twice at the same moment.
  server.invite.use.hook(function (use, args) {
    const id = this.id
    const cb = args.pop()
    admit(id).then(() => {
      let end
      using.set(id, new Promise(resolve => { end = resolve }))
      use.call(this, ...args, (err, msg) => {
        using.delete(id)
        end()
        cb(err, msg)
      })
    }, cb)
  })

  // Keeps track of what may have changed an answer of list().
  server.post(({ value }) => {
    if (typeof value.content !== 'object') return
    const use = value.author === server.id ? feed.parse(value) : null
    if (use !== null) feed.add(use)
    if (use !== null || (feed.isMember(value.author) && names.isName(value, value.author))) revision++
    if (use !== null) tryErase(use.ref)
  })
  feed.sync().catch(() => {}) // whoever needs it asks again

  return {
    create: opts => inTurn(() => create(opts)),
    revoke: opts => inTurn(() => revoke(opts)),
    list,
    revision: () => revision,
    isCode: id => ledger.refOf(id) !== undefined
  }
}
