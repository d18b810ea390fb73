"""The more pages look at what changes, the less often each does; at a finished run none looks."""

import pytest

from scratchmlp.ui import live


@pytest.mark.parametrize(("pages", "seconds"), [(1, 1.0), (3, 1.0), (4, 2.0), (10, 4.0), (50, 4.0)])
def test_many_pages_look_less_often(pages: int, seconds: float) -> None:
    lookers = live.Lookers()
    looking = [lookers.note(str(session)) for session in range(pages)]
    assert looking == list(range(1, pages + 1))
    assert lookers.note("0") == pages
    assert live.pace(looking[-1]) == seconds


def test_a_page_that_is_gone_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    lookers = live.Lookers()
    lookers.note("gone")
    monkeypatch.setattr(live, "GONE_SECONDS", -1.0)
    lookers.note("here")
    monkeypatch.undo()
    assert lookers.note("here") == 1
