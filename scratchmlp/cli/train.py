"""Trains a network in the terminal, as a run that the pages see and can speak to."""

import dataclasses
import inspect
import signal
import sys
import threading
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from scratchmlp.cli.screen import (
    JSON,
    OutputError,
    app,
    percent,
    preparation,
    progress_bar,
    say,
    screen,
)
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, allowed


def with_config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's `**settings` by an option for each field of `TrainConfig`."""
    signature = inspect.signature(command)
    own = [p for p in signature.parameters.values() if p.kind is not p.VAR_KEYWORD]
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(
                    f"--{name.replace('_', '-')}",
                    help=f"{field.metadata['help']} ({allowed(name)})",
                    metavar="VALUE",
                    rich_help_panel="Settings laid over the preset's",
                ),
            ],
        )
        for name, field in FIELDS.items()
    ]
    command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    command.__annotations__ |= {option.name: option.annotation for option in options}
    return command


@app.command()
@with_config_options
def train(
    preset: Annotated[str, typer.Option(help="Recipe to start from.")] = "modern",
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with a run that ended early.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
    **settings: str | None,
) -> None:
    """Train a network, and keep it as a run. Ctrl-C stops it and keeps what it learned."""
    given = {name: value for name, value in settings.items() if value is not None}
    if resume and (given or preset != "modern"):
        raise UserError("A resumed run keeps its settings: leave out the other options.")
    config = TrainConfig.from_mapping(given, presets.find(preset).config)

    import torch

    from scratchmlp.net import devices
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)  # as a worker has: the same run gives the same bits in both
    store = Store()
    devices.find_device(config.device)
    if resume:
        run = store.run(resume)
        store.requeue(run.id, status="running")
        run_id, config = run.id, run.config
    else:
        with preparation() as progress:
            config = _with_dataset(config, "dataset" in given, progress)
        run_id = store.create(config, status="running")
    sys.exit(_train(store, run_id, config, as_json))


def _with_dataset(config: TrainConfig, chosen: bool, progress: datasets.Progress) -> TrainConfig:
    """Prepare the dataset; go on with the embedded digits where MNIST was only the default.

    A folder is named in full from here on, for a page or a worker may stand elsewhere.
    """
    if config.dataset not in sources.SOURCES:
        config = dataclasses.replace(config, dataset=str(sources.folder_path(config.dataset)))
    try:
        datasets.load(config.dataset, progress)
    except UserError as error:
        if chosen or config.dataset != sources.DEFAULT:
            raise
        warning = f"{error} Going on with {sources.FALLBACK}."
        screen.print(warning, style="yellow", markup=False, soft_wrap=True)
        datasets.load(sources.FALLBACK, progress)
        return dataclasses.replace(config, dataset=sources.FALLBACK)
    return config


EXIT_STATUS = {"finished": 0, "stopped": 130, "diverged": 3, "failed": 1}


def _train(store: Any, run_id: str, config: TrainConfig, as_json: bool) -> int:
    from scratchmlp.net.events import Epoch, Event, Step
    from scratchmlp.runs.execution import execute

    stop = threading.Event()

    def interrupt(signum: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second Ctrl-C does not wait
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    columns = (
        TextColumn("Epoch {task.fields[epoch]}/{task.fields[epochs]}"),
        BarColumn(),
        TextColumn("loss {task.fields[loss]:.4f}"),
        TextColumn("{task.speed:,.0f} steps/s"),
        TimeRemainingColumn(),
    )
    with progress_bar(*columns) as bar:
        task = bar.add_task("", total=None, epoch=1, epochs=config.epochs, loss=0.0, visible=False)

        def tell(event: Event) -> None:
            if isinstance(event, Step):
                if bar.tasks[0].total is None:
                    total = store.run(run_id).total_steps
                    bar.update(task, total=total, completed=event.step - 1, visible=True)
                bar.update(task, advance=1, loss=event.loss)
            elif isinstance(event, Epoch):
                bar.update(task, epoch=min(event.epoch + 1, config.epochs))
                _say_epoch(as_json, event, config.epochs)

        trouble = None
        try:
            execute(store, run_id, tell, stop=stop)
        except OutputError as error:
            raise UserError(f"{error} {_how_to_go_on(run_id)}") from error
        except UserError as error:
            trouble = str(error)
    return _say_end(store, run_id, trouble, as_json)


def _how_to_go_on(run_id: str) -> str:
    return f"Go on with: python -m scratchmlp train --resume {run_id}"


def _say_epoch(as_json: bool, event: Any, epochs: int) -> None:
    fields = "epoch", "train_loss", "valid_loss", "valid_accuracy", "seconds"
    record = {"event": "epoch"} | {name: getattr(event, name) for name in fields}
    loss = event.train_loss if event.valid_loss is None else event.valid_loss
    say(as_json, record, f"Epoch [{event.epoch}/{epochs}], Loss: {loss:.4f}")


def _say_end(store: Any, run_id: str, trouble: str | None, as_json: bool) -> int:
    run = store.run(run_id)
    status, error = ("failed", trouble) if trouble else (run.status, run.error)
    record = {
        "event": status,
        "run": run.id,
        "test_accuracy": run.test_accuracy,
        "train_seconds": run.train_seconds,
        "error": error,
    }
    resume = _how_to_go_on(run.id)
    lines = {
        "finished": f"Run {run.id}: test accuracy {percent(run.test_accuracy)}",
        "stopped": f"Run {run.id} stopped: test accuracy {percent(run.test_accuracy)}. {resume}",
        "diverged": f"Run {run.id} diverged: {error} Its curves are kept; try a smaller lr.",
        "failed": f"Run {run.id} failed: {error} {resume}",
    }
    say(as_json, record, lines[status])
    return EXIT_STATUS[status]
