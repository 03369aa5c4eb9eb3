'use strict'
// The letters that a site has sent into its maildir.

const fs = require('fs')
const path = require('path')

// Quoted-printable, as far as ASCII goes.
const decode = text => text.replace(/=\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))

// Those to somebody: { headers, body }, oldest first.
function letters (site, email) {
  const dir = path.join(site.dir, 'mail/new')
  if (!fs.existsSync(dir)) return []
  return fs.readdirSync(dir).sort().map(name => fs.readFileSync(path.join(dir, name), 'utf8')).map(text => {
    const cut = text.indexOf('\n\n')
    return { headers: text.slice(0, cut), body: decode(text.slice(cut + 2)) }
  }).filter(one => one.headers.includes(`\nTo: <${email}>\n`))
}

// The links that make an account, as paths, likewise.
const links = (site, email) => letters(site, email).map(one => /\/confirm\/[0-9a-f]{40}$/m.exec(one.body)?.[0]).filter(Boolean)

module.exports = { letters, links }
