"""How the controls of a configuration are arranged: the first six, and the others in groups.

A control that a link hides, or that has no effect just now, is not drawn; its field keeps its
value.
"""

from functools import partial
from typing import Any

import streamlit as st

from scratchmlp.net.config import matters
from scratchmlp.ui import field_controls, network_drawing, session
from scratchmlp.ui.train import lr_finder, own_pictures, settings

FIRST = ("dataset", "hidden", "optimizer", "lr", "batch_size", "epochs")
GROUPS = {
    "Network": ("activation", "init", "init_std", "standardise", "loss"),
    "Optimiser details": ("schedule", "momentum", "beta2", "weight_decay", "backward"),
    "Data": (
        "train_size",
        "augment",
        "augment_strength",
        "valid_pct",
        "split_seed",
        "skip_damaged",
    ),
    "Seed and hardware": ("seed", "device", "precision"),
}
STYLE = "<style>[data-testid=stSidebar] [role=radiogroup] button{padding-inline:.55rem}</style>"


def show() -> None:
    """All controls that are not hidden, one below the other."""
    st.html(STYLE)
    places = {field: st.container() for field in FIRST}
    with places["hidden"]:
        layers = st.container()
        network_drawing.of_settings(settings.current())  # sent first: it follows every change
    for field, place in places.items():
        with layers if field == "hidden" else place:
            _control(field)
        if field == "dataset" and settings.is_shown(field):
            with place:
                own_pictures.show()
        if field == "lr" and settings.is_shown("lr"):
            with place:
                lr_finder.show()
    for group, fields in GROUPS.items():
        if any(settings.is_shown(field) for field in fields):
            with st.expander(group):
                for field in fields:
                    _control(field)


def _control(field: str) -> None:
    if settings.is_shown(field) and matters(field, settings.current()):
        choices = settings.datasets() if field == "dataset" else None
        field_controls.show(field, partial(_read, field), partial(_change, field), choices)
    else:  # a browser that lags behind still reports the control that was there
        session.synced_widget(field, _read(field), partial(_change, field))


def _read(field: str) -> Any:
    return getattr(settings.current(), field)


def _change(field: str, value: Any) -> None:
    settings.change(**{field: value})
