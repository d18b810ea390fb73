"""An evaluation as one self-contained HTML file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment
from numpy.typing import NDArray

from scratchmlp.analysis import calibration, evaluation
from scratchmlp.analysis.evaluation import KNOWN_MISLABELLED
from scratchmlp.charts import image_urls
from scratchmlp.charts.confusion import confusion_chart
from scratchmlp.charts.evaluation import (
    abstention_chart,
    confidence_chart,
    reliability_chart,
)
from scratchmlp.charts.theme import Chart, svg
from scratchmlp.data.datasets import Examples
from scratchmlp.figures import percent
from scratchmlp.net.network import Network

MAX_ERRORS = 60

TEMPLATE = Path(__file__).with_name("report.html")


def charts(table: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, Chart]:
    """The charts of an evaluation, by name."""
    cells = evaluation.confusion_table(table, classes)
    errors = cells[cells["truth"] != cells["prediction"]]
    size = max(320, 34 * len(classes))
    confusion = confusion_chart(errors, list(classes), rates=False)
    return {
        "confusion": confusion.properties(width=size, height=size),
        "reliability": reliability_chart({"predictions": calibration.reliability(table)}),
        "confidence": confidence_chart(table),
        "abstention": abstention_chart(calibration.abstention(table)),
    }


def about(network: Network, run_id: str, name: str, dataset: str, split: str) -> dict[str, str]:
    """The facts about a run and its dataset that open the report."""
    config = network.config
    layers = " - ".join(map(str, network.sizes))
    return {
        "Run": f"{name} ({run_id})",
        "Network": f"{layers}, {config.activation}",
        "Trained on": f"{config.dataset}, {network.epoch} of {config.epochs} epochs",
        "Dataset": f"{dataset}, {split.lower()}",
    }


def html(
    title: str,
    about: Mapping[str, str],
    table: pd.DataFrame,
    examples: Examples,
    classes: tuple[str, ...],
    files: NDArray[np.str_],
    is_mnist_test: bool,
) -> str:
    """The report.

    Parameters
    ----------
    about : the facts that open the report, by name.
    table : from `evaluation.predict`, a row for each of the `examples`.
    files : what each of the `examples` is called, from `evaluation.names_of`.
    is_mnist_test : mark the labels that are known to be wrong, and add the accuracy without them.
    """
    summary = evaluation.summary(table)
    low, high = map(percent, summary.interval)
    facts = dict(about) | {
        "Accuracy": percent(summary.accuracy),
        "95% interval (Wilson)": f"{low} to {high}",
        "Errors": f"{summary.errors:,} of {summary.n:,}",
        "Mean loss": evaluation.nats(summary.loss),
        "Calibration error (ECE)": percent(calibration.expected_calibration_error(table)),
    }
    if is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(table))
        facts["Accuracy without 15 known label errors"] = percent(clean.accuracy)
    worst = evaluation.select(table).head(MAX_ERRORS)
    page = Environment(autoescape=True).from_string(TEMPLATE.read_text())
    return page.render(
        title=title,
        facts=facts,
        charts={name: svg(chart) for name, chart in charts(table, classes).items()},
        per_class=evaluation.per_class(table, classes),
        worst=[_figure(row, examples, classes, files, is_mnist_test) for row in worst.itertuples()],
        has_marks=is_mnist_test,
    )


def _figure(
    row: Any,
    examples: Examples,
    classes: tuple[str, ...],
    files: NDArray[np.str_],
    has_marks: bool,
) -> dict[str, str]:
    truth, prediction = classes[row.truth], classes[row.prediction]
    flag = " ⚑" if has_marks and row.Index in KNOWN_MISLABELLED else ""
    return {
        "image": image_urls.thumbnail_url(examples.images[row.Index]),
        "file": str(files[row.Index]),
        "caption": f"{truth} → {prediction}{flag}",
        "probabilities": f"{percent(row.p_truth, 0)} → {percent(row.p_prediction, 0)}",
    }
