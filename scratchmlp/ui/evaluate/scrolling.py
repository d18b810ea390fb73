"""How far the page is scrolled: each screen of Evaluate has a place, which Back returns to.

The places are kept in the browser, by the address. A picture opens at its top. The gallery returns
where it was left, also by Back, Forward and a reload.
"""

import streamlit as st

from scratchmlp.ui.evaluate import address, state
from scratchmlp.ui.session import REVEALED

_JS = """
const KEY = 'scratchmlp-places'
const PATIENCE = 6000, CALM = 700  // milliseconds: content may take long to come, and to stay
const main = () => document.querySelector('[data-testid=stMain]')
const places = JSON.parse(sessionStorage.getItem(KEY) ?? '{}')
const kind = performance.getEntriesByType('navigation')[0]?.type
let returns = kind === 'reload' || kind === 'back_forward'  // to where the visitor was already
let screen = null, target = null, until = 0, since = 0

const step = () => {
  const box = main(), now = performance.now()
  if (target === null || !box) return
  if (Math.abs(box.scrollTop - target) > 1) {
    box.scrollTop = target
    since = now
  }
  if (now < until && now - since < CALM) requestAnimationFrame(step)
  else target = null
}
const go = (top) => {
  const idle = target === null
  target = top
  since = performance.now()
  until = since + PATIENCE
  if (idle) requestAnimationFrame(step)
}
const place = () => places[location.pathname + location.search] ?? 0
const keep = (event) => {
  if (event.target !== main() || target !== null) return
  places[location.pathname + location.search] = event.target.scrollTop
  sessionStorage.setItem(KEY, JSON.stringify(places))
}
const letGo = () => { target = null }

if (!window.scratchmlpPlaces) {
  window.scratchmlpPlaces = true
  document.addEventListener('scroll', keep, { capture: true, passive: true })
  window.addEventListener('popstate', () => { returns = true; go(place()) })
  for (const kind of ['wheel', 'touchstart', 'pointerdown', 'keydown'])
    window.addEventListener(kind, letGo, { capture: true, passive: true })
}
export default function ({ data, parentElement }) {
  const box = (parentElement.host ?? parentElement).closest('[data-testid=stElementContainer]')
  if (box) box.style.position = 'absolute'
  const isNew = screen !== null && data.screen !== screen
  if (isNew || returns) go(data.isPicture && !returns ? 0 : place())
  screen = data.screen
  returns = false
}
"""
_screens = st.components.v2.component("scratchmlp_places", js=_JS)

_REVEAL_JS = """
const HEADER = 72  // pixels that the app's header covers
let before = null
export default function ({ data, parentElement }) {
  const box = (parentElement.host ?? parentElement).closest('[data-testid=stElementContainer]')
  if (box) box.style.position = 'absolute'
  const isNew = before !== null && data.times > before
  before = data.times
  const gallery = document.querySelector('.st-key-explored')
  if (!isNew || !gallery) return
  const { top, bottom } = gallery.getBoundingClientRect()
  const page = document.querySelector('[data-testid=stMain]')
  if (top > innerHeight * 0.7 || bottom < innerHeight * 0.2)
    page.scrollBy({ top: top - HEADER, behavior: 'smooth' })
}
"""
_reveal = st.components.v2.component("scratchmlp_reveal", js=_REVEAL_JS)


def keep_place() -> None:
    """Begin the screen of the page. It comes before all that differs between two screens."""
    shown = state.now()
    is_picture = shown.sample is not None
    screen = "picture" if is_picture else f"view {shown.view}"
    data = {"screen": screen, "isPicture": is_picture, "address": address.parameters(shown)}
    _screens(key="place", data=data)


def reveal_gallery() -> None:
    """Scroll to the gallery if `state.reveal_gallery` asked for that and it is out of sight."""
    _reveal(key="reveal", data={"times": st.session_state.get(REVEALED, 0)})
