"""All runs and what is known about them: the place where pages, terminal and workers meet.

A run is queued, then running or paused, and ends as finished, stopped, diverged or failed. Steps
and epochs are read from a given number on, so that a read costs the same early and late in a run.
The only way to influence a run is `send`; the process that trains it receives the commands from
`record`.
"""

import copy
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from scratchmlp.errors import UserError
from scratchmlp.net import shipped
from scratchmlp.net.config import TrainConfig, count_weights
from scratchmlp.runs import built_in, damage
from scratchmlp.runs.background_tasks import BackgroundTasks
from scratchmlp.runs.checkpoints import Checkpoints, save_checkpoint
from scratchmlp.runs.class_settings import ClassSettings, demand_open_queue
from scratchmlp.runs.database import (
    default_url,
    describe_damage,
    insert_new,
    open_database,
    read_transaction,
    write_transaction,
)
from scratchmlp.runs.drawings import Drawings
from scratchmlp.runs.durations import CLASSES
from scratchmlp.runs.limits import Limits
from scratchmlp.runs.permissions import (
    LOCAL,
    Verb,
    Visitor,
    demand,
    demand_dataset,
    demand_trust,
    listed,
    may_use,
)
from scratchmlp.runs.quotas import Quotas
from scratchmlp.runs.records import (
    ENDED,
    LIVE,
    Checkpoint,
    CheckpointPosition,
    Command,
    CommandKind,
    MissingRunError,
    ResumePoint,
    Run,
    Status,
    Update,
    clean,
    nan_to_none,
    new_row,
)
from scratchmlp.runs.run_list import RunList, read_runs, remove_expired
from scratchmlp.runs.tables import NOT_DELETED, checkpoints, commands, epochs, runs, steps
from scratchmlp.runs.visitors import Visitors
from scratchmlp.runs.work_queue import Item, WorkQueue, claim, rewind

if TYPE_CHECKING:  # listing runs must not wait for PyTorch
    from scratchmlp.net.network import Network

__all__ = ["ENDED", "LIVE", "Checkpoint", "Command", "CommandKind", "Run", "Store", "Update"]


class Store:
    """A runs database. Threads can share a store; each process opens its own.

    A store acts for a visitor: the owner of the machine, unless `seen_by` names another. What it
    lists and what it may write depends on that visitor.

    Raises
    ------
    UserError
        From every method, if the database cannot be used or the run does not exist.
    """

    def __init__(self, url: str | sa.URL | None = None) -> None:
        self.url = url or default_url()
        self._engine = open_database(self.url)
        self.work = WorkQueue(self._engine)
        self.visitors = Visitors(self._engine)
        self._checkpoints = Checkpoints(self._engine)
        self.limits = Limits.read()
        self._act_for(LOCAL)

    def _act_for(self, visitor: Visitor) -> None:
        self.visitor = visitor
        self._quotas = Quotas(visitor, self.limits)
        self.tasks = BackgroundTasks(self._engine, self._quotas)
        self.run_list = RunList(self._engine, self._quotas)
        self.drawings = Drawings(self._engine, self._quotas)
        self.class_settings = ClassSettings(self._engine, visitor)

    def seen_by(self, visitor: Visitor) -> "Store":
        """The same database, for a visitor."""
        seen = copy.copy(self)
        seen._act_for(visitor)
        return seen

    @property
    def url_text(self) -> str:
        """The URL as text, with its password, for another process."""
        return self._engine.url.render_as_string(hide_password=False)

    def close(self) -> None:
        self._engine.dispose()

    @property
    def max_seconds(self) -> float | None:
        """The most seconds that a run of the visitor may train; None for any number."""
        return self._quotas.max_seconds

    @property
    def damage(self) -> str | None:
        """A sentence about the damaged rows that have been left out so far, if there are any."""
        return describe_damage(self._engine)

    # --- runs -----------------------------------------------------------------------------------

    def create(self, config: TrainConfig, name: str = "", status: Status = "queued") -> str:
        """Insert a new run and return its id.

        A visitor who keeps too many runs loses the oldest unnamed one for it.

        Raises
        ------
        UserError
            The queue is closed, the visitor has reached a limit, or may not use the dataset.
        """
        if status != "queued":
            demand_trust(self.visitor, "claim a run")
        self._quotas.check_size(count_weights(config.hidden, CLASSES))
        with write_transaction(self._engine) as connection:
            demand_open_queue(connection, self.visitor)
            demand_dataset(connection, self.visitor, config.dataset)
            owner, most = self.visitor.id, self.max_seconds
            run_id = _insert_run(connection, config, name, status, owner, max_seconds=most)
            self._quotas.check_queue(connection)
            self._make_room(connection, run_id)
        return run_id

    def _make_room(self, connection: sa.Connection, run_id: str) -> None:
        if not self.visitor.is_trusted:
            remove_expired(connection)
        self._quotas.make_room(connection, [run_id])

    def add_network(
        self,
        network: "Network",
        name: str,
        parent: str | None = None,
        test_loss: float | None = None,
        test_accuracy: float | None = None,
        train_seconds: float | None = None,
    ) -> str:
        """Insert a trained network as a finished run with one checkpoint; return the run's id.

        Parameters
        ----------
        parent : the id of the run that the network was taught from.
        """
        from scratchmlp.runs import checkpoint_file

        now = time.time()
        columns = {
            "started": now,
            "ended": now,
            "best_epoch": network.epoch,
            "parent": parent,
            "test_loss": test_loss,
            "test_accuracy": test_accuracy,
            "train_seconds": train_seconds,
        }
        self._quotas.check_size(sum(weights.numel() for weights, _ in network.params))
        data = checkpoint_file.dumps(network)
        checkpoint = {"step": network.step, "epoch": network.epoch, "network": data}
        with write_transaction(self._engine) as connection:
            run_id = _insert_run(
                connection, network.config, name, "finished", self.visitor.id, **columns
            )
            connection.execute(sa.insert(checkpoints).values(checkpoint | {"run": run_id}))
            self._make_room(connection, run_id)
        return run_id

    def create_first(self, config: TrainConfig, for_all: bool = False) -> str | None:
        """Insert a run if the database has none. Several calls at once insert only one.

        Parameters
        ----------
        for_all : the visitors of a hosted server see it: insert it if they have none to see.
        """
        demand_trust(self.visitor, "create the first run")
        seen = listed(Visitor("")) if for_all else sa.true()
        with write_transaction(self._engine) as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("LOCK TABLE runs IN EXCLUSIVE MODE"))
            if connection.execute(sa.select(runs.c.id).where(seen).limit(1)).first():
                return None
            return _insert_run(connection, config, "", "queued", self.visitor.id, shared=for_all)

    def run(self, run_id: str) -> Run:
        """The run with that id, or the newest trained one for "latest".

        Raises
        ------
        MissingRunError
            There is none, or it was deleted.
        """
        if run_id == built_in.HANDS:
            return built_in.run()
        if run_id == "latest":
            found = self.runs(1) or self.runs()  # the newest may be damaged
        else:
            with read_transaction(self._engine) as connection:
                query = sa.select(runs).where(runs.c.id == clean(run_id))
                found = read_runs(connection, query)
        if not found and run_id == "latest":
            raise MissingRunError("There is no run yet: train one first.")
        if not found:
            raise MissingRunError(f"There is no run {run_id[:40]}: the list of runs has them all.")
        if found[0].deleted:
            raise MissingRunError(f"Run {run_id} was deleted{self._way_back(found[0])}.")
        return found[0]

    def _way_back(self, run: Run) -> str:
        """How to undo the deletion, for those who may."""
        if run.owner != self.visitor.id and not self.visitor.is_trusted:
            return ""
        return ": you can restore it on the Runs page for an hour"

    def runs(self, limit: int | None = None) -> list[Run]:
        """All trained runs in the visitor's lists, the newest first: `built_in` is not one."""
        query = sa.select(runs).where(*self._listed()).order_by(runs.c.created.desc()).limit(limit)
        with read_transaction(self._engine) as connection:
            return read_runs(connection, query)

    def first(self) -> Run | None:
        """The run to show first: the newest pinned one, or else of the visitor's own, or of all."""
        is_own = runs.c.owner == self.visitor.id
        order = sa.case((runs.c.pinned.is_not(None), 0), (is_own, 1), else_=2)
        query = sa.select(runs).where(*self._listed()).order_by(order, runs.c.created.desc())
        with read_transaction(self._engine) as connection:
            found = read_runs(connection, query.limit(1)) or read_runs(connection, query)
        return found[0] if found else None

    def _listed(self) -> tuple[sa.ColumnElement[bool], ...]:
        return NOT_DELETED, listed(self.visitor)

    def queue(self) -> list[str]:
        """The ids of the runs in the visitor's lists that wait for a worker, the next one first."""
        with read_transaction(self._engine) as connection:
            query = sa.select(runs.c.id).where(runs.c.status == "queued", *self._listed())
            seen = set(connection.execute(query).scalars())
        return [item.id for item in self.work.waiting() if item.id in seen]

    def claim(self, run_id: str) -> bool:
        """Take a certain run out of the queue to train it. Only one process succeeds."""
        demand_trust(self.visitor, "claim a run")
        with write_transaction(self._engine) as connection:
            return claim(connection, Item("run", run_id), time.time())

    def cancel(self, run_id: str) -> bool:
        """Take a queued run out of the queue and end it as stopped."""
        ended = {"status": "stopped", "ended": time.time()}
        return self._change_if(run_id, ("queued",), ended, verb="stop")

    def requeue(self, run_id: str, status: Status = "queued") -> None:
        """Put a run that ended early back into the queue, as it was at its last checkpoint.

        With the status "running" it is claimed at once, and belongs to the calling process.
        """
        if status != "queued":
            demand_trust(self.visitor, "claim a run")
        self.check("steer", run_id)
        run = self.run(run_id)
        if not run.can_resume and not (run.status == "paused" and run.is_silent):
            killed = " If its process was killed, try again in some seconds." if run.is_live else ""
            raise UserError(f"Run {run.id} is {run.status}: there is nothing to resume.{killed}")
        now = time.time()
        restarted = {
            "status": status,
            "started": now if status in LIVE else None,
            "heartbeat": now,
            "ended": None,
            "error": None,
            "tries": None if status in LIVE else 0,
            "worker": None,
        }
        unchanged = runs.c.id == run.id, runs.c.heartbeat == run.heartbeat
        pending = commands.c.run == run.id, commands.c.applied_step.is_(None)
        with write_transaction(self._engine) as connection:
            demand_open_queue(connection, self.visitor)
            if not connection.execute(sa.update(runs).where(*unchanged).values(restarted)).rowcount:
                raise UserError(f"Run {run.id} has been resumed elsewhere or is alive again.")
            rewind(connection, run.id)
            connection.execute(sa.delete(commands).where(*pending, commands.c.kind != "lr"))
            self._quotas.check_queue(connection)

    def end_run(
        self,
        run_id: str,
        status: Status,
        error: str | None = None,
        claimed_at: float | None = None,
        **figures: float | None,
    ) -> None:
        """End a run that has not ended yet.

        Parameters
        ----------
        claimed_at : end the run only if it was claimed at this time (`Run.started`).
        figures : columns of the run: test_loss, test_accuracy, train_seconds.
        """
        demand_trust(self.visitor, "end a run")
        values = nan_to_none({"status": status, "error": error, "ended": time.time(), **figures})
        conditions = [] if claimed_at is None else [runs.c.started == claimed_at]
        self._change_if(run_id, ("queued", *LIVE), values, *conditions)

    def check(self, verb: Verb, run_id: str) -> None:
        """Refuse what the visitor may not do to a run, with a `UserError`."""
        with read_transaction(self._engine) as connection:
            demand(connection, self.visitor, verb, [run_id])

    def may_use(self, dataset: str) -> bool:
        """Whether the visitor may read a dataset, which may be a folder of this machine."""
        with read_transaction(self._engine) as connection:
            return may_use(connection, self.visitor, dataset)

    def _change_if(
        self,
        run_id: str,
        statuses: Sequence[Status],
        values: dict[str, Any],
        *conditions: sa.ColumnElement[bool],
        verb: Verb = "look",
    ) -> bool:
        query = sa.update(runs).where(runs.c.id == run_id, runs.c.status.in_(statuses), *conditions)
        with write_transaction(self._engine) as connection:
            demand(connection, self.visitor, verb, [run_id])
            return connection.execute(query.values(values)).rowcount == 1

    # --- updates of a run ------------------------------------------------------------------------

    def record(self, run_id: str, update: Update, claimed_at: float | None = None) -> list[Command]:
        """Write an update in one transaction, and return the commands that are still pending.

        Parameters
        ----------
        claimed_at : when the calling process claimed the run (`Run.started`).

        Raises
        ------
        UserError
            Another process has claimed the run since, or the run does not exist any more. Then
            nothing is written.
        """
        demand_trust(self.visitor, "write the history of a run")
        if not update:
            return self.pending_commands(run_id)
        with write_transaction(self._engine) as connection:
            if claimed_at is not None:
                own = sa.select(runs.c.id).where(runs.c.id == run_id, runs.c.started == claimed_at)
                if connection.execute(own.with_for_update()).first() is None:
                    raise UserError(f"Run {run_id} has been resumed or deleted elsewhere.")
            for table, rows in ((steps, update.steps), (epochs, update.epochs)):
                if rows:
                    values = [{"run": run_id} | nan_to_none(row) for row in rows]
                    connection.execute(insert_new(connection, table), values)
            for checkpoint in update.checkpoints:
                save_checkpoint(connection, run_id, checkpoint)
            for command, step in update.applied:
                query = sa.update(commands).where(commands.c.id == command)
                connection.execute(query.values(applied_step=step))
            if update.changes:
                query = sa.update(runs).where(runs.c.id == run_id)
                connection.execute(query.values(update.changes))
            return _pending_commands(connection, run_id)

    def steps_since(self, run_id: str, step: int = 0) -> list[sa.Row]:
        """Rows (step, loss, lr) after `step`."""
        with read_transaction(self._engine) as connection:
            return list(connection.execute(_select_steps(run_id, step)))

    def steps_array(self, run_id: str, step: int = 0) -> NDArray[np.float64]:
        """Columns step, loss, lr of the steps after `step`, (n, 3): fast for many steps."""
        with read_transaction(self._engine) as connection:
            rows = connection.execute(_select_steps(run_id, step)).cursor.fetchall()  # no Row each
            return damage.numbers(connection, steps, rows, 3)

    def epochs_since(self, run_id: str, epoch: int = 0) -> list[sa.Row]:
        """Rows (epoch, step, train_loss, …, statistics) after `epoch`."""
        query = sa.select(*(c for c in epochs.c if c.name != "run"))
        query = query.where(epochs.c.run == run_id, epochs.c.epoch > epoch).order_by(epochs.c.epoch)
        with read_transaction(self._engine) as connection:
            return damage.sound(connection, epochs, connection.execute(query), _checked_epoch)

    # --- commands to a run -----------------------------------------------------------------------

    def send(self, run_id: str, kind: CommandKind, value: float | None = None) -> int:
        """Send a command to the process that trains the run; return the command's id."""
        row = {"run": run_id, "kind": kind, "value": value, "created": time.time()}
        verb: Verb = "stop" if kind == "stop" else "steer"
        with write_transaction(self._engine) as connection:
            demand(connection, self.visitor, verb, [run_id])
            inserted = connection.execute(sa.insert(commands).values(row))
            return int(inserted.inserted_primary_key[0])  # type: ignore[index]

    def pending_commands(self, run_id: str) -> list[Command]:
        """The commands that have not been applied yet, the oldest first."""
        with read_transaction(self._engine) as connection:
            return _pending_commands(connection, run_id)

    def applied_commands(self, run_id: str) -> list[sa.Row]:
        """Rows (kind, value, applied_step) of the applied commands, the oldest first."""
        query = sa.select(commands.c.kind, commands.c.value, commands.c.applied_step)
        query = query.where(commands.c.run == run_id, commands.c.applied_step.is_not(None))
        with read_transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(commands.c.id))
            return damage.sound(connection, commands, rows, lambda row: row)

    def later_rates(self, run_id: str, step: int) -> list[sa.Row]:
        """Rows (id, value, applied_step) of the learning rates that were set at `step` or later."""
        query = sa.select(commands.c.id, commands.c.value, commands.c.applied_step)
        query = query.where(commands.c.run == run_id, commands.c.kind == "lr")
        query = query.where(commands.c.applied_step >= step)
        with read_transaction(self._engine) as connection:
            return list(connection.execute(query.order_by(commands.c.id)))

    # --- checkpoints -----------------------------------------------------------------------------

    def network(self, run_id: str, best: bool = False) -> "Network":
        """The network of a run's last checkpoint, or of its best epoch."""
        from scratchmlp.runs import checkpoint_file

        return checkpoint_file.loads(self.network_bytes(run_id, best))

    def network_bytes(self, run_id: str, best: bool = False) -> bytes:
        """The file of the network of a run's last checkpoint, or of its best epoch."""
        if run_id == built_in.HANDS:
            return shipped.network_bytes()
        epoch = self.run(run_id).best_epoch if best else None
        return self._checkpoints.network_bytes(run_id, epoch)

    def checkpoints(self, run_id: str) -> Sequence["sa.Row | built_in.StoredNetwork"]:
        """Rows (step, epoch, network) of all checkpoints, the oldest first."""
        if run_id == built_in.HANDS:
            return built_in.checkpoints()
        return self._checkpoints.all(run_id)

    def last_checkpoint(self, run_id: str) -> CheckpointPosition:
        """Step and epoch of the last checkpoint; (0, 0) before the first."""
        if run_id == built_in.HANDS:
            return built_in.position()
        return self._checkpoints.last_position(run_id)

    def resume_point(self, run_id: str) -> ResumePoint | None:
        """The network and the training state to resume from; None to start from the beginning."""
        return self._checkpoints.resume_point(run_id)


def _insert_run(
    connection: sa.Connection,
    config: TrainConfig,
    name: str,
    status: Status,
    owner: str,
    **columns: Any,
) -> str:
    row = nan_to_none(new_row(config, name, status, owner) | columns)
    connection.execute(sa.insert(runs).values(row))
    return str(row["id"])


def _checked_epoch(row: sa.Row) -> sa.Row:
    if not isinstance(row.statistics, dict | None):
        raise ValueError("statistics are no JSON object")
    return row


def _select_steps(run_id: str, step: int) -> sa.Select:
    query = sa.select(steps.c.step, steps.c.loss, steps.c.lr)
    return query.where(steps.c.run == run_id, steps.c.step > step).order_by(steps.c.step)


def _pending_commands(connection: sa.Connection, run_id: str) -> list[Command]:
    query = sa.select(commands.c.id, commands.c.kind, commands.c.value)
    query = query.where(commands.c.run == run_id, commands.c.applied_step.is_(None))
    rows = connection.execute(query.order_by(commands.c.id))
    return damage.sound(connection, commands, rows, lambda row: Command(*row))
