"""A press is answered at once while the database is locked, and takes effect when it is free."""

import sqlite3
import time
from pathlib import Path

import pytest

from scratchmlp.errors import UserError
from scratchmlp.runs import database, outbox
from scratchmlp.runs.outbox import Outbox
from scratchmlp.runs.store import Store
from tests.runs.updates import CONFIG


def test_commands_wait_for_a_locked_database_and_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "ANSWER_SECONDS", 0.05)
    store, box = Store(f"sqlite:///{tmp_path / 'runs.db'}"), Outbox()
    run = store.create(CONFIG)
    other = sqlite3.connect(tmp_path / "runs.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for kind in ("pause", "resume", "stop"):
        box.do(run, kind, lambda kind=kind: store.send(run, kind))
    assert box.waiting(run) == ["pause", "resume", "stop"]
    assert box.waiting("another run") == []
    assert store.pending_commands(run) == []
    other.execute("ROLLBACK")
    other.close()
    end = time.monotonic() + 60
    while box.waiting(run):
        assert time.monotonic() < end
    assert [command.kind for command in store.pending_commands(run)] == ["pause", "resume", "stop"]
    store.close()


def test_other_errors_are_raised_at_once() -> None:
    def fail() -> None:
        raise UserError("There is no run.")

    box = Outbox()
    with pytest.raises(UserError, match="There is no run"):
        box.do("a run", "Stop", fail)
    assert box.waiting("a run") == []
