"""Load a net from its file: it becomes a finished run."""

from pathlib import PurePath
from typing import Any

import streamlit as st

from scratchmlp.errors import UserError
from scratchmlp.runs.network_import import import_network
from scratchmlp.ui import session

FILE, SAID = "net_file", "net_said"  # the uploader, counted up to be empty again; the last answer
MOST_MEGABYTES = 400  # six hidden layers of 4,096 units


def popover(row: Any) -> None:
    with row.popover("Load a net", icon=":material/upload_file:", key="load_net"):
        uploader()


def uploader() -> None:
    """Takes the file of a net and enters it as a run."""
    count = st.session_state.get("net_files", 0)
    st.file_uploader(
        "A net's file",
        type=["safetensors"],
        key=f"{FILE}_{count}",
        on_change=_load,
        args=[f"{FILE}_{count}"],
        max_upload_size=MOST_MEGABYTES,
        help="As Take away gives it. It is checked, and nothing in it is ever run.",
    )
    kind, words = st.session_state.get(SAID, ("", ""))
    if kind:
        (st.success if kind == "good" else st.error)(words)


def _load(key: str) -> None:
    file = st.session_state[key]
    if file is None:
        return
    try:
        run_id = import_network(session.store(), file.getvalue(), PurePath(file.name).stem)
    except UserError as error:
        st.session_state[SAID] = "bad", str(error)
    else:
        session.watch(run_id)
        run = session.store().run(run_id)
        reached = "not measured: its pictures are not on this machine"
        if run.test_accuracy is not None:
            reached = f"{run.test_accuracy:.2%} of the test pictures right"
        st.session_state[SAID] = "good", f"{run.name} is loaded: {reached}."
    st.session_state["net_files"] = st.session_state.get("net_files", 0) + 1
