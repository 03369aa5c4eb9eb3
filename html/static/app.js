// What script adds; every page works without it.
// data-copy="ID" copies its words; data-show="ID" shows a password; data-age="12" counts up;
// data-live="5" on main asks for the page again every 5 s and swaps the data-swap parts that changed.
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)]
  const one = id => document.getElementById(id)

  const say = (button, words) => {
    const before = button.innerHTML
    button.textContent = words
    setTimeout(() => { button.innerHTML = before }, 2000)
  }

  const copy = async button => {
    const from = one(button.dataset.copy)
    try {
      await navigator.clipboard.writeText(from.textContent.trim())
      say(button, 'copied')
    } catch {
      getSelection().selectAllChildren(from)
      say(button, 'selected')
    }
  }

  const show = button => {
    const field = one(button.dataset.show)
    field.type = field.type === 'password' ? 'text' : 'password'
    button.textContent = field.type === 'password' ? 'show' : 'hide'
    field.focus()
  }

  const count = () => all('[data-age]').forEach(when => {
    const age = ++when.dataset.age
    const [n, unit] = age < 60 ? [age, 'second'] : [Math.floor(age / 60), 'minute']
    when.textContent = `${n} ${unit}${n === 1 ? '' : 's'} ago`
  })

  // The parts as they were sent: an opened <details> or a "copied" is no change.
  const sent = new Map(all('[data-swap]').map(part => [part.dataset.swap, part.outerHTML]))
  const owner = element => element.closest('[data-invite]')?.dataset.invite

  // How what has the focus is found again after a swap.
  const place = at => {
    if (at.id) return `#${at.id}`
    if (at.href) return `[href="${at.getAttribute('href')}"]`
    const invite = owner(at)
    return invite ? `[data-invite="${invite}"] ${at.localName}` : at.localName
  }

  const fill = (old, fresh) => {
    const open = all('details[open]', old).map(owner)
    const at = old.contains(document.activeElement) && document.activeElement
    const again = at && place(at)
    for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name)
    for (const { name, value } of fresh.attributes) old.setAttribute(name, value)
    old.replaceChildren(...fresh.childNodes)
    all('details', old).forEach(details => { details.open = open.includes(owner(details)) })
    if (again) old.querySelector(again)?.focus()
  }

  const swap = fresh => {
    const name = fresh.dataset.swap
    const html = fresh.outerHTML
    const old = document.querySelector(`[data-swap="${name}"]`)
    if (!old || sent.get(name) === html) return
    sent.set(name, html)
    fill(old, fresh)
  }

  const live = document.querySelector('[data-live]')

  const look = async () => {
    if (document.hidden) return
    const answer = await fetch(`${location.pathname}?live=1`, { cache: 'no-cache' }).catch(() => null)
    if (answer?.redirected || answer?.status === 404) location.reload()	// signed out, or erased
    if (!answer?.ok) return
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html')
    live.dataset.live = fresh.querySelector('[data-live]')?.dataset.live ?? ''
    document.title = fresh.title
    all('[data-swap]', fresh).forEach(swap)
  }

  const wait = () => live.dataset.live && setTimeout(() => look().finally(wait), live.dataset.live * 1000)

  document.documentElement.classList.add('js')
  addEventListener('click', event => {
    const button = event.target.closest('[data-copy], [data-show]')
    if (button) button.dataset.copy ? copy(button) : show(button)
  })
  document.querySelector('[role=alert]')?.focus()
  if (document.querySelector('[data-age]')) setInterval(count, 1000)
  if (live) {
    wait()
    document.addEventListener('visibilitychange', look)
  }
})()
