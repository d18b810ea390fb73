"""Whose turn it is in the queue, and when each item starts: pure functions.

Next comes the oldest waiting item of the visitor who has had the least: who has fewer runs under
way, then who has had fewer seconds of training in the last hour, then who has waited longer. What
a worker did when it died comes before all others: it had its turn. With one visitor this is first
in, first out.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from scratchmlp.runs.permissions import LOCAL

WINDOW = 3600.0  # seconds: what a visitor had before counts no more


State = Literal["running", "paused", "ended"]


class Item(NamedTuple):
    """A run or a background task in the queue."""

    kind: Literal["run", "task"]
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


def starts(
    waiting: Sequence[Waiting],
    served: Sequence[Served],
    lasts: Mapping[Item, float],
    ends: Sequence[tuple[float, int]],
    workers: int,
    max_running: int,
    now: float,
) -> dict[Item, Start]:
    """When each waiting item starts, if each lasts as long as is expected. Left out: never.

    Parameters
    ----------
    lasts : the seconds that each waiting item will take.
    ends : of what workers do now: the time at which it ends, and its position in `served`.
    """
    left, taken, found = list(waiting), list(served), dict[Item, Start]()
    busy, time = list(ends), now
    heapq.heapify(busy)
    while left:
        one = None
        if len(busy) < workers:
            one = next_up(left, shares(taken, time), max_running)
        if one:
            left.remove(one)
            found[one.item] = Start(len(found), time - now)
            heapq.heappush(busy, (time + lasts[one.item], len(taken)))
            taken.append(Served(one.owner, time, "running"))
        elif busy:
            time, position = heapq.heappop(busy)
            time = max(time, now)
            ended = taken[position]
            taken[position] = Served(ended.owner, ended.started, "ended", time - ended.started)
        else:
            break
    return found
