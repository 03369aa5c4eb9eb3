'use strict'
// Measures what a pub's directory holds, in the background: whoever asks gets the last measurement.

const fs = require('fs/promises')
const path = require('path')

const PAUSE = 60000

function kind (name) {
  if (name === path.join('flume', 'log.offset')) return 'log'
  return name.startsWith('blobs' + path.sep) ? 'blobs' : 'indexes'
}

// Files come and go while we walk: what is gone counts nothing.
async function walk (dir, name, sizes) {
  for (const entry of await fs.readdir(path.join(dir, name), { withFileTypes: true }).catch(() => [])) {
    const below = path.join(name, entry.name)
    if (entry.isDirectory()) {
      await walk(dir, below, sizes)
    } else if (entry.isFile()) {
      sizes[kind(below)] += await fs.lstat(path.join(dir, below)).then(st => st.size, () => 0)
    }
  }
  return sizes
}

module.exports = function disk (dir) {
  let sizes = { log: 0, blobs: 0, indexes: 0 }
  let next = 0 // when to measure again

  async function measure () {
    const began = Date.now()
    next = Infinity
    sizes = await walk(dir, '', { log: 0, blobs: 0, indexes: 0 })
    // A huge directory takes long: spend at most a hundredth of the time on it.
    next = began + Math.max(PAUSE, 100 * (Date.now() - began))
  }

  return function last () {
    if (Date.now() >= next) measure()
    return sizes
  }
}
