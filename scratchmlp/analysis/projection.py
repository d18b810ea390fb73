"""Embedding map: samples as points in two dimensions, similar samples close together."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp import on_demand

Points = NDArray[np.float64]

ITERATIONS = 250, 500  # with early exaggeration, then without: openTSNE's defaults


def pca(activations: NDArray[np.float32]) -> Points:
    """(n, units) -> (n, 2): the two directions in which the activations vary most."""
    wide = activations if activations.shape[1] > 1 else np.pad(activations, ((0, 0), (0, 1)))
    finite = np.nan_to_num(wide.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    decomposition = on_demand.load("sklearn.decomposition")
    points: Points = decomposition.PCA(2, random_state=0).fit_transform(finite)
    return points


def tsne(
    activations: NDArray[np.float32],
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Points:
    """(n, units) -> (n, 2) by t-SNE (van der Maaten & Hinton 2008), initialised with the PCA.

    `on_progress` is called with the number of iterations done and in total. It may raise to stop.
    """
    open_tsne = on_demand.load("openTSNE")
    done = 0

    def callback(iteration: int, error: float, embedding: object) -> None:
        nonlocal done
        done += 10
        on_progress(done, sum(ITERATIONS))

    fitted = open_tsne.TSNE(
        perplexity=min(30, max(1, (len(activations) - 1) // 3)),
        initialization=_scaled(pca(activations)),
        early_exaggeration_iter=ITERATIONS[0],
        n_iter=ITERATIONS[1],
        callbacks=callback,
        callbacks_every_iters=10,
        random_state=0,
        n_jobs=1,
    ).fit(activations.astype(np.float64))
    return np.asarray(fitted)


def _scaled(points: Points) -> Points:
    """Scaled to a standard deviation of 0.0001, as the initialisation of t-SNE should be."""
    return points / max(float(points[:, 0].std()), 1e-12) * 1e-4


def sample_rows(
    table: pd.DataFrame,
    points: Points,
    max_correct: int = 1500,
    max_wrong: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """As many rows as a map can show, with columns x and y: correct ones first, then wrong ones.

    Parameters
    ----------
    table : from `evaluation.predict`, a row for each point.
    max_correct : how many correct predictions, drawn at random.
    max_wrong : how many wrong predictions, those with the highest loss.
    """
    located = table.assign(x=points[:, 0], y=points[:, 1])
    wrong = located[~located["correct"]].nlargest(max_wrong, "loss")
    correct = located[located["correct"]]
    drawn = correct.sample(min(max_correct, len(correct)), random_state=seed)
    return pd.concat([drawn.sort_index(), wrong])


def in_rectangle(
    points: Points, x: tuple[float, float], y: tuple[float, float]
) -> NDArray[np.int64]:
    """Rows of the points in a rectangle, including its edges."""
    (left, right), (low, high) = sorted(x), sorted(y)
    inside = (points[:, 0] >= left) & (points[:, 0] <= right)
    inside &= (points[:, 1] >= low) & (points[:, 1] <= high)
    return np.flatnonzero(inside)
