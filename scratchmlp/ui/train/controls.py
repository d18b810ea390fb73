"""The controls of a configuration: one for each field, of the kind that suits it.

The settings are one `TrainConfig` in the visitor's state. A control shows its field and, when it is
moved, changes it; so a field without a control (a link hides it, or it has no effect just now)
keeps its value. Each control stands in a container whose key is its field's name.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from scratchmlp.net import devices
from scratchmlp.net.config import (
    FIELDS,
    LABELS,
    MAX_LAYERS,
    TrainConfig,
    matters,
)
from scratchmlp.ui import session
from scratchmlp.ui.train import settings

MANTISSAS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
SCALES: dict[str, list] = {
    "lr": [round(m * 10.0**e, 9) for e in range(-6, 2) for m in MANTISSAS] + [100.0],
    "batch_size": [2**n for n in range(14)],
    "init_std": [0.0, *(round(m * 10.0**e, 3) for e in (-3, -2, -1, 0) for m in (1, 2, 5)), 10.0],
    "momentum": [0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999],
    "beta2": [0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999],
    "weight_decay": [0.0, *(round(m * 10.0**e, 5) for e in range(-5, 0) for m in (1, 2, 5)), 1.0],
}


def show() -> TrainConfig:
    """All controls that are not hidden, one below the other; the configuration they make."""
    st.html(
        "<style>[data-testid=stSidebar] [role=radiogroup] button{padding-inline:.55rem}</style>"
    )
    for field in FIRST:
        _control(field)
    for group, fields in MORE.items():
        if any(settings.is_shown(field) for field in fields):
            with st.expander(group):
                for field in fields:
                    _control(field)
    return settings.current()


def _control(field: str) -> None:
    if settings.is_shown(field) and matters(field, settings.current()):
        with st.container(key=field):
            CONTROLS[field](field)


def _about(field: str) -> dict[str, Any]:
    """What every control is given: its key, what it says, and whom it tells."""
    shown = session.following(field, _value(field), partial(_moved, field))
    return shown | {"help": FIELDS[field].metadata["help"]}


def _value(field: str) -> Any:
    return getattr(settings.current(), field)


def _moved(field: str, value: Any) -> None:
    if value is not None:  # a number that was wiped out
        settings.change(**{field: value})


def _scale(field: str) -> None:
    """A slider over the usual values, and the present one if it is another."""
    value = _value(field)
    options = sorted({*SCALES[field], value})
    st.select_slider(LABELS[field], options, value, format_func=lambda x: f"{x:g}", **_about(field))


def _number(field: str) -> None:
    """Any number may be typed: one that cannot be is told in a sentence."""
    st.number_input(LABELS[field], value=_value(field), step=1, **_about(field))


def _few(field: str) -> None:
    _side_by_side(field, FIELDS[field].metadata["choices"])


def _device(field: str) -> None:
    """Those this machine has, and the one a link asks for."""
    there = [name for name in FIELDS[field].metadata["choices"] if devices.has_device(name)]
    _side_by_side(field, list(dict.fromkeys([*there, _value(field)])))


def _side_by_side(field: str, choices: Sequence[str]) -> None:
    value, about = _value(field), _about(field)
    st.segmented_control(LABELS[field], choices, default=value, required=True, wrap=False, **about)


def _many(field: str) -> None:
    choices = FIELDS[field].metadata["choices"]
    st.selectbox(LABELS[field], choices, choices.index(_value(field)), **_about(field))


def _switch(field: str) -> None:
    st.toggle(LABELS[field], _value(field), **_about(field))


def _share(field: str) -> None:
    low, high = FIELDS[field].metadata["range"]
    value = _value(field)
    st.slider(LABELS[field], low, high, value, step=0.05, format="percent", **_about(field))


def _dataset(field: str) -> None:
    choices, about = settings.datasets(), _about(field) | {"help": _DATASET_HELP}
    st.selectbox(LABELS[field], choices, choices.index(_value(field)), **about)


_DATASET_HELP = "mnist: 70,000 handwritten digits; digits: scikit-learn's 1,797 small ones."


def _layers(field: str) -> None:
    """A width for each hidden layer, a button to remove it, and one to add another."""
    widths = settings.current().hidden
    with st.container(gap="xxsmall"):
        for index, width in enumerate(widths):
            _layer(index, width)
        if not widths:
            st.caption("No hidden layer: pixels are weighed straight into the answers.")
        if len(widths) < MAX_LAYERS:
            more = (*widths, min(128, widths[-1] if widths else 128))
            st.button(
                "Add a hidden layer",
                key="add_layer",
                on_click=_set_layers,
                args=[more],
                icon=":material/add:",
                type="tertiary",
            )


def _layer(index: int, width: int) -> None:
    key = f"hidden_{index}"
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall")
    row.container(key=key).number_input(
        f"Hidden layer {index + 1}" if index else "Hidden layer",
        value=width,
        step=16,
        help="How many hidden units it has.",
        **session.following(key, width, partial(_widened, index)),
    )
    row.button(
        "",
        key=f"remove_layer_{index}",
        help="Remove this layer",
        on_click=_set_layers,
        args=[_without(settings.current().hidden, index)],
        icon=":material/close:",
        type="tertiary",
    )


def _without(widths: tuple[int, ...], index: int) -> tuple[int, ...]:
    return widths[:index] + widths[index + 1 :]


def _set_layers(widths: tuple[int, ...]) -> None:
    settings.change(hidden=widths)


def _widened(index: int, width: int | None) -> None:
    widths = settings.current().hidden
    if width is not None:
        settings.change(hidden=(*widths[:index], width, *widths[index + 1 :]))


CONTROLS: dict[str, Callable[[str], None]] = {
    "dataset": _dataset,
    "hidden": _layers,
    "activation": _many,
    "init": _many,
    "init_std": _scale,
    "standardise": _switch,
    "loss": _few,
    "optimizer": _few,
    "lr": _scale,
    "momentum": _scale,
    "beta2": _scale,
    "weight_decay": _scale,
    "schedule": _few,
    "augment": _few,
    "batch_size": _scale,
    "epochs": _number,
    "valid_pct": _share,
    "split_seed": _number,
    "seed": _number,
    "backward": _few,
    "device": _device,
    "precision": _few,
}
FIRST = ("dataset", "hidden", "optimizer", "lr", "batch_size", "epochs")
MORE = {
    "The network": ("activation", "init", "init_std", "standardise", "loss"),
    "The step": ("schedule", "momentum", "beta2", "weight_decay", "backward"),
    "The pictures": ("augment", "valid_pct", "split_seed"),
    "Chance and machine": ("seed", "device", "precision"),
}
