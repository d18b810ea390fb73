"""A run's predictions on a split, computed once for all visitors."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from scratchmlp.analysis import evaluation, explanation, projection
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.net.network import Network
from scratchmlp.runs.store import Run
from scratchmlp.ui import resources

SPLITS = {"test": "Test", "valid": "Validation", "train": "Training"}


@dataclass(frozen=True)
class Predictions:
    """One row of `table`, of `examples` and of `files` for each sample of the split.

    `source` is the dataset with the classes of the network.
    """

    run_id: str
    step: int  # of the checkpoint
    dataset: str
    split: str
    network: Network
    examples: Examples
    source: Dataset
    table: pd.DataFrame

    @property
    def split_id(self) -> tuple[str, str, str]:
        return self.run_id, self.dataset, self.split

    @property
    def classes(self) -> tuple[str, ...]:
        return self.network.classes

    def name(self, index: int) -> str:
        """A test picture's number; any other's file, because its number is only a position."""
        return str(index) if self.split == "test" else str(self.files[index])

    @property
    def is_mnist_test(self) -> bool:
        return evaluation.is_mnist_test(self.dataset, self.split)

    @cached_property
    def files(self) -> NDArray[np.str_]:
        return evaluation.names_of(self.source, self.network.config, self.split)

    @cached_property
    def by_source(self) -> list[evaluation.SourceAccuracy]:
        """The accuracy on each part of a joined dataset."""
        return evaluation.by_source(self.network, self.source, self.split)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """The cells of the confusion matrix."""
        return evaluation.confusion_table(self.table, self.classes)

    @cached_property
    def activations(self) -> NDArray[np.float32]:
        """Outputs of the last hidden layer, (n, units)."""
        images = torch.from_numpy(self.examples.images)
        outputs: NDArray[np.float32] = explanation.hidden_activations(self.network, images).numpy()
        return outputs

    @cached_property
    def pca(self) -> projection.Points:
        return projection.pca(self.activations)


def load_predictions(run: Run, dataset: str, split: str) -> Predictions:
    """The predictions of the run's last checkpoint."""
    step, _ = resources.store().last_checkpoint(run.id)
    return _predict(run.id, step, dataset, split)


@st.cache_resource(show_spinner=False, max_entries=20)  # 1.3 MB each, for as many visitors
def _predict(run_id: str, step: int, name: str, split: str) -> Predictions:
    network = resources.network(run_id, step)
    dataset = evaluation.match_classes(datasets.load(name), network.classes)
    examples = evaluation.split_of(dataset, network.config, split)
    table = evaluation.predict(network, examples)
    return Predictions(run_id, step, name, split, network, examples, dataset, table)


def forget() -> None:
    """Forget all predictions: they are computed again for the next visitor."""
    _predict.clear()
