"""What the server does around the pages: it gives each browser a cookie with a visitor's id.

The id is random, scripts in the browser cannot read it, and other sites cannot send it.
"""

import re
import secrets
from http.cookies import SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "scratchmlp_visitor"
COOKIE_SECONDS = 365 * 24 * 3600
_ID = re.compile("[0-9a-f]{32}")


def is_visitor_id(text: str) -> bool:
    """Whether a cookie's value has the form that this server gives it."""
    return _ID.fullmatch(text) is not None


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
    known = cookie_parser(headers.get(b"cookie", b"").decode("latin-1")).get(COOKIE, "")
    cookie: SimpleCookie = SimpleCookie()
    cookie[COOKIE] = known if is_visitor_id(known) else secrets.token_hex(16)
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
