"""Measures an app that a class shares: answers, errors, memory, and what it costs when idle.

The visitors speak Streamlit's protocol, so 50 of them fit beside the server. They come over a
minute. Each changes a control, trains once, looks at errors, and draws.
"""

import asyncio
import contextlib
import os
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from scratchmlp import paths
from scratchmlp.bench import Line
from scratchmlp.bench.lesson import ANSWER, CARD, CELL, CONTROL, FIRST_PAGE, OTHER_PAGE, Lesson
from scratchmlp.bench.server import App, link_cache
from scratchmlp.bench.usage import usage
from scratchmlp.bench.visitor import Visitor
from scratchmlp.runs.store import Store

GOALS = {
    FIRST_PAGE: 3.0,
    CONTROL: 0.7,
    CARD: 1.0,
    OTHER_PAGE: None,
    CELL: 0.7,
    ANSWER: None,
}
POLLING = "parts that a finished run's page repeats"
SAMPLE_SECONDS = 5.0  # between two looks at the memory
LONG_RUN = "epochs=1000&seed=1"  # longer than any measurement
WATCHERS = 10


class Pace(NamedTuple):
    """Seconds: in which visitors come, that they think between two presses, of measuring an app
    that nobody touches, and from their leaving until the memory is measured for the last time.
    """

    arrival: float = 60.0
    thinking: float = 1.5
    idle: float = 10.0
    after: float = 180.0


def run(visitors: int, pace: Pace) -> Iterator[Line]:
    """Measure a class of so many visitors."""
    load = os.getloadavg()[0]
    text = f"{visitors} visitors in {pace.arrival:.0f} s, load average before {load:.1f}"
    yield Line({"bench": "class", "visitors": visitors, "load": load} | pace._asdict(), text)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        link_cache(paths.cache(), home)
        app = App(home, SCRATCHMLP_HOSTED="1")
        store = Store(f"sqlite:///{home / 'runs.db'}")
        first, lesson = Visitor(app.url), Lesson(app.url, pace.thinking)
        try:
            with asyncio.Runner() as runner:
                yield from runner.run(_begin(app, store, first, pace))
                yield from runner.run(_teach(app, store, lesson, visitors, pace))
                yield from runner.run(_idle(app, "all connected", pace))
                yield from runner.run(_watching(app, pace))
                yield from runner.run(_leave(app, [first, *lesson.visitors], pace))
        finally:
            app.close()
            store.close()


async def _begin(app: App, store: Store, first: Visitor, pace: Pace) -> list[Line]:
    seconds = await first.open()
    while not any(run.ended for run in store.runs()):  # it shows the program's network until then
        await asyncio.sleep(0.1)
    await first.until(lambda: first.card.status == "finished" and not first.asks_by_itself)
    return [
        _value("the first visitor of a new server", seconds, "s"),
        *await _idle(app, "one visitor of a finished run", pace),
        _value(POLLING, first.asks_by_itself, ""),
    ]


async def _teach(app: App, store: Store, lesson: Lesson, visitors: int, pace: Pace) -> list[Line]:
    memory: list[float] = []
    async with _sampled(app, memory):
        delays = np.linspace(0, pace.arrival, visitors, endpoint=False)
        began = time.perf_counter()
        await asyncio.gather(*(lesson.attend(n, delay) for n, delay in enumerate(delays)))
        took = time.perf_counter() - began
    heading = Line({"bench": "class"}, f"{'seconds':44} {'median':>8} {'p95':>8} {'goal':>8}")
    return [
        heading,
        *(_times(what, lesson.seconds[what], goal) for what, goal in GOALS.items()),
        _value("until all had done everything", took, "s"),
        *_failures(lesson, store, visitors),
        _value("memory, peak", max(memory), "MB"),
    ]


async def _leave(app: App, visitors: list[Visitor], pace: Pace) -> list[Line]:
    for visitor in visitors:
        await visitor.leave()
    await asyncio.sleep(pace.after)
    what = f"memory, {pace.after:.0f} s after all left"
    return [_value(what, usage(app.process.pid).mb, "MB")]


def _failures(lesson: Lesson, store: Store, visitors: int) -> list[Line]:
    lost = [run for run in lesson.runs if store.run(run).status != "finished"]
    missing = visitors - len(set(lesson.runs))
    text = f"{'errors':44} {len(lesson.errors):8}" + "".join(f"\n  {e}" for e in lesson.errors[:9])
    return [
        Line({"bench": "class", "what": "errors", "value": lesson.errors}, text),
        _value("runs lost", len(lost) + missing, ""),
    ]


async def _idle(app: App, who: str, pace: Pace) -> list[Line]:
    await asyncio.sleep(pace.idle / 2)  # it comes to rest
    share = await _share(app, "seconds", pace)
    mb = usage(app.process.pid).mb
    return [
        _value(f"idle, {who}", 100 * share, "% of a core"),
        _value(f"memory, {who}", mb, "MB"),
    ]


async def _share(app: App, field: str, pace: Pace) -> float:
    """The share of a core that the app takes, or the process of the pages alone."""
    before, began = usage(app.process.pid), time.monotonic()
    await asyncio.sleep(pace.idle)
    after, seconds = usage(app.process.pid), time.monotonic() - began
    return float(getattr(after, field) - getattr(before, field)) / seconds


async def _watching(app: App, pace: Pace) -> list[Line]:
    """What the pages take while one visitor, and then ten, watch the same run."""
    starter = Visitor(app.url)
    await starter.open(LONG_RUN)
    await starter.press_train()
    await starter.until(lambda: starter.card.status == "running")
    lines, watchers = [], [starter]
    for number in (1, WATCHERS):
        while len(watchers) < number:
            watcher = Visitor(app.url)
            await watcher.open(f"run={starter.run}")
            watchers.append(watcher)
        await asyncio.sleep(pace.idle / 2)
        share = await _share(app, "page_seconds", pace)
        lines.append(_value(f"the pages, {number} watch a run", 100 * share, "% of a core"))
    await starter.use("stop", trigger_value=True)
    for watcher in watchers:
        await watcher.leave()
    return lines


@asynccontextmanager
async def _sampled(app: App, memory: list[float]) -> AsyncIterator[None]:
    async def sample() -> None:
        while True:
            memory.append(usage(app.process.pid).mb)
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(sample())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _times(what: str, seconds: list[float], goal: float | None) -> Line:
    if not seconds:
        return Line({"bench": "class", "what": what, "n": 0}, f"{what:44} nobody came so far")
    median, p95 = float(np.median(seconds)), float(np.percentile(seconds, 95))
    record = {"bench": "class", "what": what, "n": len(seconds), "median": median, "p95": p95}
    text = f"{what:44} {median:8.2f} {p95:8.2f} " + (f"{goal:8.2f}" if goal else "")
    return Line(record | {"goal": goal}, text)


def _value(what: str, value: float, unit: str) -> Line:
    record = {"bench": "class", "what": what, "value": value, "unit": unit}
    return Line(record, f"{what:44} {value:8.1f} {unit}")
