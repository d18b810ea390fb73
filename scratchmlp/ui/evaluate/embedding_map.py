"""The map: pictures the network takes for alike lie close; drag over some to see them."""

import numpy as np
import pandas as pd
import streamlit as st

from scratchmlp.analysis import projection
from scratchmlp.charts import image_urls
from scratchmlp.charts.evaluation import embedding_map_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import background_task, predictions
from scratchmlp.ui.predictions import CLEARED, Predictions

WHICH = "map_kind"
KINDS = {"pca": "PCA", "tsne": "t-SNE"}
MOST = 12_000  # pictures that t-SNE is asked to place


def show(run: Run, seen: Predictions) -> None:
    kind = st.segmented_control(
        "Projection",
        list(KINDS),
        format_func=lambda name: KINDS[name],
        key=WHICH,
        default="pca",
        required=True,
        persist_state="session",
    )
    points = _tsne(run, seen) if kind == "tsne" else seen.pca
    if points is None:
        return
    key = f"map_{kind}_{st.session_state.get(CLEARED, 0)}"
    with st.container(key="map"):
        st.altair_chart(
            embedding_map_chart(_rows(seen, str(kind), points), seen.network.classes),
            key=key,
            on_select=lambda: _dragged(key, seen, str(kind), points),
            selection_mode="area",
            alt="A map of the pictures by their hidden activations.",
        )
    st.caption(
        "Wrong answers are diamonds in the colour of their truth (the 1,000 worst at most), among "
        "1,500 right ones. Point at one to see it; drag a rectangle to see the errors in it, or "
        "all that lies in it where the gallery shows right answers too."
    )


def _tsne(run: Run, seen: Predictions) -> projection.Points | None:
    if run.is_live:
        st.info("t-SNE waits until this run has ended: its activations still change.")
        return None
    if len(seen.table) > MOST:
        st.info(f"t-SNE places up to {MOST:,} pictures: choose the test or validation ones.")
        return None
    step = seen.step
    settings = {"run": run.id, "step": step, "dataset": seen.dataset, "split": seen.split}
    note = "t-SNE takes about a minute for 10,000 pictures; it is done once, in a worker."
    arrays = background_task.show("map", settings, "Work out t-SNE", note, run.id)
    return arrays["points"] if arrays else None


def _rows(seen: Predictions, kind: str, points: projection.Points) -> pd.DataFrame:
    step = seen.step
    return _drawn((seen.run_id, step, seen.dataset, seen.split, kind), seen, points)


@st.cache_data(show_spinner="Drawing the map …", max_entries=6)
def _drawn(whose: tuple, _seen: Predictions, _points: projection.Points) -> pd.DataFrame:
    """What the chart is sent, worked out once for each map."""
    rows = projection.sample_rows(_seen.table, _points)
    names = np.array(_seen.network.classes)
    return pd.DataFrame(
        {
            "index": rows.index,
            "x": rows["x"].astype("float32").to_numpy(),
            "y": rows["y"].astype("float32").to_numpy(),
            "truth": names[rows["truth"]],
            "prediction": names[rows["prediction"]],
            "correct": rows["correct"].to_numpy(),
            "image": [image_urls.thumbnail_url(_seen.examples.images[i]) for i in rows.index],
        }
    )


def _dragged(key: str, seen: Predictions, kind: str, points: projection.Points) -> None:
    area = st.session_state[key]["selection"]["area"]
    if area:
        rectangle = tuple(area["x"]), tuple(area["y"])
        predictions.filter_area(seen, kind, rectangle, projection.in_rectangle(points, *rectangle))
