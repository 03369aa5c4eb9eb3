'use strict'
// Loaded into a pub by a test: the host's interfaces come and go all the time.

const os = require('os')

let n = 0
os.networkInterfaces = () => ({
  [`veth${++n}`]: [{ address: '192.0.2.1', netmask: '255.255.255.0', family: 'IPv4', mac: '00:00:00:00:00:00', internal: false, cidr: null }]
})
