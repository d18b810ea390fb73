"""Load a saved network from its file: it becomes a finished run."""

from pathlib import PurePath
from typing import Any

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.runs import torch_state
from scratchmlp.runs.network_import import import_network
from scratchmlp.ui import resources, state_questions
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import STATE, UPLOAD, UPLOAD_RESULT, UPLOADS
from scratchmlp.ui.state_questions import State, selected

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
        key=key,
        on_change=_load,
        args=[key],
        max_upload_size=_max_megabytes(),
        help="A safetensors file, from Export on Train or from PyTorch. No code in it runs.",
    )
    if STATE in st.session_state:
        state_questions.show()
        return
    succeeded, sentence = st.session_state.get(UPLOAD_RESULT, (True, ""))
    if sentence:
        (st.success if succeeded else st.error)(escape(sentence))
    if not succeeded and sentence.startswith("This is"):
        st.caption("PyTorch saves a state as safetensors like this:")
        st.code(torch_state.HOW_TO_SAVE, language="python", wrap_lines=True)


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
    st.session_state.pop(STATE, None)
    name, data = PurePath(file.name).stem, file.getvalue()
    try:
        if torch_state.is_state(data):
            st.session_state[STATE] = State(name, torch_state.read(data), torch_state.Unsaid())
        else:
            store = resources.store()
            selected(store.run(import_network(store, data, name)))
    except UserError as error:
        st.session_state[UPLOAD_RESULT] = False, str(error)
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1
