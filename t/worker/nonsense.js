'use strict'
// Stands in for a pub that makes no sense (t/worker/odd.sh puts it where pub.js would be, with ways.json beside it:
// which id answers in which way).

const fs = require('fs')
const net = require('net')
const path = require('path')

process.chdir(process.argv[2])
const config = JSON.parse(fs.readFileSync('config', 'utf8'))
const { id } = JSON.parse(fs.readFileSync('secret', 'utf8').replace(/^#.*$/gm, ''))
const way = JSON.parse(fs.readFileSync(path.join(__dirname, 'ways.json'), 'utf8'))[id]

const sense = {
  id,
  restarts: config.restarts,
  rebuilds: config.rebuilds,
  release: config.release,
  synced: true,
  listening: true,
  peers: 1,
  feeds: 2,
  messages: 3,
  bytesIn: 4,
  bytesOut: 5,
  disk: { log: 6, blobs: 7, indexes: 8 },
  invites: 0
}

function frame (body, flags = 2, request = -1, length) {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const head = Buffer.alloc(9)
  head.writeUInt8(flags, 0)
  head.writeUInt32BE(length === undefined ? bytes.length : length, 1)
  head.writeInt32BE(request, 5)
  return Buffer.concat([head, bytes])
}

function pour (socket, bytes) {
  while (!socket.destroyed && socket.write(bytes));
  socket.once('drain', () => pour(socket, bytes))
}

const ways = {
  sense: s => s.write(frame(sense)),
  other: s => s.write(frame({ ...sense, id: '@' + 'A'.repeat(43) + '=.ed25519' })),
  huge: s => pour(s, frame(Buffer.alloc(65536), 2, -1, 0xffffffff)),
  broken: s => s.write(frame('{"id": ')),
  deep: s => s.write(frame('['.repeat(100000))),
  endless: s => pour(s, frame('x'.repeat(1000), 1, 7)),
  drip: s => setInterval(() => s.destroyed || s.write(Buffer.from([0])), 20),
  types: s => s.write(frame({ ...sense, restarts: 'many', release: { a: 1 }, disk: [] })),
  numberid: s => s.write(frame({ ...sense, id: 17 })),
  negative: s => s.write(frame({ ...sense, peers: -5, bytesIn: -1e15 })),
  list: s => s.write(frame([sense])),
  closes: s => s.destroy(),
  mute: () => {}
}

try { fs.unlinkSync('socket') } catch {}
net.createServer(s => {
  s.on('error', () => {})
  s.once('data', () => ways[way](s))
}).listen('socket')
net.createServer(s => s.on('error', () => {})).listen(config.port, config.host)
