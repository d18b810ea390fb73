"""The class, for its teacher: who is here, what runs and what waits, and what a teacher sets."""

import time

import pandas as pd
import streamlit as st

from scratchmlp.runs.class_settings import MAX_MESSAGE_LENGTH
from scratchmlp.runs.store import Run, Store
from scratchmlp.runs.visitors import KnownVisitor
from scratchmlp.ui import notices, ownership, resources, run_status, session
from scratchmlp.ui.runs import actions, deletion, run_table

LOOK_SECONDS = 3.0
HERE_SECONDS = 120.0  # whoever was seen since then is here
COLUMNS = ["status", "owner", "settings", "created"]  # of what runs and waits


def show() -> None:
    with st.container(key="class"):
        _settings()
        st.fragment(_class, run_every=LOOK_SECONDS)()


def _settings() -> None:
    """The queue, the message, and where the links are made that hide settings."""
    settings = resources.store().class_settings
    is_open, message = settings.is_queue_open(), settings.message()
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.text_input(
        "Message to all",
        message,
        max_chars=MAX_MESSAGE_LENGTH,
        placeholder="A line above every page, for everybody",
        help="Press Enter to show it. An empty line removes it.",
        width=460,
        **session.synced_widget("message_to_all", message, _set_message),
    )
    label, icon = ("Close the queue", "block") if is_open else ("Open the queue", "play_arrow")
    row.button(
        label,
        key="open_queue",
        icon=f":material/{icon}:",
        type="secondary" if is_open else "primary",
        on_click=_open_queue,
        args=[not is_open],
        help="While it is closed nobody can start a run. What waits still runs.",
    )
    hide = "To hide settings from your class, make a link for it: Share, on Train."
    st.caption(hide if is_open else f"**The queue is closed.** {hide}")


def _set_message(text: str) -> None:
    with session.errors_shown():
        resources.store().class_settings.set_message(text)
        notices.read_message.clear()
        st.toast("Everybody sees it now." if text.strip() else "The message is removed.")


def _open_queue(is_open: bool) -> None:
    with session.errors_shown():
        resources.store().class_settings.open_queue(is_open)


def _class() -> None:
    with session.errors_shown():
        store = resources.store()
        if not store.visitor.is_teacher:
            st.rerun()
        deletion.undo_bar()
        runs = store.runs()
        _visitors(store, runs)
        _under_way(store, [run for run in runs if run.is_under_way])


def _visitors(store: Store, runs: list[Run]) -> None:
    now = time.time()
    here = [v for v in store.visitors.all() if now - v.seen < HERE_SECONDS]
    st.header(f"Here now: {len(here)}", anchor=False)
    if len(here) <= 1 and st.context.url:
        st.info("Nobody else is here. Give your class this address:")
        st.code(st.context.url.removesuffix("/runs"), language=None)
    rows = [_row(v, store.visitor.id, runs, now) for v in here]
    rows.sort(key=lambda row: str(row["Visitor"]).casefold())
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height=run_table.height(len(rows)),
        key="visitors",
        alt=f"A table of {len(rows)} visitors.",
    )


def _row(visitor: KnownVisitor, own: str, runs: list[Run], now: float) -> dict[str, object]:
    """`own` is the id of the teacher who looks."""
    theirs = [run for run in runs if run.owner == visitor.id]
    name = ownership.visitor_name(visitor.id, {visitor.id: visitor.nickname})
    return {
        "Visitor": f"{name} (you)" if visitor.id == own else name,
        "Last seen": _ago(now - visitor.seen),
        "Running": sum(run.is_live for run in theirs),
        "Waiting": sum(run.status == "queued" for run in theirs),
        "All runs": len(theirs),
    }


def _ago(seconds: float) -> str:
    """Visitors are noted every half minute: nothing finer is known."""
    return "now" if seconds < 45 else f"{max(1, round(seconds / 60))} min ago"


def _under_way(store: Store, runs: list[Run]) -> None:
    """What runs, and what waits in its order, with the actions of the table of all runs."""
    live, waiting = [run for run in runs if run.is_live], store.queue()
    st.header(f"Running: {len(live)}, waiting: {len(waiting)}", anchor=False)
    if not runs:
        st.caption("Nothing runs and nothing waits.")
        return
    place = {run_id: at for at, run_id in enumerate(waiting)}
    ordered = sorted(runs, key=lambda run: (place.get(run.id, -1), run.created))
    titles, top = run_status.titles(ordered), st.container()
    ticked = run_table.show(ordered, titles, COLUMNS)
    with top:
        actions.show(ticked, titles)
    if run := run_table.opened(ordered):
        actions.open_on_train(run)
