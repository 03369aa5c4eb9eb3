'use strict'
// Reads DIR/secret. Never makes one: a pub whose secret is gone must not come up as somebody else.

const fs = require('fs')

class Corrupt extends Error {}

function bytes (text, length) {
  const raw = Buffer.from(String(text).replace(/\.ed25519$/, ''), 'base64')
  return raw.length === length ? raw : null
}

// The second half of an ed25519 secret key is the public key.
function isWhole (keys) {
  const pub = bytes(keys.public, 32)
  const sec = bytes(keys.private, 64)
  return keys.curve === 'ed25519' && pub !== null && sec !== null &&
    sec.subarray(32).equals(pub) && keys.id === '@' + keys.public
}

function parse (text) {
  try {
    return JSON.parse(text.replace(/\s*#[^\n]*/g, ''))
  } catch {
    return null
  }
}

// Throws Corrupt, whose message never quotes the file, or the error of reading it.
function load (path) {
  const keys = parse(fs.readFileSync(path, 'ascii'))
  if (keys === null || typeof keys !== 'object' || !isWhole(keys)) throw new Corrupt('not a whole key')
  return keys
}

module.exports = { load, Corrupt }
