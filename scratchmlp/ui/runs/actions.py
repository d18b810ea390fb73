"""What one does with the chosen runs: open, name, repeat, go on with, compare, delete them.

The buttons are always there, and those that make no sense just now are greyed, so that the table
below stays where it is.
"""

from collections.abc import Callable
from typing import Any

import streamlit as st

from scratchmlp.charts.training import MAX_OTHERS
from scratchmlp.net.config import FIELDS, unparse
from scratchmlp.runs.run_list import MAX_NOTE_LENGTH
from scratchmlp.runs.store import Run
from scratchmlp.ui import layout, predictions, session
from scratchmlp.ui.evaluate import comparison
from scratchmlp.ui.runs import deletion
from scratchmlp.ui.train import run_card, run_controls, settings, views

ABOUT = "describe"  # the form's key, also of its fields
CURVES, ANSWERS = "Curves, on Train", "Answers, on Evaluate"


def bar(chosen: list[Run]) -> None:
    """Buttons for all that can be done with the chosen runs."""
    with st.container(key="actions", border=True):
        st.markdown(_title(chosen))
        row = st.container(horizontal=True)
        _open(row, chosen)
        _compare(row, chosen)
        _describe(row, chosen)
        _repeat(row, chosen)
        _drive(row, "Resume", "play_arrow", chosen, _can_resume, session.resume)
        _drive(row, "Stop", "stop", chosen, _is_under_way, run_controls.end)
        _delete(row, chosen)


def _title(chosen: list[Run]) -> str:
    if not chosen:
        return ":gray[Tick runs to do something with them.]"
    if len(chosen) > 1:
        return f"**{len(chosen)} runs**"
    [run] = chosen
    color, icon = run_card.BADGES[run.status]
    why = f" {run.error}" if run.error else ""
    return f":{color}-badge[{icon} {run.status}] **{run.title}**{why}"


def _open(row: Any, chosen: list[Run]) -> None:
    trained = len(chosen) == 1 and chosen[0].best_epoch is not None
    pages = [page for page in layout.PAGES if page == "train" or (trained and page != "runs")]
    page = row.menu_button(
        "Open",
        pages,
        format_func=lambda name: layout.PAGES[name],
        key="open",
        icon=":material/open_in_new:",
        disabled=len(chosen) != 1,
    )
    if page:
        open_in(page, chosen[0].id)


def open_in(page: str, run_id: str) -> None:
    """Go to a page with this run on it."""
    session.watch(run_id)
    st.session_state[predictions.RUN] = run_id
    predictions.show_picture(None)
    st.switch_page(f"pages/{page}.py", query_params={"run": run_id})


def _compare(row: Any, chosen: list[Run]) -> None:
    trained = [run for run in chosen if run.best_epoch is not None]
    kinds = [CURVES, ANSWERS] if len(chosen) == len(trained) == 2 else [CURVES]
    icon, few = ":material/compare_arrows:", len(chosen) < 2
    kind = row.menu_button("Compare", kinds, key="compare", icon=icon, disabled=few)
    if kind == ANSWERS:
        st.session_state[comparison.OTHER] = chosen[1].id
        st.session_state["view"] = "Two runs"
        open_in("evaluate", chosen[0].id)
    elif kind == CURVES:
        first, *others = (run.id for run in chosen)
        st.session_state[session.BESIDE] = others[:MAX_OTHERS]
        st.session_state[views.OPEN] = "Compare"
        open_in("train", first)


def _describe(row: Any, chosen: list[Run]) -> None:
    one = len(chosen) == 1
    with row.popover("Name, note", icon=":material/edit:", key=ABOUT, disabled=not one):
        if one:
            _form(chosen[0])


def _form(run: Run) -> None:
    with st.form(f"{ABOUT}_{run.id}", border=False):
        st.text_input("Name", run.name, key=_key("name", run.id))
        st.text_area("Note", run.note, max_chars=MAX_NOTE_LENGTH, key=_key("note", run.id))
        st.form_submit_button(
            "Save", key="save_about", type="primary", on_click=_save, args=[run.id]
        )


def _key(field: str, run_id: str) -> str:
    return f"{ABOUT}_{field}_{run_id}"


def _save(run_id: str) -> None:
    with session.errors_shown():
        catalogue = session.store().run_list
        catalogue.rename(run_id, st.session_state[_key("name", run_id)])
        catalogue.set_note(run_id, st.session_state[_key("note", run_id)])
        st.toast("Saved.", icon=":material/check:")


def _repeat(row: Any, chosen: list[Run]) -> None:
    label, icon, one = "Same settings", ":material/content_copy:", len(chosen) == 1
    help = "Opens Train with every control set as for this run."
    if row.button(label, key="duplicate", icon=icon, help=help, disabled=not one):
        set_controls(chosen[0])


def set_controls(run: Run) -> None:
    """Go to Train as by a link that sets every field as it was for this run."""
    if session.SETTINGS in st.session_state:  # a new visitor's are read off the link
        settings.use(run.config)
    fields = {name: unparse(getattr(run.config, name)) for name in FIELDS}
    st.switch_page("pages/train.py", query_params=fields | {"run": run.id})


def _drive(
    row: Any,
    label: str,
    icon: str,
    chosen: list[Run],
    can: Callable[[Run], bool],
    act: Callable[[str], None],
) -> None:
    """A button for those of the chosen runs with which it can be done."""
    able = [run.id for run in chosen if can(run)]
    row.button(
        f"{label} {len(able)}" if able and len(chosen) > 1 else label,
        key=label.lower(),
        icon=f":material/{icon}:",
        on_click=_each,
        args=[act, able],
        disabled=not able,
    )


def _can_resume(run: Run) -> bool:
    return run.can_resume


def _is_under_way(run: Run) -> bool:
    return run.is_under_way


def _each(act: Callable[[str], None], run_ids: list[str]) -> None:
    with session.errors_shown():
        for run_id in run_ids:
            act(run_id)


def _delete(row: Any, chosen: list[Run]) -> None:
    row.button(
        f"Delete {len(chosen)}" if len(chosen) > 1 else "Delete",
        key="delete",
        icon=":material/delete:",
        on_click=deletion.delete,
        args=[[run.id for run in chosen]],
        disabled=not chosen,
    )
