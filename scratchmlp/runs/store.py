"""Every run there is, and what is known of it: where pages, terminal and workers meet.

A run is queued, then running or paused, and ends finished, stopped, diverged or failed. What is
read is read incrementally: what is new since a step costs the same early and late in a run. To a
run one speaks only by `send`; whoever trains it reads its commands with `record`.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.background_tasks import BackgroundTasks
from scratchmlp.runs.catalogue import THERE, Catalogue
from scratchmlp.runs.checkpoints import Checkpoints, keep
from scratchmlp.runs.database import (
    checkpoints,
    commands,
    default_url,
    epochs,
    open_database,
    reading,
    runs,
    steps,
    writing,
)
from scratchmlp.runs.drawings import Drawings
from scratchmlp.runs.records import ENDED, LIVE, Checkpoint, Command, Run, Update, finite, new_run

__all__ = ["ENDED", "LIVE", "Checkpoint", "Command", "Run", "Store", "Update"]


class Store:
    """A runs database. Safe to share between threads; two processes each open their own.

    Raises
    ------
    UserError
        From every method, if the database cannot be used or there is no such run.
    """

    def __init__(self, url: str | sa.URL | None = None) -> None:
        self.url = url or default_url()
        self._engine = open_database(self.url)
        self.tasks = BackgroundTasks(self._engine)
        self.catalogue = Catalogue(self._engine)
        self._checkpoints = Checkpoints(self._engine)
        self.drawings = Drawings(self._engine)

    def close(self) -> None:
        self._engine.dispose()

    # --- runs -----------------------------------------------------------------------------------

    def create(self, config: TrainConfig, name: str = "", status: str = "queued") -> str:
        """Enter a new run and return its id."""
        with writing(self._engine) as connection:
            return _insert_run(connection, config, name, status)

    def add_network(
        self,
        network: Network,
        name: str,
        parent: str | None = None,
        test_loss: float | None = None,
        test_accuracy: float | None = None,
        train_seconds: float | None = None,
    ) -> str:
        """Enter a network that was made elsewhere as a finished run, and return the run's id.

        `parent` is the run it was taught from. It has a checkpoint, and no curves.
        """
        now = time.time()
        about = {
            "started": now,
            "ended": now,
            "best_epoch": network.epoch,
            "parent": parent,
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
            "train_seconds": train_seconds,
        }
        data = checkpoint_file.dumps(network)
        kept = {"step": network.step, "epoch": network.epoch, "network": data}
        with writing(self._engine) as connection:
            run_id = _insert_run(connection, network.config, name, "finished", **about)
            connection.execute(sa.insert(checkpoints).values(kept | {"run": run_id}))
        return run_id

    def create_first(self, config: TrainConfig, name: str = "") -> str | None:
        """Enter a run if there is none at all, once for everybody who asks at the same time."""
        with writing(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE runs IN EXCLUSIVE MODE"))
            if connection.execute(sa.select(runs.c.id).limit(1)).first():
                return None
            return _insert_run(connection, config, name, "queued")

    def run(self, run_id: str) -> Run:
        """The run of that id, or the newest for "latest"."""
        query = sa.select(runs)
        if run_id == "latest":
            query = query.where(THERE).order_by(runs.c.created.desc()).limit(1)
        else:
            query = query.where(runs.c.id == run_id)
        with reading(self._engine) as connection:
            row = connection.execute(query).first()
        if row is None and run_id == "latest":
            raise UserError("There is no run yet: train one first.")
        if row is None:
            raise UserError(f"There is no run {run_id[:40]}: the list of runs has them all.")
        if row.deleted:
            raise UserError(f"Run {run_id} was deleted: the Runs page brings it back for an hour.")
        return Run.of(row._asdict())

    def runs(self, limit: int | None = None) -> list[Run]:
        """All runs, the newest first."""
        query = sa.select(runs).where(THERE).order_by(runs.c.created.desc()).limit(limit)
        with reading(self._engine) as connection:
            return [Run.of(row._asdict()) for row in connection.execute(query)]

    def queued(self) -> list[str]:
        """The runs that wait for a worker, first come first."""
        query = sa.select(runs.c.id).where(THERE, runs.c.status == "queued")
        query = query.order_by(runs.c.created)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def claim(self, run_id: str) -> bool:
        """Take a queued run to train it. Only one ever succeeds."""
        now = time.time()
        started = {"status": "running", "started": now, "heartbeat": now, "error": None}
        return self._change_if(run_id, ("queued",), started, THERE)

    def cancel(self, run_id: str) -> bool:
        """Take a run that still waits out of the line."""
        return self._change_if(run_id, ("queued",), {"status": "stopped", "ended": time.time()})

    def requeue(self, run_id: str, status: str = "queued") -> None:
        """Put a run that ended early back in line, as it was at its last checkpoint.

        A learning rate that it was told and that the checkpoint does not know is told it again.
        With the status "running" it is claimed at once.
        """
        run = self.run(run_id)
        if not run.can_resume:
            killed = " If its process was killed, try again in some seconds." if run.is_live else ""
            raise UserError(f"Run {run.id} is {run.status}: there is nothing to resume.{killed}")
        last_step, last_epoch = self.last_checkpoint(run.id)
        now = time.time()
        back = {
            "status": status,
            "started": now if status in LIVE else None,
            "heartbeat": now,
            "ended": None,
            "error": None,
        }
        as_it_was = runs.c.id == run.id, runs.c.heartbeat == run.heartbeat
        late = (
            commands.c.run == run.id,
            sa.or_(commands.c.applied_step.is_(None), commands.c.applied_step > last_step),
        )
        with writing(self._engine) as connection:
            if not connection.execute(sa.update(runs).where(*as_it_was).values(back)).rowcount:
                raise UserError(f"Run {run.id} is already resumed elsewhere, or alive again.")
            for key, last in ((steps.c.step, last_step), (epochs.c.epoch, last_epoch)):
                connection.execute(
                    sa.delete(key.table).where(key.table.c.run == run.id, key > last)
                )
            connection.execute(sa.delete(commands).where(*late, commands.c.kind != "lr"))
            connection.execute(sa.update(commands).where(*late).values(applied_step=None))

    def end(
        self,
        run_id: str,
        status: str,
        error: str | None = None,
        claimed: float | None = None,
        **figures: float | None,
    ) -> None:
        """Close a run that is not closed yet; with `claimed`, only if it still has that claim."""
        values = finite({"status": status, "error": error, "ended": time.time(), **figures})
        conditions = [] if claimed is None else [runs.c.started == claimed]
        self._change_if(run_id, ("queued", *LIVE), values, *conditions)

    def _change_if(
        self,
        run_id: str,
        states: Sequence[str],
        values: dict[str, Any],
        *conditions: sa.ColumnElement[bool],
    ) -> bool:
        query = sa.update(runs).where(runs.c.id == run_id, runs.c.status.in_(states), *conditions)
        with writing(self._engine) as connection:
            return connection.execute(query.values(values)).rowcount == 1

    # --- what a run tells ------------------------------------------------------------------------

    def record(self, run_id: str, news: Update, claimed: float | None = None) -> list[Command]:
        """Write what happened, in one transaction, and read what is to be done.

        Returns the commands that are neither applied nor said to be applied in `news`.

        Parameters
        ----------
        claimed : when whoever writes claimed the run (`Run.started`).

        Raises
        ------
        UserError
            Somebody else has claimed the run since, or it is gone. Nothing is written.
        """
        if not news:
            return self.pending(run_id)
        with writing(self._engine) as connection:
            if claimed is not None:
                mine = sa.select(runs.c.id).where(runs.c.id == run_id, runs.c.started == claimed)
                if connection.execute(mine.with_for_update()).first() is None:
                    raise UserError(f"Run {run_id} has been resumed or deleted elsewhere.")
            for table, rows in ((steps, news.steps), (epochs, news.epochs)):
                if rows:
                    values = [{"run": run_id} | finite(row) for row in rows]
                    connection.execute(sa.insert(table), values)
            for kept in news.kept:
                keep(connection, run_id, kept)
            for command, step in news.applied:
                query = sa.update(commands).where(commands.c.id == command)
                connection.execute(query.values(applied_step=step))
            if news.changes:
                query = sa.update(runs).where(runs.c.id == run_id)
                connection.execute(query.values(news.changes))
            return _pending(connection, run_id)

    def steps_since(self, run_id: str, step: int = 0) -> list[sa.Row]:
        """Rows (step, loss, lr) after `step`."""
        query = sa.select(steps.c.step, steps.c.loss, steps.c.lr)
        query = query.where(steps.c.run == run_id, steps.c.step > step).order_by(steps.c.step)
        with reading(self._engine) as connection:
            return list(connection.execute(query))

    def steps_array(self, run_id: str, step: int = 0) -> NDArray[np.float64]:
        """Columns step, loss, lr of the steps after `step`, (n, 3): for many of them, and fast."""
        query = sa.select(steps.c.step, steps.c.loss, steps.c.lr)
        query = query.where(steps.c.run == run_id, steps.c.step > step).order_by(steps.c.step)
        with reading(self._engine) as connection:
            rows = connection.execute(query).cursor.fetchall()  # no object for each row
        return np.array(rows, dtype=float).reshape(-1, 3)

    def epochs_since(self, run_id: str, epoch: int = 0) -> list[sa.Row]:
        """Rows (epoch, step, train_loss, …, statistics) after `epoch`."""
        query = sa.select(*(c for c in epochs.c if c.name != "run"))
        query = query.where(epochs.c.run == run_id, epochs.c.epoch > epoch).order_by(epochs.c.epoch)
        with reading(self._engine) as connection:
            return list(connection.execute(query))

    # --- what one tells a run --------------------------------------------------------------------

    def send(self, run_id: str, kind: str, value: float | None = None) -> int:
        """Append a command for whoever trains the run, and return its number."""
        row = {"run": run_id, "kind": kind, "value": value, "created": time.time()}
        with writing(self._engine) as connection:
            inserted = connection.execute(sa.insert(commands).values(row))
            return int(inserted.inserted_primary_key[0])  # type: ignore[index]

    def pending(self, run_id: str) -> list[Command]:
        with reading(self._engine) as connection:
            return _pending(connection, run_id)

    def applied(self, run_id: str) -> list[sa.Row]:
        """Rows (kind, value, applied_step) of the commands that took effect."""
        query = sa.select(commands.c.kind, commands.c.value, commands.c.applied_step)
        query = query.where(commands.c.run == run_id, commands.c.applied_step.is_not(None))
        with reading(self._engine) as connection:
            return list(connection.execute(query.order_by(commands.c.id)))

    # --- checkpoints -----------------------------------------------------------------------------

    def checkpoint(self, run_id: str, best: bool = False) -> bytes:
        """The network of the last checkpoint, or of the best epoch."""
        return self._checkpoints.network(run_id, self.run(run_id).best_epoch if best else None)

    def network(self, run_id: str, best: bool = False) -> Network:
        """The network of the last checkpoint, or of the best epoch, ready to use."""
        return checkpoint_file.loads(self.checkpoint(run_id, best))

    def networks(self, run_id: str) -> list[sa.Row]:
        """Rows (step, epoch, network) of all checkpoints that are kept, the first first."""
        return self._checkpoints.networks(run_id)

    def last_checkpoint(self, run_id: str) -> tuple[int, int]:
        """Step and epoch of the last checkpoint; (0, 0) before the first."""
        return self._checkpoints.place(run_id)

    def resumable(self, run_id: str) -> tuple[bytes, bytes] | None:
        """The bytes of network and progress to go on from, or None to start at the beginning."""
        return self._checkpoints.resumable(run_id)


def _insert_run(
    connection: sa.Connection, config: TrainConfig, name: str, status: str, **columns: Any
) -> str:
    row = finite(new_run(config, name, status) | columns)
    connection.execute(sa.insert(runs).values(row))
    return str(row["id"])


def _pending(connection: sa.Connection, run_id: str) -> list[Command]:
    query = sa.select(commands.c.id, commands.c.kind, commands.c.value)
    query = query.where(commands.c.run == run_id, commands.c.applied_step.is_(None))
    return [Command(*row) for row in connection.execute(query.order_by(commands.c.id))]
