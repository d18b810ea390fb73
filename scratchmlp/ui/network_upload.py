"""Load a saved network from its file: it becomes a finished run."""

from pathlib import PurePath
from typing import Any

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.figures import percent
from scratchmlp.runs.network_import import import_network
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, selection
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import UPLOAD, UPLOAD_RESULT, UPLOADS

MAX_MEGABYTES = 400  # six hidden layers of 4,096 units
BYTES_PER_WEIGHT = 5  # in a file, with its biases and its header


def popover(row: Any) -> None:
    with row.popover("Load a saved network", icon=":material/upload_file:", key="load_net"):
        uploader()


def uploader() -> None:
    """A control that takes a network's file, with the result of the last one below it."""
    key = f"{UPLOAD}_{st.session_state.get(UPLOADS, 0)}"  # a new control is empty again
    st.file_uploader(
        "File of a saved network",
        type=["safetensors"],
        key=key,
        on_change=_load,
        args=[key],
        max_upload_size=_max_megabytes(),
        help="A safetensors file from Export on Train. It is checked, and no code in it runs.",
    )
    succeeded, sentence = st.session_state.get(UPLOAD_RESULT, (True, ""))
    if sentence:
        (st.success if succeeded else st.error)(escape(sentence))


def _max_megabytes() -> int:
    """A visitor's networks are small, so their files are too."""
    store = resources.store()
    if store.visitor.is_trusted:
        return MAX_MEGABYTES
    return min(MAX_MEGABYTES, 1 + store.limits.weights * BYTES_PER_WEIGHT // 1_000_000)


def _load(key: str) -> None:
    file = st.session_state[key]
    if file is None:
        return
    store = resources.store()
    try:
        run = store.run(import_network(store, file.getvalue(), PurePath(file.name).stem))
    except UserError as error:
        st.session_state[UPLOAD_RESULT] = False, str(error)
    else:
        selection.select_run(run.id)
        st.session_state[UPLOAD_RESULT] = True, _loaded(run)
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def _loaded(run: Run) -> str:
    if run.test_accuracy is None:
        return f"{run.name} is loaded. Its dataset is not on this machine, so it is not measured."
    return f"{run.name} is loaded: {percent(run.test_accuracy)} of the test pictures correct."
