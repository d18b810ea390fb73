"""What the file of a PyTorch state does not say: asked, and its score shown at once."""

from dataclasses import replace
from typing import Any, NamedTuple

import streamlit as st

from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.net.choices import ACTIVATIONS
from scratchmlp.net.model import Params
from scratchmlp.net.network import Network
from scratchmlp.runs import network_import, torch_state
from scratchmlp.runs.store import Run
from scratchmlp.runs.torch_state import Unsaid
from scratchmlp.ui import resources, selection, session
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import STATE, UPLOAD_RESULT, synced_widget

FEW = 0.5  # of the test pictures correct: something that was said does not fit


class State(NamedTuple):
    """The layers of an uploaded file, and what was said about them."""

    name: str
    params: Params
    unsaid: Unsaid


def show() -> None:
    """The score with the present answers, a button that loads it, and the questions."""
    state: State = st.session_state[STATE]
    units = " → ".join(f"{n:,}" for n in torch_state.sizes(state.params))
    st.markdown(
        f"**{escape(state.name)}**: layers of {units} units. "
        "The file says no more: check the answers below."
    )
    with session.errors_shown():
        network = torch_state.network(state.params, state.unsaid)
        _score(network)
        with st.container(horizontal=True):
            st.button("Load it", type="primary", key="load_state", on_click=_load, args=[network])
            st.button("Cancel", key="cancel_state", on_click=_cancel)
    _questions(state.unsaid)


def _questions(unsaid: Unsaid) -> None:
    st.selectbox(
        "Activation of the hidden units",
        list(ACTIVATIONS),
        list(ACTIVATIONS).index(unsaid.activation),
        **_answer("activation", unsaid.activation),
    )
    columns = st.columns(2)
    for column, field, label in zip(columns, ("mean", "std"), ("Mean", "Deviation"), strict=True):
        column.number_input(
            label,
            value=getattr(unsaid, field),
            step=0.01,
            format="%.4f",
            help="Pixels from 0 to 1 minus the mean, divided by the deviation: 0 and 1 for none.",
            **_answer(field, getattr(unsaid, field)),
        )
    st.text_input(
        "Classes, in the order of the outputs",
        ", ".join(unsaid.classes),
        placeholder="0, 1, 2, …",
        **_answer("classes", ", ".join(unsaid.classes)),
    )
    prepared = [name for name in sources.SOURCES if datasets.is_prepared(name)]
    options = list(dict.fromkeys([unsaid.dataset, *prepared, *resources.known_datasets()]))
    st.selectbox(
        "Measured on the test pictures of", options, 0, **_answer("dataset", unsaid.dataset)
    )


def _answer(field: str, value: Any) -> dict[str, Any]:
    return synced_widget(f"state_{field}", value, lambda new: _said(field, new))


def _said(field: str, value: Any) -> None:
    if value is None:  # a number that was deleted
        return
    if field == "classes":
        value = tuple(name.strip() for name in value.split(",") if name.strip())
    state: State = st.session_state[STATE]
    st.session_state[STATE] = state._replace(unsaid=replace(state.unsaid, **{field: value}))


def _score(network: Network) -> None:
    """How many test pictures it gets right, with what was said so far."""
    _, accuracy = network_import.measure(network)
    if accuracy is None:
        st.info("It is not measured: its dataset is not here, or has other classes.")
        return
    st.metric(f"Correct test pictures of {escape(network.config.dataset)}", percent(accuracy))
    if accuracy < FEW:
        st.caption("Few are correct: try another activation, or another mean and deviation.")


def _load(network: Network) -> None:
    state: State = st.session_state.pop(STATE)
    store = resources.store()
    try:
        selected(store.run(network_import.add(store, network, state.name)))
    except UserError as error:
        st.session_state[UPLOAD_RESULT] = False, str(error)


def _cancel() -> None:
    st.session_state.pop(STATE, None)
    st.session_state[UPLOAD_RESULT] = True, ""


def selected(run: Run) -> None:
    """Select a run that was loaded, and say what it reaches."""
    selection.select_run(run.id)
    st.session_state[UPLOAD_RESULT] = True, _loaded(run)


def _loaded(run: Run) -> str:
    if run.test_accuracy is None:
        return f"{run.name} is loaded. Its dataset is not on this machine, so it is not measured."
    return f"{run.name} is loaded: {percent(run.test_accuracy)} of the test pictures correct."
