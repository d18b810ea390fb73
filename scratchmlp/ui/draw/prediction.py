"""The prediction for a drawing: its classes, their probabilities, and what the network sees."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from html import escape

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.analysis import photo_prediction, prediction
from scratchmlp.analysis.prediction import Prediction, likeliest
from scratchmlp.charts import image_urls
from scratchmlp.figures import percent
from scratchmlp.ink import preparation
from scratchmlp.ink.types import Ink
from scratchmlp.net.network import Network
from scratchmlp.runs import teaching
from scratchmlp.runs.store import Run
from scratchmlp.ui import markdown, resources, switch
from scratchmlp.ui.draw.ink_input import InkInput
from scratchmlp.ui.session import DIGIT

BADGES = {
    "sure": ("green", "Sure"),
    "not sure": ("orange", "Not sure"),
    "none of these": ("gray", "None of these"),
}
INVITATION = (
    "Draw a digit with a mouse, a pen or a finger, and the prediction appears here. "
    "Several digits side by side are read as a number."
)


@dataclass(frozen=True)
class NumberPrediction:
    """A prediction for each digit of a number, left to right; none for an empty sheet."""

    digits: list[Prediction]
    may_be_two: bool = False  # it is no digit, and as wide as two that touch

    @property
    def position(self) -> int:
        """The position of the digit to explain: the chosen one, or the least confident."""
        chosen = st.session_state.get(DIGIT)
        if chosen is not None and chosen < len(self.digits):
            return int(chosen)
        return int(np.argmin([digit.probabilities.max() for digit in self.digits]))

    @property
    def digit(self) -> Prediction | None:
        """The digit to explain."""
        return self.digits[self.position] if self.digits else None

    @property
    def only(self) -> Prediction | None:
        """The only digit; None for an empty sheet and for a number of several digits."""
        return self.digits[0] if len(self.digits) == 1 else None


def predict(run: Run, network: Network, drawn: InkInput) -> NumberPrediction:
    """What a run predicts. It knows the visitor's drawings that it was taught."""
    was_taught = partial(teaching.was_taught, resources.store(), run)
    if drawn.strokes is not None or not drawn.ink.any():
        return NumberPrediction(prediction.predict_number(network, drawn.ink, was_taught))
    digits = photo_prediction.predict_number(network, drawn.ink, was_taught)
    is_one = len(digits) == 1 and digits[0].label is None
    return NumberPrediction(digits, is_one and photo_prediction.looks_like_two(drawn.ink))


def show(
    network: Network,
    predicted: NumberPrediction,
    run: Run,
    correct_to: Callable[[str], None] | None = None,
) -> None:
    """The predicted number with its verdict, and the probabilities of a digit.

    If the prediction for the only digit is not sure, the two likeliest classes are buttons, and a
    press calls `correct_to` with the name of the class.
    """
    left, right = st.columns([1, 1.7], gap="medium")
    with left.container(key="prediction", border=True):
        _number(network, predicted)
        if correct_to and len(predicted.digits) == 1:
            _candidates(network, predicted.digits[0], correct_to)
        if run.is_live:
            st.caption(f"The run is still training: epoch {network.epoch} of {run.config.epochs}.")
    with right.container(key="probabilities"):
        _probabilities(network, predicted)


def _number(network: Network, predicted: NumberPrediction) -> None:
    digits = predicted.digits
    if not digits:
        st.html(_STYLE + f'<div class="answer empty" role="status">{INVITATION}</div>')
        return
    space = " " if any(len(name) > 1 for name in network.classes) else ""
    text = space.join(class_name(network, digit) for digit in digits)
    color, badge = BADGES[verdict(digits)]
    st.html(
        f'{_STYLE}<div class="answer" role="status"><div class="digit {color}" '
        f'style="--letters:{len(text)}">{escape(text)}</div>'
        f'<span class="badge {color}">{badge}</span>'
        f"<p>{escape(_sentence(network, predicted))}</p></div>"
    )


def _candidates(network: Network, digit: Prediction, correct_to: Callable[[str], None]) -> None:
    if not digit.candidates:
        return
    row = st.container(horizontal=True, horizontal_alignment="center", key="candidates")
    for place, label in enumerate(digit.candidates):
        name = network.classes[label]
        row.button(
            f"It is {markdown.escape(name)}",
            key=f"candidate_{place}",
            on_click=correct_to,
            args=[name],
            help="Keeps the drawing with this class, so that the network learns it.",
        )


def class_name(network: Network, digit: Prediction) -> str:
    """The predicted class; a question mark for none of the classes."""
    return "?" if digit.label is None else network.classes[digit.label]


def _sentence(network: Network, predicted: NumberPrediction) -> str:
    digits = predicted.digits
    if predicted.may_be_two:
        return "This looks like two digits that touch. Drag a rectangle around one of them."
    if len(digits) > 1:
        return " · ".join(
            f"{class_name(network, digit)} {percent(digit.probabilities.max(), 0)}"
            for digit in digits
        )
    [digit] = digits
    p = digit.probabilities
    first, second = (f"{network.classes[label]} ({percent(p[label], 1)})" for label in likeliest(p))
    if digit.verdict == "none of these":
        return f"This looks like nothing it has learned. The nearest are {first} and {second}."
    if digit.candidates:
        return f"Is it {first}, or {second}?"
    return f"The prediction is {first}; the runner-up is {second}."


def verdict(digits: list[Prediction]) -> str:
    """The verdict on a number is the least sure of its digits' verdicts."""
    return max((digit.verdict for digit in digits), key=list(BADGES).index)


def _probabilities(network: Network, predicted: NumberPrediction) -> None:
    digits = predicted.digits
    if len(digits) > 1:
        st.segmented_control(
            "Digit",
            range(len(digits)),
            format_func=lambda i: f"{i + 1}: {markdown.escape(class_name(network, digits[i]))}",
            default=predicted.position,
            key=DIGIT,
            required=True,
            help="The bars, the preparation and the reasons below belong to this digit.",
        )
    digit = predicted.digit
    p = np.zeros(len(network.classes)) if digit is None else digit.probabilities
    st.html(_STYLE + _bars(network.classes, p))


def _bars(classes: tuple[str, ...], p: NDArray[np.float64]) -> str:
    """A bar for each class. HTML is on the screen 0.1 s earlier than a chart of Vega."""
    rows = "".join(
        f'<div class="bar {"first" if share == p.max() > 0 else ""}" role="listitem">'
        f"<b>{escape(name)}</b><i><u style='width:{share:.2%}'></u></i>"
        f"<span>{escape(percent(share, 1))}</span></div>"
        for name, share in zip(classes, p, strict=True)
    )
    return f'<div class="bars" role="list" aria-label="Probability of each class">{rows}</div>'


def show_stages(run: Run, network: Network, drawn: InkInput, predicted: NumberPrediction) -> None:
    """Each step from the drawing to what the network sees, and what a plain resize would give."""
    if not predicted.digits:
        st.caption("Draw something to see every step from your drawing to the network's input.")
        return
    parts = preparation.split_digits(drawn.ink)
    is_number = 1 < len(parts) == len(predicted.digits)
    part = parts[predicted.position] if is_number else drawn.ink
    plain = switch.show(
        "Compare with a plain resize",
        key="plain",
        help="Many demos shrink the whole sheet to 28 x 28 and give that to the network.",
    )
    stages = [(stage.name, stage.picture) for stage in prediction.stages(network, part)]
    digit = predicted.digits[predicted.position]
    if len(predicted.digits) > len(parts):  # two that touched
        stages = [*stages[:1], ("Cut from its neighbour, and prepared", digit.image)]
    st.html(_STYLE + _strip(stages))
    if plain:
        _plain_resize(network, part)


def _plain_resize(network: Network, ink: Ink) -> None:
    image = preparation.plain_resize(ink)
    p = prediction.probabilities(network, image[None])[0]
    first, second = likeliest(p)
    one, other = (markdown.escape(network.classes[label]) for label in (first, second))
    st.html(_STYLE + _strip([("Plain resize", image)]))
    st.markdown(
        f"With a plain resize the prediction is **{one}** ({percent(p[first], 1)}), then {other} "
        f"({percent(p[second], 1)}). MNIST's digits were all cropped, scaled and centred, and a "
        "network knows only pictures like those."
    )


def _strip(pictures: list[tuple[str, np.ndarray]]) -> str:
    figures = "".join(
        f'<figure><img alt="{escape(name)}" src="{image_urls.png_url(picture)}">'
        f"<figcaption>{number}. {escape(name)}</figcaption></figure>"
        for number, (name, picture) in enumerate(pictures, 1)
    )
    return f'<div class="stages">{figures}</div>'


_STYLE = """<style>
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
