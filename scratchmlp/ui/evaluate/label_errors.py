"""Training pictures whose label is doubted: to look at and to take away. Nothing is relabelled."""

from typing import Any

import pandas as pd
import streamlit as st

from scratchmlp.analysis import label_errors
from scratchmlp.charts import image_urls
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.ui import background_task, thumbnails
from scratchmlp.ui.thumbnails import Item

PAGE = 60
NOTE = (
    "Four networks are trained, each on three quarters of the training pictures; each picture is "
    "then answered by the one that never saw it. Half a minute on MNIST, once, in a worker."
)


def show(name: str) -> None:
    """Suspects of the training pictures of the dataset of that name."""
    dataset = datasets.load(name)
    settings = {"dataset": name, "n": len(dataset.train)}
    ranked = background_task.show("suspects", settings, "Find doubtful labels", NOTE)
    if ranked is None:
        return
    table = label_errors.table(dataset.train.labels, ranked)
    doubted = int(table["issue"].sum())
    st.markdown(
        f"**{doubted:,}** of {len(table):,} training labels are doubted by "
        "[confident learning](https://arxiv.org/abs/1911.00068); all are listed, the most "
        "doubtful first. Under each: label → what a network that never saw it answered."
    )
    st.download_button(
        "All as CSV",
        lambda: label_errors.as_csv(table, dataset.classes),
        "suspects.csv",
        key="suspects_csv",
        icon=":material/download:",
    )
    with st.container(key="suspects"):
        at = st.pagination(-(-len(table) // PAGE), key="suspects_page")
        shown = table.iloc[(at - 1) * PAGE : at * PAGE]
        items = [_item(row, dataset) for row in shown.itertuples()]
        images = dataset.train.images[shown.index.to_numpy()]
        thumbnails.show(
            "suspects_thumbnails", images, items, lambda index: _look(table, dataset, index)
        )


def _item(row: Any, dataset: Dataset) -> Item:
    label, answer = dataset.classes[row.truth], dataset.classes[row.prediction]
    return {
        "index": int(row.Index),
        "words": f"{label} → {answer}",
        "small": f"{row.p_truth:.0%} → {row.p_prediction:.0%}",
        "label": (
            f"Training picture {row.Index}: label {label} (probability {row.p_truth:.1%}), "
            f"answer {answer} (probability {row.p_prediction:.1%})"
        ),
    }


@st.dialog("A doubted label")
def _look(table: pd.DataFrame, dataset: Dataset, index: int) -> None:
    row: Any = table.loc[index]
    label, answer = dataset.classes[int(row["truth"])], dataset.classes[int(row["prediction"])]
    st.image(image_urls.enlarge(dataset.train.images[index], 12))
    st.markdown(
        f"Training picture {index} is labelled **{label}**. A network that never saw it thinks "
        f"**{answer}** ({row['p_prediction']:.1%}), and {label} with {row['p_truth']:.2%}."
    )
