"""Which checkpoints of a run stay in the store."""

import itertools

import pytest
import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs import database as db
from scratchmlp.runs import tables
from scratchmlp.runs.checkpoints import CHECKPOINT_EPOCHS
from scratchmlp.runs.store import Store, Update
from tests.runs.updates import CONFIG, checkpoint, epoch


def test_the_last_the_best_and_the_early_checkpoints_stay(store: Store) -> None:
    run = store.create(CONFIG)
    for n in range(1, 31):
        store.record(run, Update(epochs=[epoch(n)], checkpoints=[checkpoint(n, best=n == 17)]))
    store.record(run, Update(checkpoints=[checkpoint(30, extra=4)]))
    with db.read_transaction(store._engine) as connection:
        rows = connection.execute(
            sa.select(tables.checkpoints).order_by(tables.checkpoints.c.step)
        ).all()
    early = [n for n in CHECKPOINT_EPOCHS if n < 30]
    assert [row.step for row in rows] == sorted([*(10 * n for n in early), 170, 304])
    assert [row.step for row in rows if row.progress] == [304]
    assert store.network_bytes(run) == b"network 30+4"
    assert store.network_bytes(run, best=True) == b"network 17+0"
    assert store.resume_point(run) == (b"network 30+4", b"progress")


def test_a_run_without_a_checkpoint_is_one_sentence(store: Store) -> None:
    with pytest.raises(UserError, match="has no checkpoint yet"):
        store.network_bytes(store.create(CONFIG))


def test_the_gaps_between_checkpoint_epochs_never_shrink() -> None:
    gaps = [b - a for a, b in itertools.pairwise(CHECKPOINT_EPOCHS)]
    assert gaps == sorted(gaps)
