'use strict'
// Friends: the programs of BAAS_FRIENDS, a copy of t/friends with its packages installed.

const { spawn } = require('child_process')
const fs = require('fs')
const path = require('path')

const FRIENDS = path.resolve(process.env.BAAS_FRIENDS ?? path.join(__dirname, '../friends'))

// For a test's options: a reason to skip it, or false.
const skip = fs.existsSync(path.join(FRIENDS, 'node_modules')) ? false : 'BAAS_FRIENDS has no packages'

// kind is classic or modern. Resolves to the program's answer, { ok, id } or { ok, error }.
function redeem (kind, code, ...more) {
  const child = spawn(process.execPath, [path.join(FRIENDS, `${kind}.js`), 'redeem', code, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let err = ''
  child.stdout.on('data', data => { out += data })
  child.stderr.on('data', data => { err += data })
  return new Promise((resolve, reject) => child.on('close', status => {
    try {
      const answer = JSON.parse(out.trim().split('\n').pop())
      resolve({ ...answer, status })
    } catch {
      reject(new Error(`${kind} friend said nothing (status ${status}): ${err.slice(-1000)}`))
    }
  }))
}

module.exports = { redeem, skip }
