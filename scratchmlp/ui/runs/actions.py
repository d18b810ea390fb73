"""Actions on the ticked runs: open, compare, name, repeat, resume, stop and delete them.

The buttons are always there, and disabled where they make no sense, so that the table below does
not move.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from scratchmlp.charts.training import MAX_OTHERS
from scratchmlp.runs.run_list import MAX_NOTE_LENGTH
from scratchmlp.runs.store import Run
from scratchmlp.ui import (
    layout,
    links,
    ownership,
    resources,
    run_status,
    selection,
    session,
)
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.runs import deletion
from scratchmlp.ui.session import RUN_NAME, RUN_NOTE

CURVES, PREDICTIONS = "Curves, on Train", "Predictions, on Evaluate"


def show(ticked: list[Run], titles: dict[str, str]) -> None:
    """The buttons, for the runs that are ticked."""
    with st.container(key="actions", border=True):
        layout.section("Selected runs")
        st.markdown(_title(ticked, titles))
        row = st.container(horizontal=True)
        _open(row, ticked)
        _compare(row, ticked)
        _describe(row, ticked)
        _repeat(row, ticked)
        _button_for_each(row, "Resume", "play_arrow", ticked, _can_resume, resources.resume)
        _button_for_each(row, "Stop", "stop", ticked, _is_under_way, resources.cancel_or_stop)
        _delete(row, ticked)
        _pin(row, ticked)


def _title(ticked: list[Run], titles: dict[str, str]) -> str:
    if not ticked:
        return ":gray[Select runs in the table to open, compare or change them.]"
    if len(ticked) > 1:
        return f"**{len(ticked)} runs**"
    [run] = ticked
    error = f" {escape(run.error)}" if run.error else ""
    return f"{run_status.badge(run)} **{escape(titles[run.id])}**{error}"


def _open(row: Any, ticked: list[Run]) -> None:
    is_trained = len(ticked) == 1 and ticked[0].best_epoch is not None
    pages = [page for page in layout.PAGES if page == "train" or (is_trained and page != "runs")]
    page = row.menu_button(
        "Open",
        pages,
        format_func=lambda name: layout.PAGES[name],
        key="open",
        icon=":material/open_in_new:",
        disabled=len(ticked) != 1,
    )
    if page:
        _go_to(page, {"run": ticked[0].id})


def open_on_train(run: Run) -> None:
    _go_to("train", {"run": run.id})


def _go_to(page: str, address: dict[str, str]) -> None:
    """Go to a page with the run on it that the address names."""
    selection.select_run(address["run"])
    st.switch_page(f"pages/{page}.py", query_params=address)


def _compare(row: Any, ticked: list[Run]) -> None:
    trained = [run for run in ticked if run.best_epoch is not None]
    kinds = [CURVES, PREDICTIONS] if len(ticked) == len(trained) == 2 else [CURVES]
    icon, too_few = ":material/compare_arrows:", len(ticked) < 2
    kind = row.menu_button("Compare", kinds, key="compare", icon=icon, disabled=too_few)
    if kind:
        page = "evaluate" if kind == PREDICTIONS else "train"
        _go_to(page, links.comparison([run.id for run in ticked[: MAX_OTHERS + 1]]))


def _describe(row: Any, ticked: list[Run]) -> None:
    is_one = len(ticked) == 1 and ownership.may("describe", ticked[0])
    with row.popover(
        "Edit name and note", icon=":material/edit:", key="describe", disabled=not is_one
    ):
        if is_one:
            _form(ticked[0])


def _form(run: Run) -> None:
    with st.form(f"describe_{run.id}", border=False):
        st.text_input("Name", run.name, key=f"{RUN_NAME}_{run.id}")
        st.text_area("Note", run.note, max_chars=MAX_NOTE_LENGTH, key=f"{RUN_NOTE}_{run.id}")
        st.form_submit_button(
            "Save", key="save_about", type="primary", on_click=_save, args=[run.id]
        )


def _save(run_id: str) -> None:
    with session.errors_shown():
        run_list = resources.store().run_list
        run_list.rename(run_id, st.session_state[f"{RUN_NAME}_{run_id}"])
        run_list.set_note(run_id, st.session_state[f"{RUN_NOTE}_{run_id}"])
        st.toast("Saved.", icon=":material/check:")


def _repeat(row: Any, ticked: list[Run]) -> None:
    label, icon, is_one = "Use these settings", ":material/content_copy:", len(ticked) == 1
    help = "Opens Train with every control set as for this run."
    if row.button(label, key="duplicate", icon=icon, help=help, disabled=not is_one):
        _go_to("train", links.same_settings(ticked[0].id, ticked[0].config))


def _button_for_each(
    row: Any,
    label: str,
    icon: str,
    ticked: list[Run],
    can: Callable[[Run], bool],
    action: Callable[[str], None],
) -> None:
    """A button that does something to those of the ticked runs for which it is possible."""
    ids = [run.id for run in ticked if can(run)]
    row.button(
        f"{label} {len(ids)}" if ids and len(ticked) > 1 else label,
        key=label.lower(),
        icon=f":material/{icon}:",
        on_click=_do_to_each,
        args=[action, ids],
        disabled=not ids,
    )


def _can_resume(run: Run) -> bool:
    return run.can_resume and ownership.may("steer", run)


def _is_under_way(run: Run) -> bool:
    return run.is_under_way and ownership.may("stop", run)


def _do_to_each(action: Callable[[str], None], run_ids: list[str]) -> None:
    with session.errors_shown():
        for run_id in run_ids:
            action(run_id)


def _delete(row: Any, ticked: list[Run]) -> None:
    ids = [run.id for run in ticked if ownership.may("delete", run)]
    row.button(
        f"Delete {len(ids)}" if ids and len(ticked) > 1 else "Delete",
        key="delete",
        icon=":material/delete:",
        on_click=deletion.delete,
        args=[ids],
        disabled=not ids,
    )


def _pin(row: Any, ticked: list[Run]) -> None:
    """For a teacher: everybody sees a pinned run first."""
    if not resources.current_visitor().is_teacher:
        return
    are_pinned = bool(ticked) and all(run.pinned for run in ticked)
    row.button(
        "Unpin" if are_pinned else "Pin for all",
        key="pin",
        icon=f":material/{'keep_off' if are_pinned else 'keep'}:",
        on_click=_do_to_each,
        args=[partial(_set_pinned, not are_pinned), [run.id for run in ticked]],
        disabled=not ticked,
        help="Everybody on this server sees a pinned run first.",
    )


def _set_pinned(pinned: bool, run_id: str) -> None:
    resources.store().run_list.pin(run_id, pinned)
