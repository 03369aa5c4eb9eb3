'use strict'
// How long the cloud takes, in seconds: the medians that were measured, or a value within what was seen.

module.exports = {
  poweron: 5, // with a block root: 5 to 21
  poweronLocal: 16, // with a local root: 5 to 35
  booted: 181, // after poweron: the detail goes from "booting kernel" to "booted"
  poweroff: 36, // 6 to 67
  poweroffInPlace: 5, // of a server that was stopped in place
  stopInPlace: 44, // 41 to 46
  reboot: 41,
  rebootStopped: 20, // the part of it until "starting"
  terminate: 5, // 5 to 118
  terminateRelease: 2, // the part of it until the volumes are free
  releaseAfterDelete: 4, // of a volume after its server's DELETE: 0 to 7
  attach: 0.5,
  detach: 2, // from a stopped server: 0 to 5
  detachRunning: 10, // from a running one: 5 to 66
  volume: 2, // creating: 0 to 73
  resize: 3,
  snapshot: 4,
  addressPending: 5, // attached to a running server
  dynamicGone: 5, // after poweroff
  groupSync: 0.3,
  zonePending: 2,
  gateway: 30 // an upstream that does not answer
}
