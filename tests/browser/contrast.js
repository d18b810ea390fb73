// All texts, icons and lines that a page shows, each with its contrast to what is behind it (WCAG 2).
() => {
  const pixel = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  const known = {}
  const rgba = (color) => known[color] ??= (() => {
    pixel.clearRect(0, 0, 1, 1)
    pixel.fillStyle = color
    pixel.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = pixel.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  })()
  const over = ([r, g, b, a], under) => [r, g, b].map((v, i) => v * a + under[i] * (1 - a))
  const linear = (v) => v <= 10 ? v / 255 / 12.92 : ((v / 255 + .055) / 1.055) ** 2.4
  const luminance = ([r, g, b]) => .2126 * linear(r) + .7152 * linear(g) + .0722 * linear(b) + .05
  const contrast = (one, other) => {
    const share = luminance(one) / luminance(other)
    return Math.max(share, 1 / share)
  }

  // An element and all that it is in, from the inside out, also beyond a shadow root.
  const around = (e) => e ? [e, ...around(e.parentElement ?? e.getRootNode().host)] : []
  const opacity = (e) => around(e).reduce((o, a) => o * getComputedStyle(a).opacity, 1)
  const middle = (e) => {
    const box = e.getBoundingClientRect()
    return [box.left + box.width / 2, box.top + box.height / 2]
  }
  const holds = (e, [x, y]) => {
    const box = e.getBoundingClientRect()
    return box.left <= x && x <= box.right && box.top <= y && y <= box.bottom
  }
  const paint = (shape, what) => {
    const style = getComputedStyle(shape)
    if (style[what] === 'none') return null
    const [r, g, b, a] = rgba(style[what])
    return [r, g, b, a * style[`${what}Opacity`] * opacity(shape)]
  }
  // A label may stand beside what it is in. What is around a box that scrolls is always behind it.
  const backgrounds = (e) => {
    let scrolls = false
    return around(e).filter((a) => {
      scrolls ||= a === document.body || getComputedStyle(a).overflowY !== 'visible'
      return scrolls || holds(a, middle(e))
    }).reverse().map((a) => rgba(getComputedStyle(a).backgroundColor))
  }
  const cells = (e) => [...e.ownerSVGElement?.querySelectorAll('.mark-rect path') ?? []]
    .filter((cell) => holds(cell, middle(e)) && cell.compareDocumentPosition(e) & 4)
    .map((cell) => paint(cell, 'fill')).filter(Boolean)
  const behind = (e) => [...backgrounds(e), ...cells(e)].reduce((b, a) => over(a, b), [255, 255, 255])

  const isShown = (e) => {
    const box = e.getBoundingClientRect()
    return box.width * box.height > 4 && getComputedStyle(e).visibility === 'visible'
      && opacity(e) > .02 && !around(e).some((a) => getComputedStyle(a).clipPath !== 'none')
  }
  const isEnabled = (e) => !e.closest('[disabled], [aria-disabled=true]')
  const field = 'input:not([type=range], [type=checkbox], [type=radio], [type=file]), textarea'
  const textOf = (e) => e.matches(field) ? e.value || e.placeholder
    : [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.textContent.trim()).join('')
  const colorOf = (e) => {
    if (e.ownerSVGElement) return paint(e, 'fill')
    const style = getComputedStyle(e, e.matches(field) && !e.value ? '::placeholder' : null)
    const [r, g, b, a] = rgba(style.color)
    return [r, g, b, a * opacity(e)]
  }
  const found = []
  const add = (kind, what, colors, back) =>
    found.push([kind, what, Math.max(...colors.map((color) => contrast(over(color, back), back)))])
  const look = (root) => {
    for (const e of root.querySelectorAll('*')) {
      if (e.shadowRoot) look(e.shadowRoot)
      if (e.matches('style, script, noscript, title, desc, option')) continue
      const text = textOf(e)
      if (!text || !isShown(e) || !isEnabled(e)) continue
      const kind = e.matches('[data-testid=stIconMaterial]') ? 'icon' : 'text'
      add(kind, text.slice(0, 60), [colorOf(e)], behind(e))
    }
    const marks = '.role-mark:is(.mark-line, .mark-rule, .mark-symbol) :is(path, line)'
    for (const mark of root.querySelectorAll(`${marks}, .role-legend-symbol path`)) {
      const colors = ['fill', 'stroke'].map((what) => paint(mark, what)).filter((c) => c?.[3] > .02)
      if (colors.length) add('line', mark.parentElement.getAttribute('class'), colors, behind(mark))
    }
  }
  look(document)
  return found
}
