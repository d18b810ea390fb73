"""A session that floods the server waits; one that is used by a person does not."""

import hypothesis.strategies as st
import pytest
import streamlit
from hypothesis import given
from starlette.types import Message, Receive, Scope, Send

from scratchmlp.runs.limits import Limits
from scratchmlp.ui import pacing
from scratchmlp.ui.pacing import BURST_SECONDS, Pace, SessionPace
from scratchmlp.ui.server import COOKIE
from tests.coroutines import finish


def passed(times: list[float], rate: float) -> list[float]:
    """When the messages pass that come at these times, each after the one before."""
    pace, now, found = Pace(rate), 0.0, list[float]()
    for time in times:
        now = max(now, time)
        now += pace.delay(now)
        found.append(now)
    return found


def test_a_flood_of_a_hundred_a_second_passes_at_the_rate() -> None:
    begin = 1000.0
    found = passed([begin + n / 100 for n in range(1000)], rate=10)
    assert sum(time < begin + 10 for time in found) <= 10 * (10 + BURST_SECONDS)
    assert found[-1] - begin == pytest.approx(1000 / 10 - BURST_SECONDS, abs=0.2)


@given(st.lists(st.floats(0.11, 5.0), max_size=40))
def test_whoever_keeps_the_rate_never_waits(gaps: list[float]) -> None:
    times = [1000.0]
    for gap in gaps:
        times.append(times[-1] + gap)
    assert passed(times, rate=10) == times


def slept(scope: Scope, monkeypatch: pytest.MonkeyPatch, messages: int) -> float:
    """The seconds that the messages of a session wait in all."""
    total = [0.0]

    async def sleep(seconds: float) -> None:
        total[0] += seconds

    monkeypatch.setattr(pacing.asyncio, "sleep", sleep)
    received: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        received.extend([await receive() for _ in range(messages)])

    async def receive() -> Message:
        return {"type": "websocket.receive", "bytes": b"rerun"}

    async def send(message: Message) -> None: ...

    finish(SessionPace(app, Limits().page_runs)({"headers": []} | scope, receive, send))
    assert len(received) == messages
    return total[0]


@pytest.mark.parametrize(
    ("hosted", "kind", "waits"),
    [("1", "websocket", True), ("0", "websocket", False), ("1", "http", False)],
)
def test_only_websockets_of_a_hosted_server_are_paced(
    monkeypatch: pytest.MonkeyPatch, hosted: str, kind: str, waits: bool
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", hosted)
    n = int(Limits().page_runs * BURST_SECONDS) + 50
    assert (slept({"type": kind}, monkeypatch, n) > 0) == waits
    assert slept({"type": kind}, monkeypatch, 20) == 0.0


def test_each_session_has_a_pace_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    assert [slept({"type": "websocket"}, monkeypatch, 39) for _ in range(2)] == [0.0, 0.0]


@pytest.mark.parametrize(("messages", "told"), [(20, False), (100, True)])
def test_who_waits_for_long_is_told(
    monkeypatch: pytest.MonkeyPatch, messages: int, told: bool
) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOSTED", "1")
    monkeypatch.setattr(pacing, "_slowed", {})
    cookies = {COOKIE: "a" * 32}
    header = (b"cookie", f"{COOKIE}={cookies[COOKIE]}".encode())
    slept({"type": "websocket", "headers": [header]}, monkeypatch, messages)
    monkeypatch.setattr(type(streamlit.context), "cookies", cookies)
    assert pacing.is_slowed() == told
    monkeypatch.setattr(type(streamlit.context), "cookies", {COOKIE: "b" * 32})
    assert not pacing.is_slowed()


def test_a_wrong_limit_keeps_the_server_from_starting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_MAX_PAGE_RUNS", "0")
    with pytest.raises(SystemExit, match="SCRATCHMLP_MAX_PAGE_RUNS is 0: it must be"):
        pacing.middleware()
