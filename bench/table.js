'use strict'
// Figures, and what they say.

const sorted = numbers => [...numbers].sort((a, b) => a - b)
const median = numbers => {
  const all = sorted(numbers)
  const half = all.length >> 1
  return all.length % 2 === 1 ? all[half] : (all[half - 1] + all[half]) / 2
}

// Rows of cells under a head; the first column to the left, the others to the right.
function table (head, rows) {
  const lines = [head, ...rows].map(row => row.map(String))
  const widths = head.map((_, i) => Math.max(...lines.map(line => (line[i] ?? '').length)))
  const say = line => widths.map((width, i) => i === 0 ? (line[i] ?? '').padEnd(width) : (line[i] ?? '').padStart(width)).join('  ').trimEnd()
  console.log([say(lines[0]), widths.map(width => '-'.repeat(width)).join('  '), ...lines.slice(1).map(say)].join('\n'))
}

// Claims are [words, number that it is, limit, 'least' | 'most']: each is told, and the exit status says whether all hold.
function judge (claims) {
  console.log()
  for (const [words, is, limit, which] of claims) {
    const holds = which === 'least' ? is >= limit : is <= limit
    if (!holds) process.exitCode = 1
    console.log(`${holds ? 'holds' : 'FAILS'}: ${words}: ${Number(is.toFixed(3))} (at ${which} ${limit})`)
  }
}

module.exports = { judge, median, table }
