"""Whose turn it is in the queue, and when each item starts: pure functions.

Next comes the oldest waiting item of the visitor who has had the least: who has fewer runs under
way, then who has had fewer seconds of training in the last hour, then who has waited longer. What
a worker did when it died comes before all others: it had its turn. With one visitor this is first
in, first out.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scratchmlp.runs.permissions import LOCAL

WINDOW = 3600.0  # seconds: what a visitor had before counts no more
RECENT = 120.0  # seconds: by what visitors asked for since then, a forecast knows how busy they are


State = Literal["running", "paused", "ended"]


class Item(NamedTuple):
    """A run or a background task in the queue, or a press that a forecast expects."""

    kind: Literal["run", "task", "press"]
    id: str


@dataclass(frozen=True)
class Waiting:
    """An item that waits. `had_turn`: a worker took it already, and died."""

    item: Item
    owner: str
    created: float
    had_turn: bool = False


@dataclass(frozen=True)
class Served:
    """An item that a worker took: when, and its seconds of training if it does not train now."""

    owner: str
    started: float
    state: State
    seconds: float = 0.0


@dataclass(frozen=True)
class Share:
    """What a visitor has had of the workers."""

    running: int = 0
    paused: int = 0
    seconds: float = 0.0


NOTHING = Share()


class Start(NamedTuple):
    """When an item starts: how many start before it, and in how many seconds it does."""

    before: int
    seconds: float


def shares(served: Iterable[Served], now: float) -> dict[str, Share]:
    """What each visitor has now, and has had in the last hour."""
    found: dict[str, Share] = {}
    for one in served:
        had = found.get(one.owner, NOTHING)
        seconds = max(0.0, now - one.started) if one.state == "running" else one.seconds
        is_recent = one.state != "ended" or one.started > now - WINDOW
        found[one.owner] = Share(
            had.running + (one.state == "running"),
            had.paused + (one.state == "paused"),
            had.seconds + (seconds if is_recent else 0.0),
        )
    return found


def next_up(
    waiting: Iterable[Waiting], had: Mapping[str, Share], max_running: int
) -> Waiting | None:
    """Who is next. A visitor with `max_running` runs under way is passed over.

    Parameters
    ----------
    had : what each visitor has had, see `shares`.
    """
    may_start = (one for one in waiting if _may_start(one.owner, had, max_running))
    return min(may_start, key=lambda one: _precedence(one, had), default=None)


def _precedence(one: Waiting, had: Mapping[str, Share]) -> tuple:
    share = had.get(one.owner, NOTHING)
    return not one.had_turn, share.running, share.seconds, one.created, one.item


def _may_start(owner: str, had: Mapping[str, Share], max_running: int) -> bool:
    share = had.get(owner, NOTHING)
    return owner == LOCAL.id or share.running + share.paused < max_running


def in_order(
    waiting: Sequence[Waiting], served: Sequence[Served], max_running: int, now: float
) -> tuple[list[Item], list[Item]]:
    """What could start now, in order, if there were enough workers; and what could not yet."""
    left, taken = list(waiting), list(served)
    first: list[Item] = []
    while one := next_up(left, shares(taken, now), max_running):
        left.remove(one)
        taken.append(Served(one.owner, now, "running"))
        first.append(one.item)
    return first, [one.item for one in sorted(left, key=lambda one: (one.created, one.item))]


def expected_presses(
    waiting: Sequence[Waiting], served: Sequence[Served], now: float
) -> list[Waiting]:
    """What visitors will ask for, if each goes on as lately, and for as long again.

    Whoever had less passes whoever had more, so without these presses a wait seems too short.
    """
    lately = defaultdict[str, list[float]](list)
    times = [(one.owner, one.created) for one in waiting]
    times += [(one.owner, one.started) for one in served]
    for owner, when in times:
        if when > now - RECENT:
            lately[owner].append(when)
    if len(lately) < 2:  # nobody passes
        return []
    lasted = now - min(map(min, lately.values()))
    return [
        Waiting(Item("press", f"{owner} {n}"), owner, now + (n + 0.5) / len(own) * lasted)
        for owner, own in lately.items()
        for n in range(len(own))
    ]


def starts(
    waiting: Sequence[Waiting],
    served: Sequence[Served],
    lasts: Mapping[Item, float],
    ends: Sequence[tuple[float, int]],
    workers: int,
    max_running: int,
    now: float,
    presses: Sequence[Waiting] = (),
) -> dict[Item, Start]:
    """When each waiting item starts, if each lasts as long as is expected. Left out: never.

    Parameters
    ----------
    lasts : the seconds that each waiting item and each press will take.
    ends : of what workers do now: the time at which it ends, and its position in `served`.
    presses : what is expected to come later, see `expected_presses`.
    """
    lines = _lines([*waiting, *presses])
    left = {one.item for one in waiting}
    taken, found = list(served), dict[Item, Start]()
    busy, time = list(ends), now
    heapq.heapify(busy)
    while left:
        first = [line[-1] for line in lines.values() if line]
        one = None
        if len(busy) < workers:
            here = (one for one in first if one.created <= time or one.item in left)
            one = next_up(here, shares(taken, time), max_running)
        if one:
            lines[one.owner].pop()
            if one.item in left:
                left.remove(one.item)
                found[one.item] = Start(len(found), time - now)
            heapq.heappush(busy, (time + lasts[one.item], len(taken)))
            taken.append(Served(one.owner, time, "running"))
            continue
        comes = min((one.created for one in first if one.created > time), default=None)
        if busy and (comes is None or len(busy) >= workers or busy[0][0] <= comes):
            end, position = heapq.heappop(busy)
            time = max(end, time)
            ended = taken[position]
            taken[position] = Served(ended.owner, ended.started, "ended", time - ended.started)
        elif comes is not None:
            time = comes
        else:
            break
    return found


def _lines(items: Iterable[Waiting]) -> dict[str, list[Waiting]]:
    """The items of each owner. The next one is the last of its list; the others wait for it."""
    lines = defaultdict[str, list[Waiting]](list)
    latest_first = sorted(
        items, key=lambda one: (not one.had_turn, one.created, one.item), reverse=True
    )
    for one in latest_first:
        lines[one.owner].append(one)
    return lines
