"""Whose turn it is: fair to all, first in first out for one, and as the estimate says."""

from itertools import pairwise

import hypothesis.strategies as st
from hypothesis import given, settings

from scratchmlp.runs import turns
from scratchmlp.runs.permissions import LOCAL
from scratchmlp.runs.turns import (
    Item,
    Served,
    Share,
    Start,
    Waiting,
    expected_presses,
    next_up,
    shares,
    starts,
)

NOW = 1e9
MANY = 1000  # more than anybody has under way

owners = st.sampled_from("abcd")
lengths = st.integers(1, 1200).map(lambda n: n / 4)  # times of which all sums are exact
queues = st.lists(st.tuples(owners, lengths), min_size=1, max_size=25)


def queue(names: str) -> list[Waiting]:
    """One item for each letter, the owner's name, the oldest first."""
    return [Waiting(Item("run", str(n)), owner, NOW - 100 + n) for n, owner in enumerate(names)]


def order(names: str, workers: int = 1, running: str = "", seconds: float = 10) -> str:
    """The owners in the order in which their items start."""
    waiting = queue(names)
    served = [Served(owner, NOW - 1, "running") for owner in running]
    ends = [(NOW + seconds, n) for n in range(len(running))]
    lasts = {one.item: seconds for one in waiting}
    found = starts(waiting, served, lasts, ends, workers, MANY, NOW)
    assert sorted(start.before for start in found.values()) == list(range(len(waiting)))
    return "".join(names[int(item.id)] for item in found)


def test_visitors_take_turns() -> None:
    assert order("aaabbc") == "abcaba"  # who has had less comes first, the older one if equal
    assert order("aab", running="a", workers=2) == "baa"
    assert order("aaaa") == "aaaa"


def test_a_paused_run_and_earlier_seconds_count() -> None:
    had = shares(
        [
            Served("a", NOW - 50, "ended", 5.0),
            Served("a", NOW - turns.WINDOW - 1, "ended", 70.0),
            Served("a", NOW - 20, "paused", 3.0),
            Served("b", NOW - 30, "running", 0.0),
        ],
        NOW,
    )
    assert had == {"a": Share(0, 1, 8.0), "b": Share(1, 0, 30.0)}


def test_what_a_dead_worker_did_keeps_its_turn() -> None:
    again = Waiting(Item("run", "x"), "a", NOW, had_turn=True)
    assert next_up([*queue("bc"), again], {"a": Share(1, 0, 99.0)}, MANY) == again


def test_whoever_has_enough_under_way_is_passed_over_but_not_the_owner_of_the_machine() -> None:
    had = {"a": Share(running=1, paused=1)}
    assert next_up(queue("a"), had, 2) is None
    assert next_up(queue("a"), had, 3) is not None
    mine = Waiting(Item("run", "x"), LOCAL.id, NOW)
    assert next_up([mine], {LOCAL.id: Share(running=9)}, 2) == mine
    assert turns.in_order(queue("aab"), [Served("a", NOW, "running")], 2, NOW) == (
        [Item("run", "2"), Item("run", "0")],
        [Item("run", "1")],
    )


@given(queues, st.integers(1, 4))
def test_one_owner_is_first_in_first_out(made: list[tuple[str, float]], workers: int) -> None:
    found = starts(
        waiting := queue("a" * len(made)),
        [],
        {one.item: seconds for one, (_, seconds) in zip(waiting, made, strict=True)},
        [],
        workers,
        MANY,
        NOW,
    )
    assert [item.id for item in found] == [one.item.id for one in waiting]
    assert all(one.seconds <= two.seconds for one, two in pairwise(found.values()))


@given(queues, st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=30)
def test_everything_starts_and_workers_never_rest_while_something_may_start(
    made: list[tuple[str, float]], workers: int, max_running: int
) -> None:
    waiting = queue("".join(owner for owner, _ in made))
    lasts = {one.item: seconds for one, (_, seconds) in zip(waiting, made, strict=True)}
    found = starts(waiting, [], lasts, [], workers, max_running, NOW)
    assert found.keys() == lasts.keys()
    begun = {item: start.seconds for item, start in found.items()}
    for when in begun.values():
        trains = [
            one for one in waiting if begun[one.item] <= when < begun[one.item] + lasts[one.item]
        ]
        assert len(trains) <= workers
        for owner in "abcd":
            assert sum(one.owner == owner for one in trains) <= max_running
        passed_over = {one.owner for one in waiting if begun[one.item] > when}
        for owner in passed_over:
            own = sum(one.owner == owner for one in trains)
            assert len(trains) == workers or own >= max_running


@given(st.integers(1, 40), st.integers(1, 4), st.lists(st.floats(1, 300), min_size=4, max_size=4))
def test_thirty_runs_of_one_delay_the_first_of_another_by_no_more_than_what_runs(
    n: int, workers: int, lasts: list[float]
) -> None:
    """`workers` runs of the first visitor are under way when the second one comes."""
    waiting = [*queue("a" * n), Waiting(Item("run", "first"), "b", NOW)]
    served = [Served("a", NOW - 5, "running") for _ in range(workers)]
    ends = [(NOW + seconds, k) for k, seconds in enumerate(lasts[:workers])]
    seconds = {one.item: 200.0 for one in waiting}
    found = starts(waiting, served, seconds, ends, workers, MANY, NOW)
    assert found[Item("run", "first")] == Start(0, max(0.0, min(ends)[0] - NOW))


@given(st.integers(1, 3), st.floats(1, 60), st.floats(10, 3000))
@settings(max_examples=30)
def test_a_stream_of_newcomers_does_not_starve_who_had_much(
    workers: int, seconds: float, had: float
) -> None:
    """Each newcomer's first run comes before another run of who had much, but only for an hour."""
    n = int((turns.WINDOW + 10 * seconds) * workers / seconds)
    served: list[Served] = [Served("a", NOW - 1, "ended", had)]
    mine = Waiting(Item("run", "mine"), "a", NOW)
    busy = [NOW] * workers
    for k in range(n):
        free = busy.index(min(busy))
        now = busy[free]
        fresh = Waiting(Item("run", str(k)), f"new {k}", now)
        recent = [one for one in served if one.owner == "a"]
        if next_up([mine, fresh], shares(recent, now), MANY) == mine:
            assert now <= NOW + turns.WINDOW + seconds
            return
        busy[free] = now + seconds
    raise AssertionError("it never started")


@given(queues)
@settings(max_examples=30)
def test_whoever_waits_all_the_time_has_about_as_much_as_the_others(
    made: list[tuple[str, float]],
) -> None:
    """At one worker, seconds differ by at most the longest run, as long as all wait."""
    kinds = [seconds for _, seconds in made]
    waiting = queue("abc" * 40)
    lasts = {one.item: kinds[n % len(kinds)] for n, one in enumerate(waiting)}
    found = starts(waiting, [], lasts, [], 1, MANY, NOW)
    sums = dict.fromkeys("abc", 0.0)
    left = dict.fromkeys("abc", 40)
    for item, start in found.items():
        owner = waiting[int(item.id)].owner
        if start.seconds > turns.WINDOW - 2 * max(kinds) or not all(left.values()):
            break
        sums[owner] += lasts[item]
        left[owner] -= 1
        assert max(sums.values()) - min(sums.values()) <= max(kinds) * 1.001


def test_each_visitor_is_expected_to_go_on_as_lately() -> None:
    """One who had pressed four times in 40 seconds will do so again, and one who was here once."""
    waiting = [Waiting(Item("run", str(n)), "a", NOW - 40 + 10 * n) for n in range(4)]
    presses = expected_presses(waiting, [Served("b", NOW - 20, "ended", 9.0)], NOW)
    times = {owner: [one.created - NOW for one in presses if one.owner == owner] for owner in "ab"}
    assert times == {"a": [5, 15, 25, 35], "b": [20]}
    assert len({one.item for one in presses}) == 5


def test_nobody_who_is_alone_or_was_here_long_ago_is_expected() -> None:
    assert expected_presses(queue("aaa"), [], NOW) == []
    long_ago = [Served("b", NOW - turns.RECENT - 1, "ended", 9.0)]
    assert expected_presses(queue("a"), long_ago, NOW) == []


def test_whoever_had_much_waits_for_those_who_will_come() -> None:
    mine = Waiting(Item("run", "mine"), "a", NOW)
    served = [Served("a", NOW - 60, "ended", 50.0), Served("b", NOW - 10, "running")]
    lasts, ends = {mine.item: 10.0}, [(NOW + 10, 1)]
    presses = [Waiting(Item("press", str(when)), "c", NOW + when) for when in (5, 15)]
    lasts |= {one.item: 10.0 for one in presses}
    assert starts([mine], served, lasts, ends, 1, MANY, NOW)[mine.item] == Start(0, 10.0)
    found = starts([mine], served, lasts, ends, 1, MANY, NOW, presses)
    assert found == {mine.item: Start(0, 30.0)}


@given(queues, st.integers(1, 4), st.lists(st.tuples(owners, lengths, lengths), max_size=9))
@settings(max_examples=50)
def test_all_that_waits_starts_whatever_is_expected(
    made: list[tuple[str, float]], workers: int, later: list[tuple[str, float, float]]
) -> None:
    waiting = queue("".join(owner for owner, _ in made))
    lasts = {one.item: seconds for one, (_, seconds) in zip(waiting, made, strict=True)}
    presses = [
        Waiting(Item("press", str(n)), owner, NOW + when)
        for n, (owner, when, _) in enumerate(later)
    ]
    lasts |= {one.item: seconds for one, (_, _, seconds) in zip(presses, later, strict=True)}
    found = starts(waiting, [], lasts, [], workers, 1, NOW, presses)
    assert found.keys() == {one.item for one in waiting}
    assert sorted(start.before for start in found.values()) == list(range(len(waiting)))
