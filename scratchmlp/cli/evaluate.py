"""How good a run is, and everything it answered, as files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scratchmlp.cli.screen import JSON, app, preparation, say
from scratchmlp.data import datasets
from scratchmlp.errors import UserError


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
    from scratchmlp.analysis import evaluation
    from scratchmlp.runs.store import Store

    store = Store()
    found = store.run(run)
    network = store.network(found.id, best)
    name = dataset or found.dataset
    with preparation() as progress:
        pictures = evaluation.match_classes(datasets.load(name, progress), network.classes)
    examples = evaluation.split_of(pictures, network.config, split)
    table = evaluation.predict(network, examples)
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
        "confusion": evaluation.confusion_matrix(table, len(network.classes)).tolist(),
    }
    low, high = told.interval
    text = (
        f"Run {found.id}, {told.n:,} {split} pictures of {name}: {told.accuracy:.2%} "
        f"right (95% interval {low:.2%} to {high:.2%}), {told.errors:,} errors, "
        f"loss {told.loss:.4f} nats"
    )
    say(as_json, record, text)


def _report(found: Any, network: Any, name: str, split: str, table: Any, examples: Any) -> str:
    from scratchmlp.analysis import evaluation, report

    about = report.about(network, found.id, found.title, name, split)
    is_mnist_test = evaluation.is_mnist_test(name, split)
    title = f"What {found.title} gets right and wrong"
    return report.html(title, about, table, examples, network.classes, is_mnist_test)


def _write_charts(folder: Path, table: Any, classes: tuple[str, ...]) -> None:
    from scratchmlp.analysis import report
    from scratchmlp.charts.theme import FORMATS

    for name, chart in report.charts(table, classes).items():
        for kind, render in FORMATS.items():
            _write(folder / f"{name}.{kind}", render(chart))


def _write(file: Path, content: str | bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    except OSError as error:
        raise UserError(f"{file} could not be written: {error.strerror}.") from error
