"""How often pages look at what changes: the more pages look, the less often each of them does.

So fifty visitors who wait for their runs take no more of the processor than a few.
"""

import threading
import time

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

PACES = ((3, 1.0), (8, 2.0), (10**9, 4.0))  # up to so many pages, seconds between two looks
GONE_SECONDS = 10.0  # after which a page that has not looked does not count any more


class Lookers:
    """The sessions that have looked lately."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, session_id: str) -> int:
        """Note that a session looks now, and return how many do."""
        now = time.monotonic()
        with self._lock:
            self._seen[session_id] = now
            self._seen = {s: at for s, at in self._seen.items() if now - at <= GONE_SECONDS}
            return len(self._seen)


@st.cache_resource(show_spinner=False)
def _lookers() -> Lookers:
    return Lookers()


def seconds() -> float:
    """Note that this page looks, and return the seconds until it should look again."""
    context = get_script_run_ctx()
    return pace(_lookers().note(context.session_id if context else ""))


def pace(pages: int) -> float:
    """The seconds between two looks of each of so many pages."""
    return next(seconds for most, seconds in PACES if pages <= most)
