'use strict'
// wrk, one keep-alive load at a time.

const { execFile } = require('child_process')

// Resolves to { rate, requests, bad }: requests in a second, all of them, and those not answered by 2xx or 3xx.
// script: a file in Lua that makes the requests.
function wrk (url, { seconds = 3, connections = 16, threads = 1, headers = {}, script } = {}) {
  const args = [`-t${threads}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '10s']
  for (const [name, value] of Object.entries(headers)) args.push('-H', `${name}: ${value}`)
  if (script) args.push('-s', script)
  return new Promise((resolve, reject) => execFile('wrk', [...args, url], (err, out) => {
    if (err) return reject(new Error(`wrk: ${err.message}\n${out}`))
    const number = pattern => Number(pattern.exec(out)?.[1] ?? 0)
    const socket = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(out)?.slice(1).map(Number) ?? []
    resolve({
      rate: number(/Requests\/sec:\s+([\d.]+)/),
      requests: number(/(\d+) requests in/),
      bad: number(/Non-2xx or 3xx responses: (\d+)/) + socket.reduce((a, b) => a + b, 0)
    })
  }))
}

module.exports = { wrk }
