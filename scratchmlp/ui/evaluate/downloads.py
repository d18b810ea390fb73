"""What one takes away of an evaluation: every answer, the charts, one file with all of it."""

import io
import zipfile
from functools import partial

import streamlit as st

from scratchmlp.analysis import evaluation, report
from scratchmlp.charts.theme import FORMATS
from scratchmlp.runs.store import Run
from scratchmlp.ui.predictions import SPLITS, Predictions


def show(run: Run, seen: Predictions, name: str) -> None:
    """Buttons; each file is made when it is asked for. `name` is the run's."""
    classes = seen.network.classes
    stem = f"{run.id[:6]}-{seen.split}"
    st.caption("Each is made when you press its button; charts take a second or two.")
    row = st.container(horizontal=True)
    row.download_button(
        "All answers as CSV",
        lambda: evaluation.as_csv(seen.table, classes),
        f"answers-{stem}.csv",
        key="download",
        icon=":material/table:",
        help="Index, truth, answer, loss, margin, and the probability of each class.",
    )
    row.download_button(
        "Report as HTML",
        lambda: _report(run, seen, name),
        f"report-{stem}.html",
        key="report",
        icon=":material/article:",
        help="Figures, charts and the worst errors in one file that needs nothing else.",
    )
    for kind in ("SVG", "PNG"):
        row.download_button(
            f"Charts as {kind}",
            partial(_charts, seen, kind.lower()),
            f"charts-{stem}-{kind.lower()}.zip",
            key=f"charts_{kind.lower()}",
            icon=":material/bar_chart:",
        )
    st.caption(f"The same in a terminal: `python -m scratchmlp evaluate {run.id} --report FILE`")


def _report(run: Run, seen: Predictions, name: str) -> str:
    about = report.about(seen.network, run.id, name, seen.dataset, SPLITS[seen.split])
    title = f"What {name} gets right and wrong"
    return report.html(
        title, about, seen.table, seen.examples, seen.network.classes, seen.is_mnist_test
    )


def _charts(seen: Predictions, kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, chart in report.charts(seen.table, seen.network.classes).items():
            packed.writestr(f"{name}.{kind}", FORMATS[kind](chart))
    return out.getvalue()
