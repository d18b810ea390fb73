"""A whole evaluation as one HTML file that needs nothing else, to keep or to send."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from jinja2 import Environment

from scratchmlp.analysis import calibration, evaluation
from scratchmlp.analysis.evaluation import KNOWN_MISLABELLED
from scratchmlp.charts import sprites
from scratchmlp.charts.evaluation import (
    abstention_chart,
    confidence_chart,
    confusion_chart,
    reliability_chart,
)
from scratchmlp.charts.theme import Chart, svg
from scratchmlp.data.datasets import Examples
from scratchmlp.net.network import Network

WORST = 60

TEMPLATE = Path(__file__).with_name("report.html")


def drawings(table: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, Chart]:
    """The charts of an evaluation, by name."""
    cells = evaluation.confused(table, classes)
    apart = cells[cells["truth"] != cells["prediction"]]
    size = max(320, 34 * len(classes))
    confusion = confusion_chart(apart, list(classes), rates=False)
    return {
        "confusion": confusion.properties(width=size, height=size),
        "reliability": reliability_chart({"answers": calibration.reliability(table)}),
        "confidence": confidence_chart(table),
        "abstention": abstention_chart(calibration.abstention(table)),
    }


def about(network: Network, run_id: str, name: str, dataset: str, split: str) -> dict[str, str]:
    """What a reader must know of a run and its pictures before the figures."""
    config = network.config
    layers = " - ".join(str(n) for n in (784, *config.hidden, len(network.classes)))
    return {
        "Run": f"{name} ({run_id})",
        "Network": f"{layers}, {config.activation}",
        "Trained on": f"{config.dataset}, {network.epoch} of {config.epochs} epochs",
        "Pictures": f"{dataset}, {split.lower()}",
    }


def html(
    title: str,
    about: Mapping[str, str],
    table: pd.DataFrame,
    examples: Examples,
    classes: tuple[str, ...],
    is_mnist_test: bool,
) -> str:
    """The report.

    Parameters
    ----------
    about : what to say of the run and the pictures before the figures.
    table : as `evaluation.answer` makes it, a row for each of the `examples`.
    is_mnist_test : mark the labels known to be wrong, and give the figures without them.
    """
    told = evaluation.summary(table)
    facts = dict(about) | {
        "Accuracy": f"{told.accuracy:.2%}",
        "95% interval (Wilson)": f"{told.interval[0]:.2%} to {told.interval[1]:.2%}",
        "Errors": f"{told.errors:,} of {told.n:,}",
        "Mean loss": f"{told.loss:.4f} nats",
        "Calibration error": f"{calibration.expected_calibration_error(table):.2%}",
    }
    if is_mnist_test:
        clean = evaluation.summary(evaluation.without_mislabelled(table))
        facts["Accuracy without 15 labels known to be wrong"] = f"{clean.accuracy:.2%}"
    rows = evaluation.chosen(table).head(WORST)
    page = Environment(autoescape=True).from_string(TEMPLATE.read_text())
    return page.render(
        title=title,
        facts=facts,
        drawings={k: svg(chart) for k, chart in drawings(table, classes).items()},
        per_class=evaluation.per_class(table, classes),
        worst=[_figure(row, examples, classes, is_mnist_test) for row in rows.itertuples()],
        marked=is_mnist_test,
    )


def _figure(row, examples: Examples, classes: tuple[str, ...], marked: bool) -> dict[str, str]:  # type: ignore[no-untyped-def]
    truth, answer = classes[row.truth], classes[row.prediction]
    flag = " ⚑" if marked and row.Index in KNOWN_MISLABELLED else ""
    return {
        "image": sprites.picture_url(examples.images[row.Index]),
        "alt": f"picture {row.Index}",
        "words": f"{truth} → {answer}{flag}",
        "small": f"{row.p_truth:.0%} → {row.p_prediction:.0%}",
    }
