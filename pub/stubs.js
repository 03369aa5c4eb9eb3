'use strict'
// Takes two habits away from the packages; load this first. on-change-network and on-wakeup make
// ssb-gossip close every connection when an interface of the host comes or goes (a container's
// start is enough). And they chatter on stderr, some of it whenever a stranger likes, while the
// last line there has to say why a pub ended.

for (const name of ['on-change-network', 'on-wakeup']) {
  const filename = require.resolve(name)
  require.cache[filename] = { id: filename, filename, loaded: true, exports () {} }
}

for (const name of ['log', 'info', 'warn', 'error', 'trace']) console[name] = () => {}
