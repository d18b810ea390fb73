"""The embedding map: pictures that look similar to the network are close. Drag to choose some."""

import numpy as np
import pandas as pd
import streamlit as st

from scratchmlp.analysis import projection
from scratchmlp.charts import image_urls
from scratchmlp.charts.evaluation import embedding_map_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import background_task, selection
from scratchmlp.ui.predictions import Predictions

PROJECTIONS = {"pca": "PCA", "tsne": "t-SNE"}
MAX_SAMPLES = 12_000  # that t-SNE is asked to place


def show(run: Run, predictions: Predictions) -> None:
    name = st.segmented_control(
        "Projection",
        list(PROJECTIONS),
        format_func=lambda name: PROJECTIONS[name],
        key="map_kind",
        default="pca",
        required=True,
        persist_state="session",
    )
    points = _tsne(run, predictions) if name == "tsne" else predictions.pca
    if points is None:
        return
    key = selection.chart_key(f"map_{name}")
    map_id = (*predictions.split_id, predictions.step, str(name))
    with st.container(key="map"):
        st.altair_chart(
            embedding_map_chart(_chart_rows(map_id, predictions, points), predictions.classes),
            key=key,
            on_select=lambda: _mark_area(key, predictions, points),
            selection_mode="area",
            alt="Embedding map: the outputs of the last hidden layer in two dimensions.",
        )
    st.caption(
        "Diamonds are errors, at most the 1,000 with the highest loss; circles are a sample of the "
        "correct predictions. Drag a rectangle to filter the gallery by an area."
    )


def _tsne(run: Run, predictions: Predictions) -> projection.Points | None:
    if run.is_live:
        st.info("t-SNE is available when this run has ended: its activations still change.")
        return None
    if len(predictions.table) > MAX_SAMPLES:
        st.info(f"t-SNE is limited to {MAX_SAMPLES:,} pictures. Choose another split.")
        return None
    settings = {
        "run": run.id,
        "step": predictions.step,
        "dataset": predictions.dataset,
        "split": predictions.split,
    }
    note = "t-SNE takes about a minute for 10,000 pictures. A worker computes it once."
    arrays = background_task.show("map", settings, "Compute t-SNE", note, run.id)
    return arrays["points"] if arrays else None


@st.cache_data(show_spinner="Drawing the map …", max_entries=6)
def _chart_rows(
    map_id: tuple, _predictions: Predictions, _points: projection.Points
) -> pd.DataFrame:
    """What the chart is sent, computed once for each map."""
    rows = projection.sample_rows(_predictions.table, _points)
    names = np.array(_predictions.classes)
    images = _predictions.examples.images
    return pd.DataFrame(
        {
            "index": rows.index,
            "x": rows["x"].astype("float32").to_numpy(),
            "y": rows["y"].astype("float32").to_numpy(),
            "truth": names[rows["truth"]],
            "prediction": names[rows["prediction"]],
            "correct": rows["correct"].to_numpy(),
            "image": [image_urls.thumbnail_url(images[i]) for i in rows.index],
        }
    )


def _mark_area(key: str, predictions: Predictions, points: projection.Points) -> None:
    area = st.session_state[key]["selection"]["area"]
    if area:
        rows = projection.in_rectangle(points, tuple(area["x"]), tuple(area["y"]))
        selection.filter_area(predictions.split_id, rows)
