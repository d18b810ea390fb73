"""One sample in full: its prediction, and the reasons for it and against it."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from scratchmlp.analysis import evaluation
from scratchmlp.analysis.prediction import likeliest
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import probability_chart
from scratchmlp.data import datasets
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Run
from scratchmlp.ui import explanation, resources, selection
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions


def show(run: Run, predictions: Predictions, index: int, order: list[int]) -> None:
    """The sample of that index, with buttons to its neighbours in `order`."""
    _steps(index, order)
    row: Any = predictions.table.loc[index]
    classes, truth, predicted = predictions.classes, int(row["truth"]), int(row["prediction"])
    st.subheader(
        escape(f"Picture {index}: a {classes[truth]}, predicted {classes[predicted]}"), anchor=False
    )
    if predictions.is_mnist_test and index in evaluation.KNOWN_MISLABELLED:
        st.info(
            "Five people judged this label wrong (cleanlab/label-errors).", icon=":material/flag:"
        )
    p = evaluation.probabilities(predictions.table.loc[[index]])[0]
    other = truth if truth != predicted else likeliest(p)[1]
    image = torch.from_numpy(predictions.examples.images[index])
    left, middle, right = st.columns([1, 1.6, 1.8])
    with left:
        _picture(predictions, index, row)
    with middle.container(key="probabilities"):
        st.altair_chart(
            probability_chart(classes, p.tolist(), truth, predicted),
            alt=f"Probabilities; highest {classes[predicted]} with {row['p_prediction']:.1%}.",
        )
    with right:
        contributions = explanation.units(predictions.network, image, predicted, other)
    explanation.pixels(predictions.network, image, predicted, other, contributions)
    explanation.neighbours(predictions.network, image, datasets.load(run.dataset).train)
    _earlier_predictions(run, image, classes)


def _picture(predictions: Predictions, index: int, row: Any) -> None:
    names = [escape(name) for name in predictions.classes]
    st.image(image_urls.enlarge(predictions.examples.images[index]), width="stretch")
    st.caption(
        f"Probability of the truth, {names[int(row['truth'])]}: {row['p_truth']:.2%}. Of the "
        f"prediction, {names[int(row['prediction'])]}: {row['p_prediction']:.2%}. "
        f"Loss: {row['loss']:.2f} nats."
    )


def _steps(index: int, order: list[int]) -> None:
    """Buttons to all samples, and to those before and after this one under the same filters."""
    at = order.index(index) if index in order else -1
    before = order[at - 1] if at > 0 else None
    after = order[at + 1] if 0 <= at < len(order) - 1 else None
    row = st.container(horizontal=True, vertical_alignment="center")
    for label, key, icon, target, enabled in (
        ("All pictures", "back", "arrow_back", None, True),
        ("Previous", "previous", "chevron_left", before, before is not None),
        ("Next", "next", "chevron_right", after, after is not None),
    ):
        row.button(
            label,
            key=key,
            icon=f":material/{icon}:",
            on_click=selection.open_sample,
            args=[target],
            disabled=not enabled,
        )
    if at >= 0:
        row.caption(f"{at + 1:,} of {len(order):,}")


def _earlier_predictions(run: Run, image: Tensor, classes: tuple[str, ...]) -> None:
    """What the checkpoints of the run predict, from the first epoch on."""
    predicted = []
    for row in resources.store().checkpoints(run.id):
        network = checkpoint_file.loads(bytes(row.network))
        logits = network.logits(image[None])[0]
        predicted.append(f"after epoch {row.epoch}: **{escape(classes[int(logits.argmax())])}**")
    st.caption("It predicted " + ", ".join(predicted) + ".")
