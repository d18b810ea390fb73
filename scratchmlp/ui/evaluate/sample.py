"""One sample in full: its prediction, and the reasons for it and against it."""

from typing import Any

import streamlit as st
import torch
from torch import Tensor

from scratchmlp.analysis import evaluation, nearest
from scratchmlp.analysis.prediction import likeliest
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import probability_chart
from scratchmlp.data import datasets
from scratchmlp.figures import decimal, percent
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Run
from scratchmlp.ui import explanation, network_drawing, resources
from scratchmlp.ui.evaluate import comparison, gallery, state
from scratchmlp.ui.markdown import escape
from scratchmlp.ui.predictions import Predictions


def show(run: Run, predictions: Predictions, runs: dict[str, Run]) -> None:
    """The open sample, with buttons to its neighbours in the list that it was opened from."""
    index = state.now().sample
    if index is None:
        return
    _steps(index, *_list(index, run, predictions, runs))
    row: Any = predictions.table.loc[index]
    classes, truth, predicted = predictions.classes, int(row["truth"]), int(row["prediction"])
    name = predictions.name(index)
    heading = f"Picture {name}: a {classes[truth]}, predicted {classes[predicted]}"
    st.header(escape(heading), anchor=False)
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
        highest = percent(row["p_prediction"], 1)
        st.vega_lite_chart(
            probability_chart(classes, p.tolist(), truth, predicted),
            alt=f"Probabilities; highest {classes[predicted]} with {highest}.",
        )
    with right:
        contributions = explanation.units(predictions.network, image, predicted, other)
    explanation.pixels(predictions.network, image, predicted, other, contributions)
    st.subheader("The network, lit by this picture", anchor=False)
    network_drawing.of_image(run.id, predictions.step, predictions.examples.images[index])
    train = datasets.at_hand(run.dataset).train
    index_of = _index(run.id, predictions.step, run.dataset, len(train))
    explanation.neighbours(index_of, image, train.labels)
    _earlier_predictions(run.id, predictions.step, image, classes)


@st.cache_resource(show_spinner="Comparing with the training pictures …", max_entries=3)
def _index(run_id: str, step: int, dataset: str, n: int) -> nearest.Index:
    return nearest.build(resources.network(run_id, step), datasets.at_hand(dataset).train.images)


def _picture(predictions: Predictions, index: int, row: Any) -> None:
    names = [escape(name) for name in predictions.classes]
    st.image(image_urls.enlarge(predictions.examples.images[index]), width="stretch")
    st.caption(
        f"Probability of the truth, {names[int(row['truth'])]}: {percent(row['p_truth'])}. Of the "
        f"prediction, {names[int(row['prediction'])]}: {percent(row['p_prediction'])}. "
        f"Loss: {decimal(row['loss'], 2)} nats. File: {escape(str(predictions.files[index]))}"
    )


def _list(
    index: int, run: Run, predictions: Predictions, runs: dict[str, Run]
) -> tuple[str, list[int]]:
    """What the list is called that the sample was opened from, and the samples in it."""
    name = state.now().opened_from
    listed = comparison.listed(name, run, predictions, runs) if name else None
    if listed and index in listed:
        return f"in “{comparison.TITLES[name]}”", listed
    listed = gallery.filtered(predictions).index.tolist()
    if index in listed:
        return "in the gallery", listed
    return "of this split", predictions.table.index.tolist()


def _steps(index: int, title: str, order: list[int]) -> None:
    """Buttons to all samples, and to those before and after this one in `order`."""
    at = order.index(index)
    before = order[at - 1] if at > 0 else None
    after = order[at + 1] if at < len(order) - 1 else None
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
            on_click=state.change,
            kwargs={"sample": target},
            disabled=not enabled,
        )
    row.caption(f"{at + 1:,} of {len(order):,} {title}")


def _earlier_predictions(run_id: str, step: int, image: Tensor, classes: tuple[str, ...]) -> None:
    """What the checkpoints of the run predict, from the first epoch on."""
    predicted = []
    for network in _checkpoints(run_id, step):
        label = int(network.logits(image[None]).argmax())
        predicted.append(f"epoch {network.epoch}: **{escape(classes[label])}**")
    st.caption("Predictions after each stored " + ", ".join(predicted) + ".")


@st.cache_resource(show_spinner=False, max_entries=3)
def _checkpoints(run_id: str, step: int) -> list[Network]:
    """The networks that a run has stored so far; `step` is that of the last."""
    rows = resources.store().checkpoints(run_id)
    return [checkpoint_file.loads(bytes(row.network)) for row in rows]
