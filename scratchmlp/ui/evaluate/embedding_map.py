"""The embedding map, where similar pictures are close: click one, or drag over some."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from scratchmlp import glossary
from scratchmlp.analysis import projection
from scratchmlp.charts import image_urls
from scratchmlp.charts.evaluation import embedding_map_chart
from scratchmlp.runs.store import Run
from scratchmlp.ui import background_task, session
from scratchmlp.ui.evaluate import address, state
from scratchmlp.ui.evaluate.address import PROJECTIONS, Area
from scratchmlp.ui.predictions import Predictions

MAX_SAMPLES = 12_000  # that t-SNE is asked to place


def show(run: Run, predictions: Predictions) -> None:
    name = state.now().projection
    st.segmented_control(
        "Projection",
        list(PROJECTIONS),
        format_func=PROJECTIONS.__getitem__,
        default=name,
        required=True,
        help=glossary.explain("embedding map"),
        **state.widget("projection"),
    )
    points = _tsne(run, predictions) if name == "tsne" else predictions.pca
    if points is None:
        return
    map_id = (*predictions.split_id, predictions.step, name)
    chart = session.synced_chart("map", state.now().area, None, map_id, _choose)
    rows = _chart_rows(map_id, predictions, points)
    with st.container(key="map"):
        st.altair_chart(
            embedding_map_chart(rows, predictions.classes, chart.first),
            key=chart.key,
            on_select=chart.on_select,
            selection_mode=["area", "picture"],
            alt="Embedding map: the outputs of the last hidden layer in two dimensions.",
        )
    st.caption(
        "Diamonds are errors, at most the 1,000 with the highest loss; circles are a sample of the "
        "correct predictions. Click a point to open its picture, or drag a rectangle to filter "
        "the gallery by an area."
    )


def _choose(selection: Any) -> Area | None:
    """Open the picture that was clicked, or keep the rectangle that was drawn."""
    picked = selection.get("picture")
    if picked and picked[0].get("index") is not None:  # the marked rectangle has no index
        state.change(sample=int(picked[0]["index"]), opened_from="")
    elif area := selection.get("area"):
        edges = *sorted(area["x"]), *sorted(area["y"])
        state.change(area=address.rounded(edges))
        state.reveal_gallery()
    elif not picked:
        state.change(area=None)
    return state.now().area


def check_area(predictions: Predictions) -> None:
    """Refuse an area of a t-SNE that was not computed: no picture can be placed in it."""
    if state.now().area and in_area(predictions) is None:
        state.refuse("area", "The link's area is on a t-SNE map that is not computed yet.")


def in_area(predictions: Predictions) -> NDArray[np.int64] | None:
    """The pictures in the rectangle that is marked; None where there is none."""
    area, points = state.now().area, None
    if area:
        is_tsne = state.now().projection == "tsne"
        points = _finished_tsne(predictions) if is_tsne else predictions.pca
    if area is None or points is None:
        return None
    return projection.in_rectangle(points, area[:2], area[2:])


def _finished_tsne(predictions: Predictions) -> projection.Points | None:
    arrays = background_task.find_result("map", _task_settings(predictions))
    return arrays["points"] if arrays else None


def _task_settings(predictions: Predictions) -> dict[str, Any]:
    return {
        "run": predictions.run_id,
        "step": predictions.step,
        "dataset": predictions.dataset,
        "split": predictions.split,
    }


def _tsne(run: Run, predictions: Predictions) -> projection.Points | None:
    if run.is_live:
        st.info("t-SNE is available when this run has ended: its activations still change.")
        return None
    if len(predictions.table) > MAX_SAMPLES:
        st.info(f"t-SNE is limited to {MAX_SAMPLES:,} pictures. Choose another split.")
        return None
    settings = _task_settings(predictions)
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
