"""The checkpoints of runs: which are kept, and how one is taken off the shelf again."""

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import checkpoints, epochs, reading, runs
from scratchmlp.runs.records import Checkpoint

KEPT_EPOCHS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)


class Checkpoints:
    """The checkpoints in a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def network(self, run_id: str, epoch: int | None = None) -> bytes:
        """The bytes of a run's last network, or of the one at the end of that epoch."""
        query = sa.select(checkpoints.c.network).where(checkpoints.c.run == run_id).limit(1)
        if epoch is None:
            query = query.order_by(checkpoints.c.step.desc())
        else:  # of one epoch's checkpoints the first is from its end, any other from later
            query = query.where(checkpoints.c.epoch == epoch).order_by(checkpoints.c.step)
        with reading(self._engine) as connection:
            data = connection.execute(query).scalar()
        if data is None:
            raise UserError(f"Run {run_id} has no checkpoint yet: wait for its first epoch.")
        return bytes(data)

    def networks(self, run_id: str) -> list[sa.Row]:
        columns = checkpoints.c.step, checkpoints.c.epoch, checkpoints.c.network
        query = sa.select(*columns).where(checkpoints.c.run == run_id)
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(checkpoints.c.step)))

    def place(self, run_id: str) -> tuple[int, int]:
        row = self._last(run_id, checkpoints.c.step, checkpoints.c.epoch)
        return (row.step, row.epoch) if row else (0, 0)

    def resumable(self, run_id: str) -> tuple[bytes, bytes] | None:
        row = self._last(run_id, checkpoints.c.network, checkpoints.c.progress)
        return (bytes(row.network), bytes(row.progress)) if row and row.progress else None

    def _last(self, run_id: str, *columns: sa.Column) -> sa.Row | None:
        query = sa.select(*columns).where(checkpoints.c.run == run_id)
        with reading(self._engine) as connection:
            return connection.execute(query.order_by(checkpoints.c.step.desc()).limit(1)).first()


def keep(connection: sa.Connection, run_id: str, kept: Checkpoint) -> None:
    """Enter a checkpoint; drop what is now neither the last, nor the best, nor a kept epoch's."""
    of_run = checkpoints.c.run == run_id
    best_epoch = sa.select(runs.c.best_epoch).where(runs.c.id == run_id)
    if kept.best:
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(best_epoch=kept.epoch))
    connection.execute(sa.delete(checkpoints).where(of_run, checkpoints.c.step == kept.step))
    at_end = checkpoints.c.step.in_(sa.select(epochs.c.step).where(epochs.c.run == run_id))
    worth_keeping = sa.and_(
        at_end,
        sa.or_(
            checkpoints.c.epoch.in_(KEPT_EPOCHS),
            checkpoints.c.epoch == connection.execute(best_epoch).scalar(),
        ),
    )
    connection.execute(sa.delete(checkpoints).where(of_run, sa.not_(worth_keeping)))
    connection.execute(sa.update(checkpoints).where(of_run).values(progress=None))
    row = {
        "run": run_id,
        "step": kept.step,
        "epoch": kept.epoch,
        "network": kept.network,
        "progress": kept.progress,
    }
    connection.execute(sa.insert(checkpoints).values(row))
