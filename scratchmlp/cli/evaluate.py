"""The command `evaluate`: the accuracy of a run; its predictions, report and charts as files."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scratchmlp.cli.output import BEST, JSON, RUN, app, dataset_progress, echo
from scratchmlp.data import datasets
from scratchmlp.errors import UserError
from scratchmlp.figures import percent


@app.command()
def evaluate(
    run: Annotated[str, RUN],
    split: Annotated[str, typer.Option(help="test, valid or train.")] = "test",
    best: Annotated[bool, BEST] = False,
    predictions: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Write every prediction to this file.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="HTML", help="Write a report, one file, here.")
    ] = None,
    charts: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write the charts here, SVG and PNG.")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Use another dataset than the run's own.")
    ] = None,
    as_json: Annotated[bool, JSON] = False,
) -> None:
    """Evaluate a run on a split: accuracy and its interval, loss, confusion matrix."""
    from scratchmlp.analysis import evaluation
    from scratchmlp.runs.store import Store

    store = Store()
    found = store.run(run)
    network = store.network(found.id, best)
    name = dataset or found.dataset
    with dataset_progress() as on_progress:
        data = evaluation.match_classes(datasets.load(name, on_progress), network.classes)
    examples = evaluation.split_of(data, network.config, split)
    files = evaluation.names_of(data, network.config, split)
    table = evaluation.predict(network, examples)
    if predictions is not None:
        _write(predictions, evaluation.as_csv(table, network.classes, files))
    if report is not None:
        _write(report, _report(found, network, name, split, table, examples, files))
    if charts is not None:
        _write_charts(charts, table, network.classes)
    summary, parts = evaluation.summary(table), evaluation.by_source(network, data, split)
    record = {
        "run": found.id,
        "dataset": name,
        "split": split,
        "n": summary.n,
        "accuracy": summary.accuracy,
        "interval": summary.interval,
        "loss": summary.loss,
        "classes": list(network.classes),
        "sources": [part._asdict() for part in parts],
        "confusion": evaluation.confusion_matrix(table, len(network.classes)).tolist(),
    }
    low, high = map(percent, summary.interval)
    text = (
        f"Run {found.id}, {summary.n:,} {split} pictures of {name}: {percent(summary.accuracy)} "
        f"correct (95% interval {low} to {high}), {summary.errors:,} errors, "
        f"loss {evaluation.nats(summary.loss)}"
    )
    of_each = [f"{p.dataset}: {percent(p.accuracy)} of {p.pictures:,} pictures" for p in parts]
    echo(as_json, record, "\n  ".join([text, *of_each]))


def _report(
    found: Any, network: Any, name: str, split: str, table: Any, examples: Any, files: Any
) -> str:
    from scratchmlp.analysis import evaluation, report

    about = report.about(network, found.id, found.title, name, split)
    is_mnist_test = evaluation.is_mnist_test(name, split)
    title = f"Evaluation of {found.title}"
    return report.html(title, about, table, examples, network.classes, files, is_mnist_test)


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
