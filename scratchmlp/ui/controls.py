"""The controls of a configuration. Each is a function of nothing but the visitor's state.

A link or a preset gives the base; the controls are laid over it. Their keys are the fields' names.
"""

from dataclasses import replace
from typing import Any

import streamlit as st

from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, parse, unparse
from scratchmlp.ui import links
from scratchmlp.ui.session import BASE, REFUSED

PRESET = "preset"
LINKED = "from the link"
LRS = [round(m * 10.0**e, 6) for e in range(-5, 2) for m in (1, 2, 3, 6)]
BATCH_SIZES = [2**n for n in range(4, 13)]
WIDTHS = [(), (8,), (16,), (32,), (64,), (128,), (256,), (512,), (800,), (1024,)]
LABELS = {
    "dataset": "Pictures",
    "optimizer": "Optimizer",
    "lr": "Learning rate",
    "epochs": "Epochs",
    "batch_size": "Batch size",
    "hidden": "Hidden units",
    "seed": "Seed",
}


def begin(dataset: str, known: list[str]) -> None:
    """Set the controls for a new visitor, by the link that was followed or the default."""
    if BASE in st.session_state:
        return
    params = dict(st.query_params)
    config, refused = links.read(params, known)
    if "dataset" not in params:
        config = replace(config, dataset=dataset)
    st.session_state[REFUSED] = refused
    _set(config)
    st.session_state[PRESET] = presets.name_of(config) or LINKED


def settings() -> TrainConfig:
    """Preset and controls, one below the other; the configuration they make."""
    base: TrainConfig = st.session_state[BASE]
    names = [*presets.PRESETS]
    names += [LINKED] if st.session_state[PRESET] == LINKED else []
    name = st.selectbox(
        "Preset", names, key=PRESET, on_change=_choose, persist_state="session", help=_HELP
    )
    if name in presets.PRESETS:
        st.caption(_about(presets.PRESETS[name]))
    chosen = {
        "dataset": _dataset(base),
        "optimizer": _select("optimizer"),
        "lr": _slider("lr", LRS, base, lambda lr: f"{lr:g}"),
        "epochs": _epochs(base),
        "batch_size": _slider("batch_size", BATCH_SIZES, base, str),
        "hidden": _hidden(base),
        "seed": _seed(),
    }
    config = replace(base, **chosen)
    changed = [field for field in LABELS if getattr(config, field) != getattr(base, field)]
    if changed:
        words = ", ".join(LABELS[field].lower() for field in changed)
        st.caption(f"Changed: {words}.")
        st.button("Undo changes", on_click=_set, args=[base], key="undo", type="tertiary")
    return config


_HELP = "A recipe: it sets every control below."


def _about(preset: presets.Preset) -> str:
    reached = f" Reached {preset.measured:.1%} on MNIST's test images." if preset.measured else ""
    return preset.shows + reached


def _choose() -> None:
    dataset = st.session_state["dataset"]
    name = st.session_state[PRESET]
    if name in presets.PRESETS:
        _set(replace(presets.PRESETS[name].config, dataset=dataset))


def _set(config: TrainConfig) -> None:
    st.session_state[BASE] = config
    for field in LABELS:
        value = getattr(config, field)
        st.session_state[field] = unparse(value) if field == "hidden" else value


def _help(field: str) -> str:
    return str(FIELDS[field].metadata["help"])


def _select(field: str) -> Any:
    choices = FIELDS[field].metadata["choices"]
    return st.selectbox(
        LABELS[field], choices, key=field, persist_state="session", help=_help(field)
    )


def _dataset(base: TrainConfig) -> Any:
    choices = list(dict.fromkeys(["mnist", "digits", base.dataset]))
    return st.selectbox(
        LABELS["dataset"], choices, key="dataset", persist_state="session", help=_DATASET_HELP
    )


_DATASET_HELP = "mnist: 70,000 handwritten digits; digits: scikit-learn's 1,797 small ones."


def _slider(field: str, values: list, base: TrainConfig, words: Any) -> Any:
    """A slider over the usual values, and the base's own if it is another."""
    options = sorted({*values, getattr(base, field)})
    return st.select_slider(
        LABELS[field],
        options,
        key=field,
        format_func=words,
        persist_state="session",
        help=_help(field),
    )


def _hidden(base: TrainConfig) -> Any:
    """As text: a slider takes a tuple for the two ends of a range."""
    options = [unparse(widths) for widths in sorted({*WIDTHS, base.hidden})]
    chosen = st.select_slider(
        LABELS["hidden"],
        options,
        key="hidden",
        format_func=lambda text: text.replace(",", " + ") or "none",
        persist_state="session",
        help=_help("hidden"),
    )
    return parse("hidden", chosen)


def _epochs(base: TrainConfig) -> int:
    most = max(100, base.epochs)
    return st.slider(
        LABELS["epochs"], 1, most, key="epochs", persist_state="session", help=_help("epochs")
    )


def _seed() -> int:
    low, high = FIELDS["seed"].metadata["range"]
    return int(
        st.number_input(
            LABELS["seed"], low, high, key="seed", persist_state="session", help=_help("seed")
        )
    )


def copy_link(config: TrainConfig) -> None:
    """A link that sets every field, to be copied."""
    with st.popover("Copy link", icon=":material/link:"):
        st.caption("Opens this page with exactly these settings, seed included.")
        st.code(links.write(config, st.context.url or ""), language=None, wrap_lines=True)


def refusals() -> None:
    """Say what the link asked for in vain."""
    for sentence in st.session_state.get(REFUSED, []):
        st.warning(sentence, icon=":material/link_off:")
