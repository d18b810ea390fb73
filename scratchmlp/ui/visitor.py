"""Who looks at the page: the owner of the machine, or a visitor of a hosted server.

On a hosted server (`is_hosted`) each visitor owns what they make. A visitor is whoever has the
random id in a cookie (see `server.py`), or the account of Streamlit's login where the secrets have
`[auth]`. The database never holds the id of the cookie, but its digest: whoever reads the database
cannot pass for a visitor.
"""

import hashlib
import hmac
import os
import time
from contextlib import suppress
from dataclasses import replace

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError
from streamlit.runtime.scriptrunner import get_script_run_ctx

from scratchmlp.errors import UserError
from scratchmlp.runs.database import StoreError
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.visitors import SEEN_SECONDS, Visitors
from scratchmlp.ui import server
from scratchmlp.ui.server import COOKIE, is_hosted, is_visitor_id
from scratchmlp.ui.session import FORGOTTEN, VISITOR

KEY_TRIES, KEY_SECONDS = 5, 60.0  # guesses of the teacher's key, of all visitors together


def current(visitors: Visitors) -> Visitor:
    """The visitor who looks at the page; noted as seen from time to time."""
    if not is_hosted():
        return LOCAL
    visitor_id = _account() or _cookie() or _session()
    known, noted = st.session_state.get(VISITOR, (None, 0.0))
    if known is None or known.id != visitor_id:
        known = Visitor(visitor_id)
    elif time.monotonic() - noted < SEEN_SECONDS:
        return known
    with suppress(StoreError):  # then the page says so where it needs the database
        visitors.note_seen(visitor_id)
        found = visitors.find(visitor_id)
        digest = found.teacher_key if found else None
        known = Visitor(visitor_id, is_teacher=_is_teacher(digest))
        st.session_state[VISITOR] = known, time.monotonic()
    return known


def digest_of(kind: str, secret: str) -> str:
    return hashlib.sha256(f"{kind}:{secret}".encode()).hexdigest()[:32]


def has_login() -> bool:
    """Whether visitors log in with an account: the secrets have `[auth]`."""
    return is_hosted() and "auth" in _secrets()


def is_logged_in() -> bool:
    return bool(st.user.get("is_logged_in"))


def account_name() -> str:
    """What the account of whoever is logged in calls them."""
    return str(st.user.get("name") or st.user.get("email") or "somebody without a name")


def lasts() -> bool:
    """Whether the browser keeps the visitor's cookie; in another site's frame most do not."""
    return not is_hosted() or (_account() or _cookie()) is not None


def _account() -> str | None:
    if not has_login() or not is_logged_in():
        return None
    return digest_of("account", f"{st.user.get('iss')} {st.user.get('sub')}")


def _cookie() -> str | None:
    value = str(st.context.cookies.get(COOKIE, ""))
    return digest_of("cookie", value) if is_visitor_id(value) else None


def _session() -> str:
    context = get_script_run_ctx()
    return digest_of("session", context.session_id if context else "none")


def _secrets() -> dict:
    try:
        return st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return {}


def _teacher_key() -> str | None:
    return os.environ.get("SCRATCHMLP_TEACHER_KEY") or None


def has_teacher_key() -> bool:
    """Whether a visitor can become a teacher by a key."""
    return is_hosted() and _teacher_key() is not None


def may_have_teacher() -> bool:
    """Whether somebody can be a teacher here, by a key or by their account."""
    return has_teacher_key() or (has_login() and bool(_teachers()))


def _teachers() -> list[str]:
    """The verified e-mail addresses of teachers, where visitors log in."""
    emails: list[str] = _secrets().get("teachers", {}).get("emails", [])
    return emails


def _is_teacher(digest: str | None) -> bool:
    key = _teacher_key()
    if key and digest and hmac.compare_digest(digest, digest_of("teacher", key)):
        return True
    emails = _teachers() if _account() else []
    return bool(st.user.get("email_verified", True)) and st.user.get("email") in emails


@st.cache_resource(show_spinner=False)
def _guesses() -> list[float]:
    """When the last wrong keys were entered."""
    return []


def become_teacher(visitors: Visitors, visitor: Visitor, key: str) -> None:
    """Make the visitor a teacher, if the key is right.

    Raises
    ------
    UserError
        The key is wrong, or wrong ones have been entered too often.
    """
    guesses, now = _guesses(), time.monotonic()
    guesses[:] = [guess for guess in guesses if now - guess < KEY_SECONDS]
    if len(guesses) >= KEY_TRIES:
        raise UserError("Too many wrong keys were entered: try again in a minute.")
    right = _teacher_key()
    if right is None or not hmac.compare_digest(key.encode(), right.encode()):
        guesses.append(now)
        raise UserError("This is not the teacher's key: ask whoever runs this server for it.")
    visitors.set_teacher_key(visitor.id, digest_of("teacher", right))
    st.session_state[VISITOR] = replace(visitor, is_teacher=True), now


def resign(visitors: Visitors, visitor: Visitor) -> None:
    """The visitor is no teacher any more."""
    visitors.set_teacher_key(visitor.id, None)
    st.session_state.pop(VISITOR, None)


def forget(visitors: Visitors, visitor: Visitor) -> None:
    """Delete all that is known of the visitor. Their browser must load the page again now."""
    visitors.forget(visitor)
    server.forget(st.context.cookies.get(COOKIE, ""))
    st.session_state.clear()
    st.session_state[FORGOTTEN] = True
