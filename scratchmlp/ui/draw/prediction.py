"""What a network answers to a drawing, as large as it is sure, and how it came to see it."""

from dataclasses import dataclass
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.analysis import prediction
from scratchmlp.analysis.prediction import Prediction
from scratchmlp.charts import image_urls
from scratchmlp.ink import preparation
from scratchmlp.ink.preparation import Ink
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run

DIGIT = "which_digit"  # the key of which digit of a number is looked at
BADGES = {
    "sure": ("green", "Sure"),
    "not sure": ("orange", "Not sure"),
    "none of these": ("gray", "None of these"),
}
INVITATION = (
    "Draw a digit, with a mouse, a pen or a finger, and the answer appears here. "
    "Several digits side by side are read as a number."
)


@dataclass(frozen=True)
class Read:
    """What was read, left to right: one reading a digit, none of an empty sheet."""

    digits: list[Prediction]

    @property
    def at(self) -> int:
        """The digit that is looked at: the one chosen, or else the least sure."""
        chosen = st.session_state.get(DIGIT)
        if chosen is not None and chosen < len(self.digits):
            return int(chosen)
        return int(np.argmin([r.probabilities.max() for r in self.digits]))

    @property
    def chosen(self) -> Prediction | None:
        return self.digits[self.at] if self.digits else None


def read(network: Network, ink: Ink) -> Read:
    return Read(prediction.predict_number(network, ink))


def show(network: Network, said: Read, run: Run) -> None:
    """The digit, its probabilities, the runner-up."""
    left, right = st.columns([1, 1.7], gap="medium")
    with left.container(key="prediction", border=True):
        _say(network, said)
        if run.is_live:
            st.caption(f"It is still training: epoch {network.epoch} of {run.config.epochs}.")
    with right.container(key="probabilities"):
        _bars(network, said)


def _say(network: Network, said: Read) -> None:
    if not said.digits:
        st.html(_LOOK + f'<div class="answer empty" role="status">{INVITATION}</div>')
        return
    text = (" " if any(len(c) > 1 for c in network.classes) else "").join(
        name_of(network, r) for r in said.digits
    )
    colour, badge = BADGES[verdict(said.digits)]
    words = _words(network, said)
    st.html(
        f'{_LOOK}<div class="answer" role="status"><div class="digit {colour}" '
        f'style="--letters:{len(text)}">{escape(text)}</div>'
        f'<span class="badge {colour}">{badge}</span><p>{escape(words)}</p></div>'
    )


def name_of(network: Network, r: Prediction) -> str:
    """The answer's class, or a question mark for none of them."""
    return "?" if r.label is None else network.classes[r.label]


def _words(network: Network, said: Read) -> str:
    if len(said.digits) > 1:
        return " · ".join(f"{name_of(network, r)} {r.probabilities.max():.0%}" for r in said.digits)
    [r] = said.digits
    first, second = (
        f"{network.classes[i]} ({r.probabilities[i]:.1%})" for i in likeliest(r.probabilities)
    )
    if r.verdict == "none of these":
        return f"This looks like nothing it has learned. If it must be one: {first} or {second}."
    return f"It says {first}; the runner-up is {second}."


def likeliest(p: NDArray[np.float64]) -> tuple[int, int]:
    """The likeliest class and the next."""
    order = p.argsort()[::-1]
    return int(order[0]), int(order[min(1, len(order) - 1)])


def verdict(digits: list[Prediction]) -> str:
    """The least sure of its verdicts is the number's."""
    return max((r.verdict for r in digits), key=list(BADGES).index)


def _bars(network: Network, said: Read) -> None:
    if len(said.digits) > 1:
        st.segmented_control(
            "Digit",
            range(len(said.digits)),
            format_func=lambda i: f"{i + 1}: {name_of(network, said.digits[i])}",
            default=said.at,
            key=DIGIT,
            required=True,
            help="The bars, the preparation and the reasons below are this digit's.",
        )
    r = said.chosen
    p = np.zeros(len(network.classes)) if r is None else r.probabilities
    st.html(_LOOK + _chart(network.classes, p))


def _chart(classes: tuple[str, ...], p: NDArray[np.float64]) -> str:
    """A bar for each class. In HTML it is on the screen 0.1 s earlier than a chart of Vega."""
    rows = "".join(
        f'<div class="bar {"first" if share == p.max() > 0 else ""}" role="listitem">'
        f"<b>{escape(name)}</b><i><u style='width:{share:.2%}'></u></i>"
        f"<span>{share:.1%}</span></div>"
        for name, share in zip(classes, p, strict=True)
    )
    return f'<div class="bars" role="list" aria-label="How likely each seems">{rows}</div>'


def show_stages(network: Network, ink: Ink, said: Read) -> None:
    """Each step from the drawing to what the network sees, and what a careless page shows it."""
    if not said.digits:
        st.caption("Every step from your drawing to what the network sees will stand here.")
        return
    parts = preparation.split_digits(ink)
    part = parts[said.at] if 1 < len(parts) == len(said.digits) else ink
    plain = st.toggle(
        "What would a plain resize have answered?",
        key="plain",
        help="Many digit demos shrink the whole sheet to 28 x 28 and ask the network that.",
    )
    shown = [(stage.name, stage.picture) for stage in prediction.stages(network, part)]
    st.html(_LOOK + _strip(shown))
    if plain:
        _plain(network, part)


def _plain(network: Network, ink: Ink) -> None:
    image = preparation.plain_resize(ink)
    p = prediction.probabilities(network, image[None])[0]
    first, second = likeliest(p)
    st.html(_LOOK + _strip([("Merely resized", image)]))
    st.markdown(
        f"Merely resized, it would answer **{network.classes[first]}** ({p[first]:.1%}), then "
        f"{network.classes[second]} ({p[second]:.1%}). MNIST's digits were all cropped, scaled and "
        "centred, and a network knows only what it was shown."
    )


def _strip(pictures: list[tuple[str, np.ndarray]]) -> str:
    figures = "".join(
        f'<figure><img alt="{escape(name)}" src="{image_urls.png_url(picture)}">'
        f"<figcaption>{at}. {escape(name)}</figcaption></figure>"
        for at, (name, picture) in enumerate(pictures, 1)
    )
    return f'<div class="stages">{figures}</div>'


_LOOK = """<style>
.answer { text-align: center; min-height: 13rem; display: flex; flex-direction: column;
  justify-content: center; align-items: center; gap: .4rem; }
.answer.empty { opacity: .75; line-height: 1.6; padding: 0 .5rem; }
.answer .digit { font-weight: 700; line-height: 1; white-space: nowrap;
  font-size: min(7.5rem, calc(13rem / var(--letters))); }
.answer .digit.gray { opacity: .5; }
.answer p { margin: .2rem 0 0; font-size: .9rem; }
.answer .badge { font-size: .8rem; font-weight: 600; padding: .1rem .6rem; border-radius: 1rem; }
.badge.green { background: #009e7322; border: 1px solid #009e73; }
.badge.orange { background: #e69f0022; border: 1px solid #e69f00; }
.badge.gray { background: #8a94a322; border: 1px solid #8a94a3; }
.bars { display: grid; gap: 3px; }
.bar { display: grid; grid-template-columns: minmax(1.2rem, auto) 1fr 4rem; gap: .5rem;
  align-items: center; font-size: .9rem; line-height: 1.35; }
.bar b { font-weight: 500; text-align: right; }
.bar i { background: #8a94a322; border-radius: 3px; height: 1rem; }
.bar u { display: block; height: 100%; border-radius: 3px; background: #8a94a3; min-width: 1px; }
.bar span { font-variant-numeric: tabular-nums; opacity: .7; }
.bar.first b, .bar.first span { font-weight: 700; opacity: 1; }
.bar.first u { background: #e69f00; }
.stages { display: flex; flex-wrap: wrap; gap: 1rem; }
.stages figure { margin: 0; width: 112px; }
.stages img { width: 112px; height: 112px; object-fit: contain; background: #000;
  border-radius: 6px; image-rendering: pixelated; }
.stages figcaption { font-size: .8rem; opacity: .8; line-height: 1.3; margin-top: .3rem; }
</style>"""
