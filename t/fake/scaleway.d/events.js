'use strict'
// What is to be done when a planned event falls due.

module.exports = {
  plan (world) {
    for (const name of ['actions', 'disks', 'snapshots', 'ips', 'groups', 'dns']) require(`./${name}`).plan(world)
  }
}
