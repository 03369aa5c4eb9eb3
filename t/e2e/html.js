'use strict'
// Reads just enough of our own pages: elements by attribute, their text, forms with their fields.

const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' }
const TAG = /<([a-zA-Z][\w-]*)((?:\s+[^\s=>/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]+))?)*)\s*\/?>/g
const ATTRIBUTE = /([^\s=>/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/g

const decode = text => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (all, hex, number, name) => {
  if (hex) return String.fromCodePoint(parseInt(hex, 16))
  if (number) return String.fromCodePoint(Number(number))
  return ENTITIES[name] ?? all
})

function readAttributes (text) {
  const attributes = {}
  for (const [, name, a, b, c] of text.matchAll(ATTRIBUTE)) attributes[name.toLowerCase()] = decode(a ?? b ?? c ?? '')
  return attributes
}

// Every element that has the attribute (any, if none is given), in order.
function elements (html, attribute) {
  const found = []
  for (const match of html.matchAll(TAG)) {
    const attributes = readAttributes(match[2])
    if (attribute !== undefined && !(attribute in attributes)) continue
    found.push({ tag: match[1].toLowerCase(), attributes, start: match.index, end: match.index + match[0].length })
  }
  return found
}

// What stands between an element's tags.
function inner (html, element) {
  const both = new RegExp(`<(/?)${element.tag}(?=[\\s>/])`, 'gi')
  let depth = 1
  both.lastIndex = element.end
  for (let match = both.exec(html); match !== null; match = both.exec(html)) {
    depth += match[1] ? -1 : 1
    if (depth === 0) return html.slice(element.end, match.index)
  }
  return html.slice(element.end)
}

const text = html => decode(html.replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ').trim()

// data-NAME elements as plain objects of all their data-* attributes, with words.
function data (html, name) {
  return elements(html, `data-${name}`).map(element => {
    const row = { words: text(inner(html, element)) }
    for (const [key, value] of Object.entries(element.attributes)) {
      if (key.startsWith('data-')) row[key.slice('data-'.length)] = value
    }
    return row
  })
}

function readFields (html) {
  const fields = {}
  for (const { tag, attributes } of elements(html, 'name')) {
    const type = attributes.type ?? 'text'
    if (tag !== 'input' || ((type === 'radio' || type === 'checkbox') && !('checked' in attributes))) continue
    fields[attributes.name] = attributes.value ?? ''
  }
  return fields
}

// The page's forms: action, method, and fields as a browser would send them untouched.
function forms (html) {
  return elements(html).filter(element => element.tag === 'form').map(element => ({
    action: element.attributes.action,
    method: (element.attributes.method ?? 'get').toUpperCase(),
    fields: readFields(inner(html, element))
  }))
}

// A page without what may differ between two answers.
const masked = html => html.replace(/(name="(?:csrf|once)" value=")[^"]*"/g, '$1"')

module.exports = { data, elements, forms, inner, masked, text }
