'use strict'
// The side that tests talk to, under /fake/; nothing of it is in the log.
//   GET /fake/log           every request: n, at, method, url, type, body, status, how it was made to go wrong
//   GET /fake/state         everything
//   GET, POST /fake/fail    what shall go wrong (faults.js)
//   DELETE /fake/log, /fake/fail
//   POST /fake/pass         {"seconds": S}: so many of the cloud's seconds pass at once; without a number, all until
//                           nothing more is planned
//   POST /fake/rotate-images       all images get new ids
//   POST /fake/stop-servers        {"ids": []}, or all that run: they stop, as when a node dies
//   POST /fake/booted              {"ids": []}, or all that run: the kernel has booted

const { stopNow, bootedNow } = require('./actions')

const running = world => Object.values(world.data.servers).filter(server => server.state === 'running')

const chosen = (world, body) =>
  body?.ids ? body.ids.map(id => world.data.servers[id]).filter(Boolean) : running(world)

const routes = {
  'GET log': ({ log }) => log,
  'DELETE log': ({ log }) => { log.length = 0 },
  'GET state': ({ world }) => world.data,
  'GET fail': ({ faults }) => faults.list(),
  'POST fail': ({ faults }, body) => [].concat(body).map(rule => faults.add(rule)),
  'DELETE fail': ({ faults }) => faults.clear(),
  'POST pass': ({ world }, body) => world.pass(body?.seconds),
  'POST rotate-images': ({ world }) => { world.data.rotated++ },
  'POST stop-servers': ({ world }, body) => chosen(world, body).forEach(server => stopNow(world, server)),
  'POST booted': ({ world }, body) => chosen(world, body).forEach(server => bootedNow(world, server))
}

function control (fake, method, path, raw) {
  const act = routes[`${method} ${path.slice('/fake/'.length)}`]
  if (!act) return { status: 404, body: { message: `there are: ${Object.keys(routes).join(', ')}` } }
  try {
    return { status: 200, body: act(fake, raw.length > 0 ? JSON.parse(raw) : undefined) ?? {} }
  } catch (err) {
    return { status: 400, body: { message: err.message } }
  }
}

module.exports = { control }
