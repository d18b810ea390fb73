"""The checkpoints of runs: which of them stay in the database, and how to read them."""

import sqlalchemy as sa

from scratchmlp.errors import UserError
from scratchmlp.runs.database import read_transaction
from scratchmlp.runs.records import Checkpoint, CheckpointPosition, ResumePoint
from scratchmlp.runs.tables import checkpoints, epochs, runs

CHECKPOINT_EPOCHS = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987)


class Checkpoints:
    """The checkpoints in a runs database."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def network_bytes(self, run_id: str, epoch: int | None = None) -> bytes:
        """The file of a run's last network, or of its network at the end of an epoch."""
        query = sa.select(checkpoints.c.network).where(checkpoints.c.run == run_id).limit(1)
        if epoch is None:
            query = query.order_by(checkpoints.c.step.desc())
        else:  # the first checkpoint of an epoch is from its end, any other from later
            query = query.where(checkpoints.c.epoch == epoch).order_by(checkpoints.c.step)
        with read_transaction(self._engine) as connection:
            data = connection.execute(query).scalar()
        if data is None:
            raise UserError(f"Run {run_id} has no checkpoint yet: wait for its first epoch.")
        return bytes(data)

    def all(self, run_id: str) -> list[sa.Row]:
        """Rows (step, epoch, network) of all checkpoints, the oldest first."""
        columns = checkpoints.c.step, checkpoints.c.epoch, checkpoints.c.network
        query = sa.select(*columns).where(checkpoints.c.run == run_id)
        with read_transaction(self._engine) as connection:
            return list(connection.execute(query.order_by(checkpoints.c.step)))

    def last_position(self, run_id: str) -> CheckpointPosition:
        with read_transaction(self._engine) as connection:
            return last_position(connection, run_id)

    def resume_point(self, run_id: str) -> ResumePoint | None:
        query = _last(run_id, checkpoints.c.network, checkpoints.c.progress)
        with read_transaction(self._engine) as connection:
            row = connection.execute(query).first()
        if not row or not row.progress:
            return None
        return ResumePoint(bytes(row.network), bytes(row.progress))


def last_position(connection: sa.Connection, run_id: str) -> CheckpointPosition:
    """Step and epoch of a run's last checkpoint; (0, 0) before the first."""
    row = connection.execute(_last(run_id, checkpoints.c.step, checkpoints.c.epoch)).first()
    return CheckpointPosition(row.step, row.epoch) if row else CheckpointPosition(0, 0)


def _last(run_id: str, *columns: sa.Column) -> sa.Select:
    query = sa.select(*columns).where(checkpoints.c.run == run_id)
    return query.order_by(checkpoints.c.step.desc()).limit(1)


def save_checkpoint(connection: sa.Connection, run_id: str, new: Checkpoint) -> None:
    """Insert a checkpoint, and delete those that are not needed any more.

    What stays is the new one, the best one, and those at the end of `CHECKPOINT_EPOCHS`.
    """
    of_run = checkpoints.c.run == run_id
    best_epoch = sa.select(runs.c.best_epoch).where(runs.c.id == run_id)
    if new.best:
        connection.execute(sa.update(runs).where(runs.c.id == run_id).values(best_epoch=new.epoch))
    connection.execute(sa.delete(checkpoints).where(of_run, checkpoints.c.step == new.step))
    at_end = checkpoints.c.step.in_(sa.select(epochs.c.step).where(epochs.c.run == run_id))
    is_needed = sa.and_(
        at_end,
        sa.or_(
            checkpoints.c.epoch.in_(CHECKPOINT_EPOCHS),
            checkpoints.c.epoch == connection.execute(best_epoch).scalar(),
        ),
    )
    connection.execute(sa.delete(checkpoints).where(of_run, sa.not_(is_needed)))
    connection.execute(sa.update(checkpoints).where(of_run).values(progress=None))
    progress = sa.update(runs).where(runs.c.id == run_id, runs.c.tries > 0)
    connection.execute(progress.values(tries=0))
    row = {
        "run": run_id,
        "step": new.step,
        "epoch": new.epoch,
        "network": new.network,
        "progress": new.training_state,
    }
    connection.execute(sa.insert(checkpoints).values(row))
