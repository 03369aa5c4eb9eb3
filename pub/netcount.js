'use strict'
// Counts the bytes of all TCP connections, and knows whether the TCP port is ours. It wraps net,
// so it has to be loaded before multiserver. The unix socket does not count.

const net = require('net')

const live = new Set()
const servers = new Set()
const closed = { bytesIn: 0, bytesOut: 0 }

function add (sum, socket) {
  sum.bytesIn += socket.bytesRead
  sum.bytesOut += socket.bytesWritten
  return sum
}

function watch (socket) {
  live.add(socket)
  socket.once('close', () => {
    live.delete(socket)
    add(closed, socket)
  })
}

// A unix socket's address is a string, a closed server's is null.
function isTcp (server) {
  const address = server.address()
  return address !== null && typeof address === 'object'
}

// A pub behind a port that is somebody else's would look well from inside: better it ends, and says why.
function busy (err) {
  if (!(err.port > 0)) return
  process.stderr.write(`pub: port ${err.port}: ${err.code}\n`)
  process.exit(1)
}

const createServer = net.createServer
net.createServer = function (...args) {
  const server = createServer.apply(net, args)
  servers.add(server)
  server.on('connection', socket => { if (isTcp(server)) watch(socket) })
  server.on('close', () => servers.delete(server))
  server.on('error', busy)
  return server
}

const connect = net.connect
net.connect = net.createConnection = function (...args) {
  const socket = connect.apply(net, args)
  socket.once('connect', () => { if (socket.remoteAddress !== undefined) watch(socket) })
  return socket
}

// { bytesIn, bytesOut } since the start, open connections included.
exports.bytes = () => [...live].reduce(add, { ...closed })

exports.listening = () => [...servers].some(server => server.listening && isTcp(server))
