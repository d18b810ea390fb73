"""Training pictures whose label may be wrong, to look at and to download. No label is changed."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from scratchmlp.analysis import label_errors
from scratchmlp.charts import image_urls
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.data.sources import file_names
from scratchmlp.figures import percent
from scratchmlp.runs.store import Run
from scratchmlp.ui import background_task, thumbnails
from scratchmlp.ui.evaluate import gallery
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions
from scratchmlp.ui.thumbnails import Item

PAGE_SIZE = 60
NOTE = (
    "Four networks train on three quarters of the training pictures each, and predict the other "
    "quarter. This takes about half a minute on MNIST, once."
)


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    """Likely label errors among the training pictures of the run's dataset."""
    dataset = datasets.load(run.dataset)
    settings = {"dataset": run.dataset, "n": len(dataset.train)}
    ranked = background_task.show("suspects", settings, "Find label errors", NOTE)
    if ranked is None:
        return
    files = _files(run.dataset, dataset)
    table = label_errors.table(dataset.train.labels, ranked)
    likely = int(table["issue"].sum())
    st.markdown(
        f"**{likely:,}** of {len(table):,} training labels are likely errors, by "
        "[confident learning](https://arxiv.org/abs/1911.00068). Below each: label → prediction by "
        "a network that did not train on it."
    )
    st.download_button(
        "Label errors as CSV",
        lambda: label_errors.as_csv(table, dataset.classes, files),
        "label-errors.csv",
        key="suspects_csv",
        on_click="ignore",
        icon=":material/download:",
    )
    with st.container(key="suspects"):
        shown = table.iloc[gallery.page_of(len(table), "page", PAGE_SIZE)]
        items = [_item(row, dataset, files) for row in shown.itertuples()]
        images = dataset.train.images[shown.index.to_numpy()]
        thumbnails.show(
            "suspects_thumbnails",
            images,
            items,
            lambda index: _details(table, dataset, files, index),
        )


@st.cache_resource(show_spinner=False, max_entries=3)
def _files(name: str, _dataset: Dataset) -> NDArray[np.str_]:
    return file_names(_dataset, "train")


def _item(row: Any, dataset: Dataset, files: NDArray[np.str_]) -> Item:
    label, prediction = dataset.classes[row.truth], dataset.classes[row.prediction]
    return {
        "index": int(row.Index),
        "words": f"{label} → {prediction}",
        "small": f"{percent(row.p_truth, 0)} → {percent(row.p_prediction, 0)}",
        "label": (
            f"Training picture {files[row.Index]}: "
            f"label {label} (probability {percent(row.p_truth, 1)}), "
            f"prediction {prediction} (probability {percent(row.p_prediction, 1)})"
        ),
    }


@st.dialog("Likely label error")
def _details(table: pd.DataFrame, dataset: Dataset, files: NDArray[np.str_], index: int) -> None:
    row: Any = table.loc[index]
    label, prediction = dataset.classes[int(row["truth"])], dataset.classes[int(row["prediction"])]
    st.image(image_urls.enlarge(dataset.train.images[index], 12))
    label, prediction = escape(label), escape(prediction)
    st.markdown(
        f"{escape(str(files[index]))} is labelled **{label}**. A network that did not train on it "
        f"predicts **{prediction}** ({percent(row['p_prediction'], 1)}), and {label} with "
        f"{percent(row['p_truth'])}."
    )
