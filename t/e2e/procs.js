'use strict'
// Who runs for a state directory, from /proc: everybody who has it in its arguments, environment
// or working directory.

const fs = require('fs')
const path = require('path')

const quiet = (read, otherwise) => {
  try {
    return read()
  } catch {
    return otherwise
  }
}

const file = (pid, name) => quiet(() => fs.readFileSync(`/proc/${pid}/${name}`, 'latin1'), '')
const link = (pid, name) => quiet(() => fs.readlinkSync(`/proc/${pid}/${name}`), '')

function read (pid) {
  const stat = file(pid, 'stat')
  const [state, ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (stat === '' || state === 'Z' || state === 'X') return null
  return {
    pid,
    ppid: Number(ppid),
    state,
    exe: link(pid, 'exe').replace(/ \(deleted\)$/, ''),
    cwd: link(pid, 'cwd'),
    args: file(pid, 'cmdline').split('\0').slice(0, -1)
  }
}

const touches = (process_, dir) => process_.cwd.startsWith(dir) ||
  process_.args.some(arg => arg.includes(dir)) || file(process_.pid, 'environ').includes(dir)

const pids = () => fs.readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(Number)
const all = () => pids().map(read).filter(Boolean)

function kindOf (process_, dir) {
  const name = path.basename(process_.exe)
  if (name === 'node' && process_.cwd.startsWith(`${dir}/bots/`)) return 'pub'
  if (name === 'baas-keep') return 'keeper'
  if (name === 'baas-reconcile') return 'worker'
  if (name === 'lighttpd') return 'lighttpd'
  if (path.basename(path.dirname(process_.exe)) === 'cgi') return 'cgi'
  return 'other'
}

// Everybody of dir but ourselves, each with its kind.
function of (dir) {
  return all().filter(one => one.pid !== process.pid && touches(one, dir)).map(one => ({ ...one, kind: kindOf(one, dir) }))
}

const kind = (dir, wanted) => of(dir).filter(one => one.kind === wanted)

// Directories of bots in which more than one pub runs.  Quick, to be asked often.
function doubled (dir) {
  const seen = new Map()
  for (const pid of pids()) {
    const cwd = link(pid, 'cwd')
    if (!cwd.startsWith(`${dir}/bots/`)) continue
    const one = read(pid)
    if (one !== null && kindOf(one, dir) === 'pub') seen.set(cwd, (seen.get(cwd) ?? 0) + 1)
  }
  return [...seen].filter(([, count]) => count > 1).map(([cwd]) => cwd)
}

// Milliseconds for which others had the processor that it could have used.
const waited = ({ pid }) => Number(file(pid, 'schedstat').split(' ')[1] ?? 0) / 1e6

// Sends a signal; someone who has gone already is no fault.
function signal (processes, name) {
  for (const { pid } of processes) quiet(() => process.kill(pid, name))
}

const say = processes => processes.map(({ pid, kind, args, exe }) => `${pid} ${kind} ${args.join(' ') || exe}`).join('\n')

module.exports = { doubled, kind, of, say, signal, waited }
