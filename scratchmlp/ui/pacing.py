"""Slows down a session that asks for too many page runs, so that others notice nothing.

A browser asks for a page run by a message over its websocket. The messages of a session that sends
more than a limit wait here: none is lost, and nothing is computed meanwhile.
"""

import asyncio
import sys
import time

from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from scratchmlp.errors import UserError
from scratchmlp.runs.limits import Limits
from scratchmlp.ui.server import is_hosted

BURST_SECONDS = 4.0  # so many seconds' worth of page runs may come at once


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
    try:
        return Middleware(SessionPace, rate=Limits.read().page_runs)
    except UserError as error:
        sys.exit(str(error))


class SessionPace:
    """Delays the messages of each websocket on a hosted server."""

    def __init__(self, app: ASGIApp, rate: float) -> None:
        self._app, self._rate = app, rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket" or not is_hosted():
            await self._app(scope, receive, send)
            return
        pace = Pace(self._rate)

        async def receive_in_time() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                await asyncio.sleep(pace.delay(time.monotonic()))
            return message

        await self._app(scope, receive_in_time, send)
