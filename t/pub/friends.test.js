'use strict'
// Whole people with stacks of their own: the classic one and that of today's apps.

const assert = require('node:assert')
const { mkdtempSync, rmSync } = require('fs')
const os = require('os')
const path = require('path')
const test = require('node:test')
const { invite, skipFriends, start, until } = require('./pub')
const { redeem } = require('./people')

const list = async (pub, ref) => (await pub.call('baas.inviteList', { refs: [ref] })).invites[0]

for (const kind of ['classic', 'modern']) {
  test(`a ${kind} friend`, { skip: skipFriends }, async t => {
    const pub = await start(t)
    const { ref, code } = await invite(pub)
    const before = Date.now()
    const { ok, id, error } = await redeem(t, kind, code, '--name', `Ann\u202e ${'x'.repeat(200)}`)
    assert.ok(ok, error)

    const { usedAt, ...rest } = await until('the name', async () => {
      const now = await list(pub, ref)
      return now.usedByName !== null && now
    })
    assert.deepStrictEqual(rest, { ref, state: 'used', usedBy: id, usedByName: 'Ann  ' + 'x'.repeat(123) })
    assert.ok(usedAt >= before && usedAt <= Date.now())
    const { feeds, messages } = await pub.call('baas.status', {})
    assert.deepStrictEqual({ feeds, messages }, { feeds: 2, messages: 4 })

    const second = await redeem(t, kind, code)
    assert.deepStrictEqual([second.ok, second.code], [false, 1])
    assert.strictEqual((await list(pub, ref)).usedBy, id)
  })

  test(`a ${kind} friend with a revoked code`, { skip: skipFriends }, async t => {
    const pub = await start(t)
    const { ref, code } = await invite(pub)
    await pub.call('baas.inviteRevoke', { ref })
    const { ok, error } = await redeem(t, kind, code)
    assert.strictEqual(ok, false)
    assert.match(error, /not accepted/i)
  })

  test(`a ${kind} friend and nobody there`, { skip: skipFriends }, async t => {
    const pub = await start(t)
    const { code } = await invite(pub)
    const away = code.replace(`:${pub.port}:`, ':1:')
    const { ok, code: status } = await redeem(t, kind, away, '--timeout', '3000')
    assert.deepStrictEqual([ok, status], [false, 1])
  })
}

test('a member who takes a second code does not burn it', { skip: skipFriends }, async t => {
  const pub = await start(t)
  const [one, two] = [await invite(pub), await invite(pub)]
  const dir = mkdtempSync(path.join(os.tmpdir(), 'member-'))
  t.after(() => rmSync(dir, { recursive: true }))
  assert.ok((await redeem(t, 'classic', one.code, '--dir', dir)).ok)
  assert.strictEqual((await redeem(t, 'classic', two.code, '--dir', dir)).ok, false)
  assert.strictEqual((await list(pub, two.ref)).state, 'unused')
})
