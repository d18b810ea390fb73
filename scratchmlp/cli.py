"""The laboratory in a terminal: `python -m scratchmlp`, the same verbs as the pages.

With `--json`, stdout holds JSON objects, one a line, and nothing else.
"""

import dataclasses
import inspect
import json
import logging
import math
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from scratchmlp.errors import UserError
from scratchmlp.images import datasets
from scratchmlp.net import presets
from scratchmlp.net.config import FIELDS, TrainConfig, allowed

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
screen = Console(stderr=True, highlight=False)

DATASET = typer.Option(help="mnist, digits, or the path of a folder of pictures.")
JSON = typer.Option("--json", help="Print JSON objects, one a line, and nothing else.")


def main() -> None:
    """Run the command line; exit with 2 and one sentence for what a user can put right."""
    logging.basicConfig(format="%(message)s", level=logging.WARNING)
    try:
        app()
    except UserError as error:
        screen.print(str(error), style="red", markup=False, soft_wrap=True)
        sys.exit(2)


def say(as_json: bool, record: dict[str, Any], text: str) -> None:
    """One line of output, for a program or for a person."""
    print(json.dumps(_plain(record), allow_nan=False) if as_json else text, flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def progress_bar(*columns: ProgressColumn) -> Progress:
    """On stderr, and only where a person is looking."""
    return Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)


@contextmanager
def preparation() -> Iterator[datasets.Progress]:
    """A progress bar on stderr for the preparation of a dataset."""
    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with progress_bar(*columns) as bar:
        task = bar.add_task("", total=None, visible=False)

        def show(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total or None, visible=True)

        yield show


@app.command()
def data(
    dataset: Annotated[str, DATASET] = "mnist", as_json: Annotated[bool, JSON] = False
) -> None:
    """Prepare a dataset, and say what is in it and where it lies."""
    with preparation() as progress:
        opened = datasets.load(dataset, progress)
    record = {
        "dataset": opened.name,
        "train": len(opened.train),
        "test": len(opened.test),
        "shape": list(opened.train.images.shape[1:]),
        "classes": list(opened.classes),
        "root": opened.root,
    }
    say(
        as_json,
        record,
        f"{opened.name}: {len(opened.train):,} training and {len(opened.test):,} test pictures of "
        f"28 x 28, classes {', '.join(opened.classes)}, from {opened.root}",
    )


@app.command("presets")
def list_presets(as_json: Annotated[bool, JSON] = False) -> None:
    """List the presets: what each shows, and the test accuracy it reached."""
    table = Table("preset", "test accuracy", "what it shows", box=None, pad_edge=False)
    for name, preset in presets.PRESETS.items():
        if as_json:
            rest = {"shows": preset.shows, "measured": preset.measured}
            say(True, {"preset": name, **rest, "config": preset.config.asdict()}, "")
        table.add_row(name, _percent(preset.measured), preset.shows)
    if not as_json:
        Console(highlight=False).print(table)


@app.command("runs")
def list_runs(as_json: Annotated[bool, JSON] = False) -> None:
    """List all runs, the newest first."""
    from scratchmlp.runs.store import Store

    table = Table("run", "status", "preset", "dataset", "test accuracy", box=None, pad_edge=False)
    for run in Store().runs():
        preset = presets.name_of(run.config)
        if as_json:
            say(True, dataclasses.asdict(run) | {"preset": preset}, "")
        accuracy = _percent(run.test_accuracy)
        table.add_row(run.id, run.status, preset or "custom", run.dataset, accuracy)
    if not as_json:
        Console(highlight=False).print(table)


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
    if resume and given:
        raise UserError("A resumed run keeps its settings: leave out the other options.")
    config = TrainConfig.from_mapping(given, presets.find(preset).config)

    import torch

    from scratchmlp.net import training
    from scratchmlp.runs.store import Store

    torch.set_num_threads(1)  # as a worker has: the same run gives the same bits in both
    store = Store()
    training.find_device(config.device)
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
    """Prepare the dataset; go on with the embedded digits where MNIST was only the default."""
    try:
        datasets.load(config.dataset, progress)
    except UserError as error:
        if chosen or config.dataset != "mnist":
            raise
        screen.print(f"{error} Going on with digits.", style="yellow", markup=False, soft_wrap=True)
        datasets.load("digits", progress)
        return dataclasses.replace(config, dataset="digits")
    return config


EXIT_STATUS = {"finished": 0, "stopped": 130, "diverged": 3, "failed": 1}


def _train(store: Any, run_id: str, config: TrainConfig, as_json: bool) -> int:
    from scratchmlp.net.training import Epoch, Event, Step
    from scratchmlp.runs.recorder import execute

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
        except UserError as error:
            trouble = str(error)
    return _say_end(store, run_id, trouble, as_json)


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
    resume = f"Go on with: python -m scratchmlp train --resume {run.id}"
    lines = {
        "finished": f"Run {run.id}: test accuracy {_percent(run.test_accuracy)}",
        "stopped": f"Run {run.id} stopped: test accuracy {_percent(run.test_accuracy)}. {resume}",
        "diverged": f"Run {run.id} diverged: {error} Its curves are kept; try a smaller lr.",
        "failed": f"Run {run.id} failed: {error} {resume}",
    }
    say(as_json, record, lines[status])
    return EXIT_STATUS[status]


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


@app.command()
def evaluate(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or latest.")],
    split: Annotated[str, typer.Option(help="test, valid or train.")] = "test",
    best: Annotated[bool, typer.Option("--best", help="Its best epoch, not its last.")] = False,
    predictions: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write every answer to this file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Write a report that needs nothing else.")
    ] = None,
    charts: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the charts there, SVG and PNG.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Other pictures than it was trained on.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Say how good a run is on a split: accuracy, its interval, the loss, the confusion matrix."""
    from scratchmlp.insight import evaluation
    from scratchmlp.runs import checkpoint
    from scratchmlp.runs.store import Store

    store = Store()
    found = store.run(run)
    network = checkpoint.loads(store.checkpoint(found.id, best))
    name = dataset or found.dataset
    with preparation() as progress:
        pictures = evaluation.renamed(datasets.load(name, progress), network.classes)
    examples = evaluation.part(pictures, network.config, split)
    table = evaluation.answer(network, examples)
    if predictions is not None:
        _write(predictions, evaluation.as_csv(table, network.classes))
    if report is not None:
        _write(report, _report(found, network, name, split, table, examples))
    if charts is not None:
        _write_charts(charts, table, network.classes)
    told = evaluation.summary(table)
    record = {
        "run": found.id,
        "dataset": name,
        "split": split,
        "n": told.n,
        "accuracy": told.accuracy,
        "interval": told.interval,
        "loss": told.loss,
        "classes": list(network.classes),
        "confusion": evaluation.confusion(table, len(network.classes)).tolist(),
    }
    low, high = told.interval
    text = (
        f"Run {found.id}, {told.n:,} {split} pictures of {name}: {told.accuracy:.2%} "
        f"right (95% interval {low:.2%} to {high:.2%}), {told.errors:,} errors, "
        f"loss {told.loss:.4f} nats"
    )
    say(as_json, record, text)


def _report(found: Any, network: Any, name: str, split: str, table: Any, examples: Any) -> str:
    from scratchmlp.insight import report

    called = found.name or presets.name_of(found.config) or "a run"
    about = report.about(network, found.id, called, name, split)
    is_mnist_test = name == "mnist" and split == "test"
    title = f"What {called} gets right and wrong"
    return report.html(title, about, table, examples, network.classes, is_mnist_test)


def _write_charts(folder: Path, table: Any, classes: tuple[str, ...]) -> None:
    from scratchmlp.insight import charts, report

    for name, chart in report.drawings(table, classes).items():
        for kind, render in charts.FORMATS.items():
            _write(folder / f"{name}.{kind}", render(chart))


def _write(file: Path, content: str | bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UserError(f"{file} could not be written: {error.strerror}.") from error


@app.command()
def bench(
    as_json: Annotated[bool, JSON] = False,
    dataset: Annotated[str, DATASET] = "mnist",
    rounds: Annotated[int, typer.Option(min=1, help="Times each loop is measured.")] = 5,
) -> None:
    """Measure our training loop side by side with others, in seconds an epoch."""
    from scratchmlp import bench as benchmark

    with preparation() as progress:
        opened = datasets.load(dataset, progress)
    for line in benchmark.run(opened, rounds):
        say(as_json, line.record, line.text)
