"""The command `train`: a run in the terminal, which the pages show and control."""

import dataclasses
import inspect
import signal
import sys
import threading
from collections.abc import Callable, Collection
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn

from scratchmlp.cli.output import (
    JSON,
    OutputError,
    app,
    console,
    dataset_progress,
    echo,
    percent,
    progress_bar,
)
from scratchmlp.data import datasets, sources
from scratchmlp.errors import UserError
from scratchmlp.figures import decimal
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, allowed


def with_config_options(command: Callable[..., None]) -> Callable[..., None]:
    """Replace a command's `**settings` by one option for each field of `TrainConfig`."""
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
                    rich_help_panel="Settings that replace the preset's",
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
    preset: Annotated[
        str | None, typer.Option(help="The preset to start from.", show_default="modern")
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Resume a run that ended early.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
    **settings: str | None,
) -> None:
    """Train a network and store it as a run. Ctrl-C stops it; you can resume it later."""
    given = {name: value for name, value in settings.items() if value is not None}
    if resume and (given or preset):
        raise UserError("A resumed run keeps its settings: leave out the other options.")
    config = TrainConfig.from_mapping(given, presets.find(preset or "modern").config)

    import torch

    from scratchmlp.net import devices
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)  # like a worker: the same run gives the same bits in both
    store = Store()
    devices.find_device(config.device)
    if resume:
        run = store.run(resume)
        store.requeue(run.id, status="running")
        run_id, config = run.id, run.config
    else:
        with dataset_progress() as on_progress:
            config = _with_dataset(config, given, preset, on_progress)
        run_id = store.create(config, status="running")
    sys.exit(_train(store, run_id, config, as_json))


def _with_dataset(
    config: TrainConfig, given: Collection[str], preset: str | None, on_progress: datasets.Progress
) -> TrainConfig:
    """Prepare the dataset. If the default dataset is not here, use the fallback.

    If nothing else is asked for, the fallback is trained by the preset to begin with on it. The run
    stores the full path of a folder, because pages and workers may run in other folders.
    """
    config = dataclasses.replace(config, dataset=sources.absolute(config.dataset))
    try:
        datasets.demand_complete(datasets.load(config.dataset, on_progress), config.skip_damaged)
    except UserError as error:
        if "dataset" in given or config.dataset != sources.DEFAULT:
            raise
        warning = f"{error} Using {sources.FALLBACK} instead."
        pictures = len(datasets.load(sources.FALLBACK, on_progress).train)
        if not given and preset is None:
            preset = presets.to_begin_with(pictures)
            config = presets.find(preset).config
            warning += f" The preset is {preset}."
        console.print(warning, style="yellow", markup=False, soft_wrap=True)
        return dataclasses.replace(config, dataset=sources.FALLBACK)
    return config


EXIT_STATUS = {"finished": 0, "stopped": 130, "diverged": 3, "failed": 1}
COLUMNS = (
    TextColumn("Epoch {task.fields[epoch]}/{task.fields[epochs]}"),
    BarColumn(),
    TextColumn("loss {task.fields[loss]}"),
    TextColumn("{task.speed:,.0f} steps/s"),
    TimeRemainingColumn(),
)


def _train(store: Any, run_id: str, config: TrainConfig, as_json: bool) -> int:
    from scratchmlp.net.events import Epoch, Event, Step
    from scratchmlp.runs.execution import execute

    with progress_bar(*COLUMNS) as bar:
        task = bar.add_task("", total=None, epoch=1, epochs=config.epochs, loss="", visible=False)

        def on_event(event: Event) -> None:
            if isinstance(event, Step):
                if bar.tasks[0].total is None:
                    total = store.run(run_id).total_steps
                    bar.update(task, total=total, completed=event.step - 1, visible=True)
                bar.update(task, advance=1, loss=decimal(event.loss))
            elif isinstance(event, Epoch):
                bar.update(task, epoch=min(event.epoch + 1, config.epochs))
                _print_epoch(as_json, event, config.epochs)

        failure = None
        try:
            execute(store, run_id, on_event, stop=_stop_on_interrupt())
        except OutputError as error:
            raise UserError(f"{error} {_resume_hint(run_id)}") from error
        except UserError as error:
            failure = str(error)
    return _print_result(store, run_id, failure, as_json)


def _stop_on_interrupt() -> threading.Event:
    """An event that Ctrl-C sets. A second Ctrl-C ends the process at once."""
    stop = threading.Event()

    def interrupt(signum: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        stop.set()

    signal.signal(signal.SIGINT, interrupt)
    return stop


def _resume_hint(run_id: str) -> str:
    return f"Resume it with: python -m scratchmlp train --resume {run_id}"


def _print_epoch(as_json: bool, event: Any, epochs: int) -> None:
    fields = "epoch", "train_loss", "valid_loss", "valid_accuracy", "seconds"
    record = {"event": "epoch"} | {name: getattr(event, name) for name in fields}
    loss = event.train_loss if event.valid_loss is None else event.valid_loss
    echo(as_json, record, f"Epoch [{event.epoch}/{epochs}], Loss: {decimal(loss)}")


def _print_result(store: Any, run_id: str, failure: str | None, as_json: bool) -> int:
    run = store.run(run_id)
    status, error = ("failed", failure) if failure else (run.status, run.error)
    record = {
        "event": status,
        "run": run.id,
        "test_accuracy": run.test_accuracy,
        "train_seconds": run.train_seconds,
        "error": error,
    }
    resume = _resume_hint(run.id)
    lines = {
        "finished": f"Run {run.id}: test accuracy {percent(run.test_accuracy)}",
        "stopped": f"Run {run.id} stopped: test accuracy {percent(run.test_accuracy)}. {resume}",
        "diverged": f"Run {run.id} diverged: {error} Its curves are stored; try a smaller lr.",
        "failed": f"Run {run.id} failed: {error} {resume}",
    }
    echo(as_json, record, lines[status])
    return EXIT_STATUS[status]
