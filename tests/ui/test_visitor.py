"""Who looks at the page: the cookie that the server sets, hosted mode, and the teacher's key."""

from http.cookies import SimpleCookie

import pytest
import streamlit as st
from starlette.types import Message, Receive, Scope, Send

from scratchmlp.errors import UserError
from scratchmlp.runs.permissions import LOCAL, Visitor
from scratchmlp.runs.store import Store
from scratchmlp.ui import server, visitor
from scratchmlp.ui.server import COOKIE, VisitorCookie
from tests.coroutines import finish

HTML = (b"accept", b"text/html,*/*")


def answer(headers: list[tuple[bytes, bytes]], **scope: object) -> SimpleCookie:
    """The cookies that the server sets when it answers a request."""
    sent: list[Message] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    request = {"type": "http", "method": "GET", "scheme": "http", "path": "/", "headers": headers}
    finish(VisitorCookie(page)(request | scope, receive, send))
    cookies: SimpleCookie = SimpleCookie()
    for name, value in sent[0]["headers"]:
        assert name == b"set-cookie"
        cookies.load(value.decode())
    return cookies


def test_each_browser_gets_an_id_that_scripts_cannot_read() -> None:
    one, other = answer([HTML])[COOKIE], answer([HTML])[COOKIE]
    assert server.is_visitor_id(one.value) and one.value != other.value
    assert one["httponly"] and one["samesite"] == "Lax" and not one["secure"]
    assert one["path"] == "/" and int(one["max-age"]) > 30 * 24 * 3600


def test_a_known_browser_keeps_its_id() -> None:
    own = answer([HTML])[COOKIE].value
    assert answer([HTML, (b"cookie", f"{COOKIE}={own}; other=1".encode())])[COOKIE].value == own


@pytest.mark.parametrize("bad", ["", "local", "x" * 32, "A" * 32, "0" * 31, "0" * 33, "0" * 999])
def test_a_made_up_id_of_another_form_is_replaced(bad: str) -> None:
    assert answer([HTML, (b"cookie", f"{COOKIE}={bad}".encode())])[COOKIE].value != bad


@pytest.mark.parametrize(
    ("scope", "headers"),
    [({"scheme": "https"}, [HTML]), ({}, [HTML, (b"x-forwarded-proto", b"https, http")])],
)
def test_under_https_the_cookie_is_secure(scope: dict, headers: list) -> None:
    assert answer(headers, **scope)[COOKIE]["secure"]


def test_under_a_path_prefix_the_cookie_is_for_that_path() -> None:
    assert answer([HTML], root_path="/lab")[COOKIE]["path"] == "/lab"


@pytest.mark.parametrize("headers", [[], [(b"accept", b"*/*")], [(b"accept", b"image/png")]])
def test_scripts_and_pictures_set_no_cookie(headers: list) -> None:
    assert not answer(headers)


@pytest.mark.parametrize(
    ("wish", "address", "expected"),
    [
        (None, "127.0.0.1", False),
        (None, "::1", False),
        (None, "localhost", False),
        (None, "0.0.0.0", True),
        (None, "192.168.1.5", True),
        (None, "lab.example", True),
        (None, None, True),
        ("1", "127.0.0.1", True),
        ("0", None, False),
    ],
)
def test_a_server_beyond_loopback_is_hosted(
    monkeypatch: pytest.MonkeyPatch, wish: str | None, address: str | None, expected: bool
) -> None:
    monkeypatch.delenv("SCRATCHMLP_HOSTED", raising=False)
    if wish:
        monkeypatch.setenv("SCRATCHMLP_HOSTED", wish)
    monkeypatch.setattr(st, "get_option", {"server.address": address}.__getitem__)
    assert visitor.is_hosted() is expected


@pytest.fixture
def own_store(closed_world: object, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    visitor._guesses().clear()
    return Store()


def test_the_key_makes_a_teacher_until_the_key_changes(
    own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "sesame")
    me = visitor.current(own_store.visitors)
    assert not me.is_teacher and me.id != LOCAL.id
    visitor.become_teacher(own_store.visitors, me, "sesame")
    st.session_state.clear()
    assert visitor.current(own_store.visitors).is_teacher
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "another")
    st.session_state.clear()
    assert not visitor.current(own_store.visitors).is_teacher


def test_a_teacher_can_resign(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "sesame")
    me = visitor.current(own_store.visitors)
    visitor.become_teacher(own_store.visitors, me, "sesame")
    visitor.resign(own_store.visitors, me)
    st.session_state.clear()
    assert not visitor.current(own_store.visitors).is_teacher


def test_keys_cannot_be_guessed_quickly(own_store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_TEACHER_KEY", "sesame")
    for _ in range(visitor.KEY_TRIES):
        with pytest.raises(UserError, match="not the teacher's key"):
            visitor.become_teacher(own_store.visitors, Visitor("ann"), "guess")
    with pytest.raises(UserError, match="Too many"):
        visitor.become_teacher(own_store.visitors, Visitor("ben"), "sesame")
    assert own_store.visitors.all() == []


def test_without_a_key_nobody_is_a_teacher(
    own_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCRATCHMLP_TEACHER_KEY", raising=False)
    for key in ("", "None", "sesame"):
        with pytest.raises(UserError, match="not the teacher's key"):
            visitor.become_teacher(own_store.visitors, Visitor("ann"), key)


def test_the_database_does_not_hold_the_cookie() -> None:
    secret = "0123456789abcdef" * 2
    digest = visitor.digest_of("cookie", secret)
    assert digest != secret and len(digest) == 32
    assert digest != visitor.digest_of("session", secret)
