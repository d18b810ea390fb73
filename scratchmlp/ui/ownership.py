"""Whose a run is, who sees it, and what this visitor may do to it. On one's own machine: all."""

import streamlit as st

from scratchmlp.runs import built_in, permissions
from scratchmlp.runs.permissions import Verb
from scratchmlp.runs.store import Run
from scratchmlp.runs.visitors import OWN, SERVER, UNNAMED
from scratchmlp.ui import resources, session, switch, visitor
from scratchmlp.ui.markdown import escape


def may(verb: Verb, run: Run) -> bool:
    return permissions.may(resources.current_visitor(), verb, run)


def is_own(run: Run) -> bool:
    return run.owner == resources.current_visitor().id


def hold(run: Run) -> None:
    """Keep a run in the visitor's lists that somebody else gave them the link of."""
    store = resources.store()
    if not may("list", run):
        store.visitors.hold_link(store.visitor, run.id)


def first_choice(runs: list[Run]) -> list[Run]:
    """The pinned runs; if there are none, the visitor's own; if there are none, all."""
    pinned = [run for run in runs if run.pinned]
    return pinned or [run for run in runs if is_own(run)] or runs


def owner_name(run: Run, nicknames: dict[str, str]) -> str:
    """What a list says of the owner of a run."""
    if is_own(run):
        return OWN
    if run.owner == built_in.OWNER:
        return built_in.OWNER
    if run.owner == permissions.LOCAL.id:
        return SERVER
    return visitor_name(run.owner, nicknames)


def visitor_name(visitor_id: str, nicknames: dict[str, str]) -> str:
    """A visitor's nickname, or else, for a teacher, the beginning of their id."""
    mark = f" {visitor_id[:4]}" if resources.current_visitor().is_teacher else ""
    return nicknames.get(visitor_id) or UNNAMED + mark


def byline(run: Run) -> None:
    """Whose the run is, and who sees it, with the way to change that. Nothing on one's machine."""
    if not visitor.is_hosted():
        return
    with st.container(horizontal=True, vertical_alignment="center", key="byline"):
        if run.pinned:
            st.markdown(":violet-badge[:material/keep: pinned]", width="content")
        name = owner_name(run, resources.store().visitors.nicknames())
        st.caption("Your run." if is_own(run) else f"By {escape(name)}.", width="content")
        if may("share", run):
            _share(run)
        if may("pin", run):
            _pin(run)


def _share(run: Run) -> None:
    switch.show(
        "Shared",
        run.shared,
        help="Everybody on this server finds this run in their lists. Nobody else can change it.",
        **session.synced_widget(
            f"share_{run.id}", run.shared, lambda shared: _set_shared(run.id, shared)
        ),
    )


def _set_shared(run_id: str, shared: bool) -> None:
    with session.errors_shown():
        resources.store().run_list.share(run_id, shared)


def _pin(run: Run) -> None:
    label, icon = ("Unpin", "keep_off") if run.pinned else ("Pin for all", "keep")
    pinned = not run.pinned
    icon = f":material/{icon}:"
    st.button(label, key="pin", icon=icon, on_click=_set_pinned, args=[run.id, pinned])


def _set_pinned(run_id: str, pinned: bool) -> None:
    with session.errors_shown():
        resources.store().run_list.pin(run_id, pinned)
