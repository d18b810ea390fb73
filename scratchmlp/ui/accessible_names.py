"""What a screen reader says of Streamlit's widgets, where Streamlit's own names are wrong.

Its sliders are named twice: by themselves and by the group around them, with the same label.
"""

import streamlit as st

# React writes the attribute only when it makes a slider, so it is enough to mend new ones.
_SCRIPT = """<script>
if (!window.slidersNamedOnce) {
  const sliders = '[data-testid=stSlider] input[type=range][aria-labelledby*=" "]'
  const mend = () => document.querySelectorAll(sliders).forEach((slider) =>
    slider.setAttribute('aria-labelledby', slider.getAttribute('aria-labelledby').split(' ')[0]))
  window.slidersNamedOnce = new MutationObserver(mend)
  window.slidersNamedOnce.observe(document.body, { childList: true, subtree: true })
  mend()
}
</script>"""


def mend() -> None:
    """Name every slider once, also those that come later."""
    st.html(_SCRIPT, unsafe_allow_javascript=True)
