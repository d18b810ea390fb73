"""Finds likely label errors among training samples, with networks that did not train on them.

Confident learning (Northcutt, Jiang & Chuang 2021): a network that trained on other samples gives
the probabilities of each sample, and cleanlab ranks how well they fit its label. No label changes.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from scratchmlp import on_demand
from scratchmlp.data.datasets import Examples
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Diverged, Finished, State, Step
from scratchmlp.net.learner import steps_per_epoch
from scratchmlp.net.loss import log_softmax
from scratchmlp.net.network import Network
from scratchmlp.net.training import fit

N_FOLDS = 4
FOLD_CONFIG = replace(presets.MODERN, valid_pct=0.0)
METHOD = "self_confidence"  # the cleanlab method that finds most errors: docs/experiments.md
OnProgress = Callable[[int, int], None]


def out_of_fold(
    examples: Examples,
    on_progress: OnProgress = lambda done, total: None,
    config: TrainConfig = FOLD_CONFIG,
) -> NDArray[np.float64]:
    """Probabilities (n, classes) for each sample, by a network trained without it.

    `on_progress` is called with the number of steps done and in total. It may raise to stop.
    """
    n_classes = int(examples.labels.max()) + 1
    p = np.zeros((len(examples), n_classes))
    done = 0
    for others, fold in _folds(examples.labels):
        train = examples.take(others)
        total = N_FOLDS * steps_per_epoch(config, len(train)) * config.epochs
        for event in fit(config, train, examples.take(fold[:0])):
            if isinstance(event, Step):
                done += 1
                on_progress(min(done, total), total)
        assert isinstance(event, Finished | Diverged)
        p[fold] = _probabilities(config, event.state, examples.images[fold])
    return p


def _folds(labels: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Rows to train on and rows to predict: stratified, and each row is predicted once."""
    smallest = int(np.bincount(labels)[np.unique(labels)].min())
    selection = on_demand.load("sklearn.model_selection")
    folds = selection.StratifiedKFold(min(N_FOLDS, max(2, smallest)), shuffle=True, random_state=0)
    yield from folds.split(labels, labels)


def _probabilities(
    config: TrainConfig, state: State, images: NDArray[np.uint8]
) -> NDArray[np.float64]:
    names = tuple(str(i) for i in range(state.params[-1][1].shape[0]))
    network = Network(config, state.params, state.mean, state.std, names, state.step, state.epoch)
    p: NDArray[np.float64] = (
        log_softmax(network.logits(torch.from_numpy(images)).double()).exp().numpy()
    )
    return p


def rank(labels: NDArray[np.int64], p: NDArray[np.float64]) -> dict[str, NDArray]:
    """cleanlab's judgement of each label, from out-of-fold probabilities `p` (n, classes).

    Returns
    -------
    dict
        Arrays of shape (n,): quality (0 bad to 1 good), issue (bool: likely a label error), answer
        (the predicted label), p_label and p_answer (probabilities of the two labels).
    """
    from cleanlab.filter import find_label_issues  # takes two seconds to import
    from cleanlab.rank import get_label_quality_scores

    rows, prediction = np.arange(len(labels)), p.argmax(axis=1)
    return {
        "quality": get_label_quality_scores(labels, p, method=METHOD),
        "issue": find_label_issues(labels, p, n_jobs=1, min_examples_per_class=0),
        "answer": prediction,
        "p_label": p[rows, labels],
        "p_answer": p[rows, prediction],
    }


def table(labels: NDArray[np.int64], ranked: dict[str, NDArray]) -> pd.DataFrame:
    """A row for each sample, the lowest quality first; columns as in `evaluation.predict`."""
    columns = {
        "truth": labels,
        "prediction": ranked["answer"],
        "correct": labels == ranked["answer"],
        "p_truth": ranked["p_label"],
        "p_prediction": ranked["p_answer"],
        "quality": ranked["quality"],
        "issue": ranked["issue"],
    }
    return pd.DataFrame(columns).rename_axis("index").sort_values(["quality", "index"])


def as_csv(table: pd.DataFrame, classes: tuple[str, ...], files: NDArray[np.str_]) -> str:
    """The table as CSV; `is_label_error` is what cleanlab finds."""
    names = np.array(classes)
    out = pd.DataFrame(
        {
            "file": files[table.index],
            "label": names[table["truth"]],
            "prediction": names[table["prediction"]],
            "p_label": table["p_truth"],
            "p_prediction": table["p_prediction"],
            "quality": table["quality"],
            "is_label_error": table["issue"],
        },
        index=table.index,
    )
    return out.to_csv(float_format="%.6g")
