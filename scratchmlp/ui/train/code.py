"""The code of a run, beside the numbers that it computes for one small batch."""

from typing import Literal, NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from scratchmlp import glossary
from scratchmlp.analysis import evaluation, walkthrough
from scratchmlp.analysis.walkthrough import Block, TensorView, Walkthrough
from scratchmlp.charts.image_urls import enlarge, strip_url
from scratchmlp.data import datasets
from scratchmlp.figures import decimal
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources, run_status, session
from scratchmlp.ui.train import absence

BATCH_SIZE = 8  # few enough that every number of a sum can be read


class Batch(NamedTuple):
    network: Network
    images: Tensor  # uint8 (B, 28, 28)
    labels: Tensor  # int64 (B,)


def show(run: Run) -> None:
    step, epoch = resources.store().last_checkpoint(run.id)
    blocks = {block.name: block for block in _blocks(run, step)}
    if not step:
        _wait(run)
        _all_code(blocks)
        return
    st.markdown(
        f"A batch of {BATCH_SIZE} training pictures goes through this network, as it was after "
        f"epoch {epoch}. You see every number, and beside it the code that computes it.",
        help=glossary.explain("batch", "logits", "softmax", "gradient"),
    )
    batch = _batch(run.id, step, run.config)
    st.image(_strip(batch), width="content")
    layer, i, j = _choose_weight(run, batch)
    walk = _walk(run.id, step, layer, i, j, batch)
    _stages(walk, blocks)
    _gradient(walk, layer, i, j)
    _all_code(blocks)


def _wait(run: Run) -> None:
    """Draw the page anew as soon as there is a checkpoint to take numbers from."""

    def look() -> None:
        with session.errors_shown():
            if resources.store().last_checkpoint(run.id)[0]:
                st.rerun()
            st.caption(absence.sentence(run, "numbers to show", "epoch"))

    st.fragment(look, run_every=run_status.seconds_between_looks(run))()


def _blocks(run: Run, step: int) -> list[Block]:
    classes = len(resources.network(run.id, step).classes) if step else 10
    return walkthrough.blocks(run.config, classes=classes)


@st.cache_resource(show_spinner=False, max_entries=6)
def _batch(run_id: str, step: int, config: TrainConfig) -> Batch:
    network = resources.network(run_id, step)
    dataset = evaluation.match_classes(datasets.load(config.dataset), network.classes)
    train = evaluation.split_of(dataset, config, "train").take(np.arange(BATCH_SIZE))
    return Batch(network, torch.from_numpy(train.images), torch.from_numpy(train.labels))


def _strip(batch: Batch) -> str:
    return strip_url(np.stack([enlarge(image, 2) for image in batch.images.numpy()]))


@st.cache_data(show_spinner=False, max_entries=50)
def _walk(run_id: str, step: int, layer: int, i: int, j: int, _batch: Batch) -> Walkthrough:
    return walkthrough.walk_through(*_batch, layer, i, j)


def _choose_weight(run: Run, batch: Batch) -> tuple[int, int, int]:
    """The weight to explain: layer from 1, row, column. At first, one with a steep gradient."""
    row = st.container(horizontal=True, vertical_alignment="bottom")
    depth = len(batch.network.params)
    layer = row.segmented_control(
        "Weights of layer", range(1, depth + 1), key="walk_layer", default=1, required=True
    )
    layer = min(int(layer or 1), depth)
    rows, columns = batch.network.params[layer - 1][0].shape
    first = walkthrough.steepest_weight(*batch, layer)
    key = f"walk_{run.id}_{layer}"
    label = "Row: the pixel it comes from" if layer == 1 else "Row: the unit it comes from"
    i = row.number_input(label, 0, rows - 1, first[0], key=f"{key}_i", width=220)
    j = row.number_input(
        "Column: the unit it goes to", 0, columns - 1, first[1], key=f"{key}_j", width=220
    )
    if layer == 1:
        row.caption(f"Pixel {i} is row {i // 28}, column {i % 28} of the picture.")
    return layer, int(i), int(j)


def _stages(walk: Walkthrough, blocks: dict[str, Block]) -> None:
    stages = {stage.name: stage for stage in [*walk.forward, *walk.backward]}
    chosen = st.segmented_control(
        f"Forward to the loss ({decimal(walk.loss)} nats), and backward",
        list(stages),
        key="walk_stage",
        default="z1",
        required=True,
    )
    stage = stages.get(str(chosen), walk.forward[1])  # another run may have had more layers
    block = blocks.get(walkthrough.block_of(stage.name))
    left, right = st.columns(2, gap="large")
    with left, st.container(key="walk_numbers"):
        _numbers(stage)
    if block:
        with right, st.container(key="walk_code"):
            _source(block)


def _numbers(stage: TensorView) -> None:
    shape = " x ".join(f"{n:,}" for n in stage.shape)
    st.markdown(f"`{stage.name} = {stage.formula}`")
    is_cut = stage.table.size < np.prod(stage.shape)
    some = "; these are some of them" if is_cut else ""
    st.caption(f"{shape} numbers{some}. Rows and columns count from 0.")
    st.dataframe(stage.table.map(_short), key="walk_table")


def _short(value: float) -> str:
    return decimal(value) if value == 0 or not abs(value) < 1e-3 else f"{value:.1e}"


def _source(block: Block) -> None:
    st.markdown(f"**{block.name}** · `{block.shapes}`")
    height: Literal["content"] | int = "content" if block.source.count("\n") < 16 else 440
    st.code(block.source, "python", height=height, wrap_lines=True)


def _gradient(walk: Walkthrough, layer: int, i: int, j: int) -> None:
    st.subheader("The gradient of one weight, three ways", anchor=False)
    st.caption(f"w{layer}[{i}, {j}] = {walk.weight:.5f}")
    row = st.container(horizontal=True, key="three_ways")
    row.metric("Chain rule", _precise(walk.by_hand), help=walk.formula)
    row.metric("Autograd", _precise(walk.by_autograd), help="PyTorch's loss.backward().")
    row.metric("Finite difference", _precise(walk.by_difference), help=_DIFFERENCE)
    st.caption(f"`{walk.formula}`: the input times the slope of the loss, summed over the batch.")
    terms = walk.terms.set_axis(walk.terms.index - 1).rename_axis("picture b")
    st.dataframe(terms.map(_precise), key="walk_terms", height="content")


_DIFFERENCE = "The loss with the weight plus e, less the loss with the weight minus e, over 2e."


def _precise(value: float) -> str:
    return f"{value + 0.0:.6g}"  # -0 is 0


def _all_code(blocks: dict[str, Block]) -> None:
    with st.expander("All the code this run uses, from the first weights to the loop"):
        name = st.pills("Part", list(blocks), key="code_block", default="The loop", required=True)
        _source(blocks.get(str(name)) or blocks["The loop"])
