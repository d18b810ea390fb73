"""You, a visitor of a hosted server: your nickname, your work, whether you are a teacher."""

from typing import Any

import streamlit as st

from scratchmlp.runs import take_along
from scratchmlp.runs.store import Store
from scratchmlp.runs.visitors import MAX_NICKNAME_LENGTH
from scratchmlp.ui import resources, session, visitor
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.session import NICKNAME


def show() -> None:
    if not visitor.is_hosted():
        return
    store = resources.store()
    known = store.visitors.find(store.visitor.id)
    with st.container(key="you", border=True):
        st.header("You", anchor=False)
        if visitor.has_login():
            st.markdown(f"Logged in as **{escape(visitor.account_name())}**.")
        _nickname(known.nickname if known else "")
        row = st.container(horizontal=True)
        _take_along(row, store)
        _teacher(row, store, has_key=bool(known and known.teacher_key))
        if visitor.has_login():
            row.button("Log out", icon=":material/logout:", key="log_out", on_click=st.logout)
        _forget(row)


def _nickname(nickname: str) -> None:
    st.text_input(
        "Nickname",
        nickname,
        max_chars=MAX_NICKNAME_LENGTH,
        placeholder="a visitor",
        help="Others see it at the runs that you share, and a teacher sees it. Press Enter.",
        width=360,
        **session.synced_widget(NICKNAME, nickname, _set_nickname),
    )


def _set_nickname(nickname: str) -> None:
    with session.errors_shown():
        store = resources.store()
        store.visitors.set_nickname(store.visitor.id, nickname)
        st.toast("Saved.", icon=":material/check:")


def _take_along(row: Any, store: Store) -> None:
    row.download_button(
        "Take my work along",
        lambda: take_along.pack(store),
        "my-scratchmlp.zip",
        "application/zip",
        key="take_along",
        icon=":material/download:",
        on_click="ignore",
        help="One ZIP with your runs and drawings. You can load them again here or elsewhere.",
    )


def _teacher(row: Any, store: Store, has_key: bool) -> None:
    """The way to become a teacher by the key, and the way back."""
    if not visitor.has_teacher_key():
        return
    if not store.visitor.is_teacher:
        with row.popover("Teacher", icon=":material/school:", key="teacher"):
            _enter_key(store)
    elif has_key:
        label, icon = "Stop being a teacher", ":material/school:"
        row.button(label, key="resign", icon=icon, on_click=_resign)


def _enter_key(store: Store) -> None:
    with st.form("teacher_key", border=False, clear_on_submit=True):
        key = st.text_input("The teacher's key", type="password", autocomplete="off")
        if st.form_submit_button("Become a teacher", key="become_teacher", type="primary"):
            with session.errors_shown():
                visitor.become_teacher(store.visitors, store.visitor, key)
                st.rerun()


def _resign() -> None:
    with session.errors_shown():
        store = resources.store()
        visitor.resign(store.visitors, store.visitor)


def _forget(row: Any) -> None:
    with row.popover("Forget me", icon=":material/person_remove:", key="forget"):
        st.markdown(
            "Delete your runs, also the shared ones, your drawings and your nickname at once and "
            "for good? Take your work along first if you want to keep it."
        )
        st.button("Forget me now", key="forget_now", type="primary", on_click=_forget_now)


def _forget_now() -> None:
    with session.errors_shown():
        store = resources.store()
        visitor.forget(store.visitors, store.visitor)
        if visitor.has_login():
            st.logout()
