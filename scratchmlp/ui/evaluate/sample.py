"""One picture in full: what the network answered, and what spoke for it and against."""

from typing import Any

import numpy as np
import streamlit as st
import torch

from scratchmlp.analysis import evaluation
from scratchmlp.charts import image_urls
from scratchmlp.charts.sample import probability_chart
from scratchmlp.data import datasets
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.store import Run
from scratchmlp.ui import explanation, predictions, session
from scratchmlp.ui.predictions import Predictions


def show(run: Run, seen: Predictions, index: int, order: list[int]) -> None:
    """The picture of that index, with steps to its neighbours in `order`."""
    _steps(index, order)
    row: Any = seen.table.loc[index]
    classes = seen.network.classes
    truth, answer = int(row["truth"]), int(row["prediction"])
    other = truth if truth != answer else _runner_up(seen, index)
    st.subheader(f"Picture {index}: a {classes[truth]}, answered {classes[answer]}", anchor=False)
    if seen.is_mnist_test and index in evaluation.KNOWN_MISLABELLED:
        st.info(
            "Five raters judged this label wrong (cleanlab/label-errors).", icon=":material/flag:"
        )
    left, middle, right = st.columns([1, 1.6, 1.8])
    image = torch.from_numpy(seen.examples.images[index])
    left.image(image_urls.enlarge(seen.examples.images[index]), width="stretch")
    left.caption(
        f"Probability of the truth, {classes[truth]}: {row['p_truth']:.2%}. "
        f"Of the answer, {classes[answer]}: {row['p_prediction']:.2%}. "
        f"Loss: {row['loss']:.2f} nats."
    )
    p = evaluation.probabilities(seen.table.loc[[index]])[0].tolist()
    with middle.container(key="probabilities"):
        st.altair_chart(
            probability_chart(classes, p, truth, answer),
            alt=f"Probabilities; highest {classes[answer]} with {row['p_prediction']:.1%}.",
        )
    with right:
        told = explanation.units(seen.network, image, answer, other)
    explanation.pixels(seen.network, image, answer, other, told)
    explanation.neighbours(seen.network, image, datasets.load(run.dataset).train)
    _history(run, image, classes)


def _steps(index: int, order: list[int]) -> None:
    """Back to all, and to the pictures before and after this one under the same filter."""
    at = order.index(index) if index in order else -1
    row = st.container(horizontal=True, vertical_alignment="center")
    row.button(
        "All pictures", key="back", icon=":material/arrow_back:", on_click=_open, args=[None]
    )
    before = order[at - 1] if at > 0 else None
    after = order[at + 1] if 0 <= at < len(order) - 1 else None
    for label, target, icon in (
        ("Previous", before, "chevron_left"),
        ("Next", after, "chevron_right"),
    ):
        row.button(
            label,
            key=label.lower(),
            icon=f":material/{icon}:",
            on_click=_open,
            args=[target],
            disabled=target is None,
        )
    if at >= 0:
        row.caption(f"{at + 1:,} of {len(order):,}")


def _open(index: int | None) -> None:
    predictions.show_picture(index)


def _runner_up(seen: Predictions, index: int) -> int:
    p = evaluation.probabilities(seen.table.loc[[index]])[0]
    return int(np.argsort(p)[-2])


def _history(run: Run, image: torch.Tensor, classes: tuple[str, ...]) -> None:
    """What the checkpoints that were kept answered, from the first epoch on."""
    said = []
    for row in session.store().checkpoints(run.id):
        network = checkpoint_file.loads(bytes(row.network))
        logits = network.logits(image[None])[0]
        said.append(f"after epoch {row.epoch}: **{classes[int(logits.argmax())]}**")
    st.caption("It answered " + ", ".join(said) + ".")
