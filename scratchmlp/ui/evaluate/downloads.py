"""Export of an evaluation: every prediction, the charts, and a report with all of it."""

import io
import shlex
import zipfile
from functools import partial

import streamlit as st

from scratchmlp.analysis import evaluation, report
from scratchmlp.charts.theme import FORMATS
from scratchmlp.runs.store import Run
from scratchmlp.ui.predictions import SPLITS, Predictions


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    """A button for each file, which is made when its button is pressed."""
    stem = f"{run.id[:6]}-{predictions.split}"
    st.caption("A file is made when you press its button. Charts take a second or two.")
    row = st.container(horizontal=True)
    row.download_button(
        "Predictions as CSV",
        lambda: evaluation.as_csv(predictions.table, predictions.classes, predictions.files),
        f"predictions-{stem}.csv",
        key="download",
        on_click="ignore",
        icon=":material/table:",
        help="File, truth, prediction, loss, margin, and the probability of each class.",
    )
    row.download_button(
        "Report as HTML",
        lambda: _report(run, predictions),
        f"report-{stem}.html",
        key="report",
        on_click="ignore",
        icon=":material/article:",
        help="Figures, charts and the errors with the highest loss, in one file.",
    )
    for kind in ("SVG", "PNG"):
        row.download_button(
            f"Charts as {kind}",
            partial(_charts, predictions, kind.lower()),
            f"charts-{stem}-{kind.lower()}.zip",
            key=f"charts_{kind.lower()}",
            on_click="ignore",
            icon=":material/bar_chart:",
        )
    st.caption("The same in a terminal:")
    st.code(_command(run, predictions), language="bash", wrap_lines=True)


def _command(run: Run, predictions: Predictions) -> str:
    """The command that writes the same files."""
    words = ["python", "-m", "scratchmlp", "evaluate", run.id, "--split", predictions.split]
    if predictions.dataset != run.dataset:
        words += ["--dataset", predictions.dataset]
    stem = f"{run.id[:6]}-{predictions.split}"
    words += ["--predictions", f"predictions-{stem}.csv", "--report", f"report-{stem}.html"]
    return shlex.join([*words, "--charts", f"charts-{stem}"])


def _report(run: Run, predictions: Predictions) -> str:
    split = SPLITS[predictions.split]
    about = report.about(predictions.network, run.id, run.title, predictions.dataset, split)
    return report.html(
        f"Evaluation of {run.title}",
        about,
        predictions.table,
        predictions.examples,
        predictions.classes,
        predictions.files,
        predictions.is_mnist_test,
    )


def _charts(predictions: Predictions, kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, chart in report.charts(predictions.table, predictions.classes).items():
            packed.writestr(f"{name}.{kind}", FORMATS[kind](chart))
    return out.getvalue()
