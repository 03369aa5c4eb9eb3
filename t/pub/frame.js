'use strict'
// A muxrpc client of the tests' own: frames out, frames back, over a unix socket.

const net = require('net')

const JSON_BODY = 2
const END = 4
const HEADER = 9

function pack (flags, req, text) {
  const body = Buffer.from(text)
  const head = Buffer.alloc(HEADER)
  head.writeUInt8(flags, 0)
  head.writeUInt32BE(body.length, 1)
  head.writeInt32BE(req, 5)
  return Buffer.concat([head, body])
}

// The frames in buffer, and the rest that is not yet a whole one.
function unpack (buffer) {
  const frames = []
  while (buffer.length >= HEADER && buffer.length >= HEADER + buffer.readUInt32BE(1)) {
    const end = HEADER + buffer.readUInt32BE(1)
    frames.push({ flags: buffer[0], req: buffer.readInt32BE(5), body: buffer.toString('utf8', HEADER, end) })
    buffer = buffer.subarray(end)
  }
  return { frames, rest: buffer }
}

function settle (waiting, { flags, req, body }) {
  const asked = waiting.get(-req)
  if (asked === undefined) return // a call of the pub's own
  waiting.delete(-req)
  if (flags & END) asked.reject(new Error(JSON.parse(body).message))
  else asked.resolve(JSON.parse(body))
}

// An open socket: call(name, ...args) resolves to the answer of an async or sync method.
function open (path) {
  const socket = net.connect(path)
  const waiting = new Map()
  let buffer = Buffer.alloc(0)
  let last = 0

  function fail (err) {
    for (const { reject } of waiting.values()) reject(err)
    waiting.clear()
  }

  socket.on('error', fail)
  socket.on('close', () => fail(new Error('closed before an answer')))
  socket.setTimeout(10000, () => socket.destroy(new Error('no answer in time')))
  socket.on('data', data => {
    const { frames, rest } = unpack(Buffer.concat([buffer, data]))
    buffer = rest
    for (const frame of frames) settle(waiting, frame)
  })

  return {
    call: (name, ...args) => new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      socket.write(pack(JSON_BODY, last, JSON.stringify({ name: name.split('.'), type: 'async', args })))
    }),
    close: () => socket.destroy()
  }
}

// One call on a socket of its own.
async function call (path, name, ...args) {
  const client = open(path)
  try {
    return await client.call(name, ...args)
  } finally {
    client.close()
  }
}

module.exports = { call, open }
