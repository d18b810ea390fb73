"""A class of two visitors in the real app, on the digits."""

from pathlib import Path

from scratchmlp.bench import classroom
from scratchmlp.bench.lesson import ANSWER, CARD, CELL, CONTROL, FIRST_PAGE
from tests.coroutines import in_thread


def test_two_visitors_do_everything_and_meet_no_error(closed_world: Path) -> None:
    pace = classroom.Pace(arrival=0, thinking=0, idle=0.2, after=0)
    records = in_thread(lambda: [line.record for line in classroom.run(2, pace)])
    named = {record["what"]: record for record in records if "what" in record}
    assert named["errors"]["value"] == []
    assert named["runs lost"]["value"] == 0
    answered = {what: named[what]["n"] for what in (FIRST_PAGE, CONTROL, CARD, CELL, ANSWER)}
    assert answered == {FIRST_PAGE: 2, CONTROL: 2, CARD: 2, CELL: 2, ANSWER: 4}
    assert named[classroom.POLLING]["value"] == 0
    assert 100 < named["memory, peak"]["value"] < 10_000
