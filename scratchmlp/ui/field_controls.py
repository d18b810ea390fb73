"""The control of one field of `TrainConfig`, of the kind that suits the field.

A control shows a value and reports a new one; it holds no setting itself.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import streamlit as st

from scratchmlp import glossary
from scratchmlp.net import devices
from scratchmlp.net.config import FIELDS, LABELS, MAX_LAYERS, explain, in_words
from scratchmlp.ui import session, switch

MAX_LETTERS = 22  # of buttons in one row
MANTISSAS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
SCALES: dict[str, list] = {
    "lr": [round(m * 10.0**e, 9) for e in range(-6, 2) for m in MANTISSAS] + [100.0],
    "batch_size": [2**n for n in range(14)],
    "init_std": [0.0, *(round(m * 10.0**e, 3) for e in (-3, -2, -1, 0) for m in (1, 2, 5)), 10.0],
    "augment_strength": [0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0],
    "momentum": [0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999],
    "beta2": [0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9995, 0.9999, 0.99999],
    "train_size": [100, 200, 500, *(n * 1000 for n in (1, 2, 5, 10, 20, 30, 40, 50, 60))],
    "weight_decay": [0.0, *(round(m * 10.0**e, 5) for e in range(-5, 0) for m in (1, 2, 5)), 1.0],
}


@dataclass(frozen=True)
class Field:
    """A field to draw a control for.

    Attributes
    ----------
    read : returns the value, which another control may change before this one is drawn again.
    change : is called with the visitor's new value.
    choices : the values to choose from, of a field that has such.
    """

    name: str
    read: Callable[[], Any]
    change: Callable[[Any], None]
    choices: Sequence[str]

    @property
    def value(self) -> Any:
        return self.read()

    def widget(self) -> dict[str, Any]:
        """Arguments of every widget."""
        widget = session.synced_widget(self.name, self.value, self._change)
        return {"label": LABELS[self.name], "help": _help(self.name)} | widget

    def _change(self, value: Any) -> None:
        if value is not None:  # a number that was deleted
            self.change(value)


# Words that a label uses, by the field.
WORDS = {
    "hidden": glossary.explain("hidden layer", "unit"),
    "activation": glossary.explain("activation"),
    "init": glossary.explain("initialisation"),
    "loss": glossary.explain("cross-entropy", "softmax", "logits"),
    "optimizer": glossary.explain("optimiser", "gradient"),
    "lr": glossary.explain("learning rate"),
    "momentum": glossary.explain("momentum"),
    "weight_decay": glossary.explain("weight decay", "over-fitting"),
    "schedule": glossary.explain("schedule"),
    "augment": glossary.explain("augmentation"),
    "batch_size": glossary.explain("batch", "step"),
    "epochs": glossary.explain("epoch", "over-fitting"),
    "train_size": glossary.explain("training pictures", "over-fitting"),
    "valid_pct": glossary.explain("validation pictures"),
    "split_seed": glossary.explain("seed", "validation pictures"),
    "seed": glossary.explain("seed"),
    "backward": glossary.explain("gradient", "autograd"),
}


def _help(name: str) -> str:
    """What the field does, and the words that somebody may not know."""
    return "\n\n".join(filter(None, [explain(name), WORDS.get(name)]))


def show(
    name: str,
    read: Callable[[], Any],
    change: Callable[[Any], None],
    choices: Sequence[str] | None = None,
) -> None:
    """The control of a field, in a container whose key is the field's name.

    `choices` are the values to choose from; without them, those that the field has.
    """
    if choices is None:
        choices = FIELDS[name].metadata.get("choices", ())
    with st.container(key=name):
        CONTROLS[name](Field(name, read, change, choices))


def _slider(field: Field) -> None:
    """A slider over the usual values, and the present value if it is another."""
    options = sorted({*SCALES[field.name], field.value})
    st.select_slider(
        options=options, value=field.value, format_func=lambda x: f"{x:g}", **field.widget()
    )


def _pictures(field: Field) -> None:
    """A slider from few pictures to all, which stands at the right end."""
    options = [*sorted({*SCALES[field.name], field.value} - {0}), 0]
    st.select_slider(
        options=options,
        value=field.value,
        format_func=partial(in_words, field.name),
        **field.widget(),
    )


def _number(field: Field) -> None:
    """Any number may be typed; the configuration refuses what cannot be."""
    st.number_input(value=field.value, step=1, **field.widget())


def _buttons(field: Field) -> None:
    st.segmented_control(
        options=field.choices,
        default=field.value,
        required=True,
        wrap=sum(map(len, field.choices)) > MAX_LETTERS,
        **field.widget(),
    )


def _device(field: Field) -> None:
    """The devices of this machine, and the one that a link asks for."""
    present = filter(devices.has_device, field.choices)
    _buttons(replace(field, choices=list(dict.fromkeys([*present, field.value]))))


def _list(field: Field) -> None:
    index = list(field.choices).index(field.value)
    st.selectbox(options=field.choices, index=index, **field.widget())


def _switch(field: Field) -> None:
    switch.show(value=field.value, **field.widget())


def _share(field: Field) -> None:
    low, high = FIELDS[field.name].metadata["range"]
    st.slider(
        min_value=low,
        max_value=high,
        value=field.value,
        step=0.05,
        format="percent",
        **field.widget(),
    )


def _layers(field: Field) -> None:
    """A width for each hidden layer, a button to remove it, and one to add another."""
    widths: tuple[int, ...] = field.value
    with st.container(gap="xxsmall"):
        for index in range(len(widths)):
            _layer(field, index)
        if not widths:
            st.caption("No hidden layer: the pixels go straight into the logits.")
        if len(widths) < MAX_LAYERS:
            st.button(
                "Add a hidden layer",
                key="add_layer",
                on_click=field.change,
                args=[(*widths, min(128, widths[-1] if widths else 128))],
                icon=":material/add:",
                type="tertiary",
            )


def _layer(field: Field, index: int) -> None:
    widths: tuple[int, ...] = field.value
    key = f"hidden_{index}"
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall")
    row.container(key=key).number_input(
        f"Hidden layer {index + 1}" if index else "Hidden layer",
        value=widths[index],
        step=16,
        help=_help("hidden"),
        **session.synced_widget(key, widths[index], partial(_widen, field, index)),
    )
    row.button(
        "Remove",
        key=f"remove_layer_{index}",
        on_click=field.change,
        args=[widths[:index] + widths[index + 1 :]],
        type="tertiary",
    )


def _widen(field: Field, index: int, width: int | None) -> None:
    widths: tuple[int, ...] = field.value
    if width is not None:
        field.change((*widths[:index], width, *widths[index + 1 :]))


CONTROLS: dict[str, Callable[[Field], None]] = {
    "dataset": _list,
    "hidden": _layers,
    "activation": _list,
    "init": _list,
    "init_std": _slider,
    "standardise": _switch,
    "skip_damaged": _switch,
    "loss": _buttons,
    "optimizer": _buttons,
    "lr": _slider,
    "momentum": _slider,
    "beta2": _slider,
    "weight_decay": _slider,
    "schedule": _buttons,
    "augment": _buttons,
    "augment_strength": _slider,
    "batch_size": _slider,
    "epochs": _number,
    "train_size": _pictures,
    "valid_pct": _share,
    "split_seed": _number,
    "seed": _number,
    "backward": _buttons,
    "device": _device,
    "precision": _buttons,
}
