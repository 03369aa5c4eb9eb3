'use strict'
// Waits with a deadline.

const pause = ms => new Promise(resolve => setTimeout(resolve, ms))

// Asks probe until it says something true, and resolves to that; ms later it is a failure.
async function until (what, ms, probe, every = 50) {
  const began = Date.now()
  let last = ''
  for (;;) {
    try {
      const value = await probe()
      if (value) return value
      last = ''
    } catch (err) {
      last = `: ${err.message}`
    }
    if (Date.now() - began > ms) throw new Error(`not within ${ms} ms: ${what}${last}`)
    await pause(every)
  }
}

// Resolves to how many milliseconds it took.
async function took (work) {
  const began = Date.now()
  await work()
  return Date.now() - began
}

module.exports = { pause, took, until }
