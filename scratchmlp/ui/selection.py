"""Which run a visitor looks at, on all pages; and whether the address says what to show.

No other module holds the run. It is in the address too (`?run=`), so a link, a reload and Back lead
to it. Where no run is selected, a page shows one by default, and that does not select it.
"""

from contextlib import suppress

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from scratchmlp.errors import UserError
from scratchmlp.runs.records import MissingRunError
from scratchmlp.runs.store import Run
from scratchmlp.ui import ownership, resources
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import DEFAULT_RUN, PAGE, RUN


def read_run() -> bool:
    """Select the run that the address names, if the visitor follows the address.

    Returns whether they do: they opened a link, reloaded, pressed Back or Forward, or came from
    another page. Otherwise the address is what the app wrote, or an older one: a browser that lags
    behind still sends that.
    """
    followed = _is_new_page() or came_by_history()
    named = st.query_params.get("run")
    if followed and named and named != st.session_state.get(DEFAULT_RUN):
        st.session_state[RUN] = named
        with suppress(UserError):  # the page says that there is no such run
            ownership.hold(resources.store().run(named))
    return followed


def _is_new_page() -> bool:
    context = get_script_run_ctx()
    page = context.page_script_hash if context else None
    before, st.session_state[PAGE] = st.session_state.get(PAGE), page
    return page != before


def came_by_history() -> bool:
    """Whether Back or Forward started this run of the script."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def select_run(run_id: str, in_address: bool = True) -> None:
    """Show this run on all pages. The address names it, so a reload shows it again."""
    st.session_state[RUN] = run_id
    if in_address:
        name_in_address(run_id)


def selected_run_id() -> str | None:
    run_id: str | None = st.session_state.get(RUN)
    return run_id


def resolve_run() -> Run | None:
    """The selected run, or the newest with a sentence that says why.

    The address names the selected run. The newest run needs no name there: it is what the bare
    address of Train shows.
    """
    run_id = selected_run_id()
    st.session_state[DEFAULT_RUN] = None
    if run_id is None:
        return resources.store().first()
    try:
        run = resources.store().run(run_id)
    except MissingRunError as error:
        sentence = escape(f"{error} This page shows the newest run.")
        st.warning(sentence, icon=":material/link_off:")
        return resources.store().first()
    name_in_address(run.id)
    return run


def followed_run(run_id: str) -> Run:
    """The run that a part of a page follows. If it was deleted meanwhile, the page begins anew."""
    try:
        return resources.store().run(run_id)
    except MissingRunError:  # the page says so, once, and shows another run
        st.rerun()


def name_in_address(run_id: str) -> None:
    note_shown(run_id)
    if st.query_params.get("run") != run_id:
        st.query_params["run"] = run_id


def note_shown(run_id: str) -> None:
    """Note whether the run that is shown was selected, or is shown by default."""
    st.session_state[DEFAULT_RUN] = None if run_id == selected_run_id() else run_id
