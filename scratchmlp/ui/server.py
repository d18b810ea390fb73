"""The server around the pages: whether visitors share it, and the cookie that tells them apart.

The id in the cookie is random. Scripts in the browser cannot read it, and other sites cannot send
it.
"""

import ipaddress
import re
import secrets
from http.cookies import SimpleCookie

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scratchmlp import listening

COOKIE = "scratchmlp_visitor"
COOKIE_SECONDS = 365 * 24 * 3600
_ID = re.compile("[0-9a-f]{32}")
_forgotten: set[str] = set()  # a browser that still has one of these ids gets a new one


def is_hosted() -> bool:
    """Whether visitors share this server, so that each owns what they make.

    `SCRATCHMLP_HOSTED` says it, or else the address: a server that listens beyond loopback is
    hosted.
    """
    wish = listening.hosted_setting()
    if wish is not None:
        return wish
    address = st.get_option("server.address")
    if address == "localhost":
        return False
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:  # none: it listens on all addresses
        return True


def is_visitor_id(text: str) -> bool:
    """Whether a cookie's value has the form that this server gives it, and is not forgotten."""
    return _ID.fullmatch(text) is not None and text not in _forgotten


def forget(visitor_id: str) -> None:
    """Never accept this id again: the browser gets a new one with the next page that it loads."""
    _forgotten.add(visitor_id)


def cookie_of(connection: HTTPConnection) -> str:
    """The visitor's id in the cookie of a request; empty if there is none of the right form."""
    value = connection.cookies.get(COOKIE, "")
    return value if is_visitor_id(value) else ""


class VisitorCookie:
    """Sets the cookie with each page that a browser loads; a valid one is only prolonged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_document(scope):
            await self._app(scope, receive, send)
            return
        header = _cookie_header(scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", header)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_document(scope: Scope) -> bool:
    """Whether a browser loads a page, not one of its scripts or pictures."""
    headers = dict(scope["headers"])
    return scope["method"] == "GET" and b"text/html" in headers.get(b"accept", b"")


def _cookie_header(scope: Scope) -> str:
    headers = dict(scope["headers"])
    cookie: SimpleCookie = SimpleCookie()
    cookie[COOKIE] = cookie_of(HTTPConnection(scope)) or secrets.token_hex(16)
    is_secure = b"https" in (
        scope["scheme"].encode(),
        headers.get(b"x-forwarded-proto", b"").split(b",")[0].strip(),
    )
    cookie[COOKIE].update(
        {
            "path": scope.get("root_path") or "/",
            "max-age": str(COOKIE_SECONDS),
            "httponly": "yes",
            "samesite": "Lax",
            "secure": "yes" if is_secure else "",
        }
    )
    return cookie[COOKIE].OutputString()


MIDDLEWARE = [Middleware(VisitorCookie)]
