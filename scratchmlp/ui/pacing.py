"""Slows down a session that asks for too many page runs, so that others notice nothing.

A browser asks for a page run by a message over its websocket. The messages of a session that sends
more than a limit wait here: none is lost, and nothing is computed meanwhile.
"""

import asyncio
import time

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scratchmlp.errors import needed_to_start
from scratchmlp.runs.limits import Limits
from scratchmlp.ui.server import COOKIE, cookie_of, is_hosted

BURST_SECONDS = 4.0  # so many seconds' worth of page runs may come at once
FELT_SECONDS = 1.0  # a wait of this length is explained on the page
TOLD_SECONDS = 30.0  # so long after such a wait
_slowed: dict[str, float] = {}  # when each visitor last waited that long, by the id in the cookie


def is_slowed() -> bool:
    """Whether the messages of the visitor who looks at the page have waited for long lately."""
    at = _slowed.get(str(st.context.cookies.get(COOKIE, "")))
    return at is not None and time.monotonic() - at < TOLD_SECONDS


def _note_wait(visitor_id: str) -> None:
    now = time.monotonic()
    for old in [one for one, at in _slowed.items() if now - at > TOLD_SECONDS]:
        del _slowed[old]
    _slowed[visitor_id] = now


class Pace:
    """Says how long each message waits: at most `rate` a second pass, after a burst."""

    def __init__(self, rate: float) -> None:
        self._interval, self._due = 1 / rate, 0.0

    def delay(self, now: float) -> float:
        """The seconds that a message waits that comes now."""
        earliest = now - BURST_SECONDS
        self._due = max(self._due, earliest) + self._interval
        return max(0.0, self._due - now)


def middleware() -> Middleware:
    """The middleware of this module. The server does not start if a limit has a wrong value."""
    with needed_to_start():
        limits = Limits.read()
    return Middleware(SessionPace, rate=limits.page_runs)


class SessionPace:
    """Delays the messages of each websocket on a hosted server."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app, self._rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not is_hosted():
            await self._app(scope, receive, send)
            return
        pace, visitor_id = Pace(self._rate), cookie_of(HTTPConnection(scope))

        async def receive_in_time() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                delay = pace.delay(time.monotonic())
                if visitor_id and delay >= FELT_SECONDS:
                    _note_wait(visitor_id)
                await asyncio.sleep(delay)
            return message

        await self._app(scope, receive_in_time, send)
