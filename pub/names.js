'use strict'
// What a feed calls itself. Only its own word counts: anybody may publish a name for anybody.

const pull = require('pull-stream')

const LONGEST = 128

// Strangers choose these: no control characters, no turning of the text's direction, whole UTF-8.
function tidy (name) {
  const plain = name.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, ' ')
  return [...Buffer.from(plain).toString()].slice(0, LONGEST).join('').trim()
}

function isName (value, id) {
  const { type, about, name } = value.content
  return value.author === id && type === 'about' && about === id && typeof name === 'string'
}

// The last name that id gave itself, null when we have none.
function get (server, id) {
  return new Promise((resolve, reject) => pull(
    server.links({ source: id, dest: id, rel: 'about', values: true, reverse: true }),
    pull.filter(link => isName(link.value, id)),
    pull.take(1),
    pull.map(link => tidy(link.value.content.name) || null),
    pull.collect((err, [name = null] = []) => err ? reject(err) : resolve(name))
  ))
}

module.exports = { get, isName, tidy }
