"""A map of pictures: points that lie close are alike to the network."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.decomposition import PCA

Points = NDArray[np.float64]

ITERATIONS = 250, 500  # exaggerated, then plain: openTSNE's own numbers


def pca(activations: NDArray[np.float32]) -> Points:
    """(n, units) -> (n, 2): the two directions in which the activations vary most."""
    wide = activations if activations.shape[1] > 1 else np.pad(activations, ((0, 0), (0, 1)))
    points: Points = PCA(2, random_state=0).fit_transform(wide.astype(np.float64))
    return points


def tsne(
    activations: NDArray[np.float32], tell: Callable[[int, int], None] = lambda done, total: None
) -> Points:
    """(n, units) -> (n, 2) by t-SNE (van der Maaten & Hinton 2008), begun from the PCA.

    `tell` hears of the iterations done and their number; it may raise to end the work.
    """
    from openTSNE import TSNE  # takes two seconds to import

    done = 0

    def heard(iteration: int, error: float, embedding: object) -> None:
        nonlocal done
        done += 10
        tell(done, sum(ITERATIONS))

    fitted = TSNE(
        perplexity=min(30, max(1, (len(activations) - 1) // 3)),
        initialization=_small(pca(activations)),
        early_exaggeration_iter=ITERATIONS[0],
        n_iter=ITERATIONS[1],
        callbacks=heard,
        callbacks_every_iters=10,
        random_state=0,
        n_jobs=1,
    ).fit(activations.astype(np.float64))
    return np.asarray(fitted)


def _small(points: Points) -> Points:
    """As t-SNE wants to begin: a standard deviation of 0.0001."""
    return points / max(float(points[:, 0].std()), 1e-12) * 1e-4


def drawn(
    table: pd.DataFrame, points: Points, right: int = 1500, wrong: int = 1000, seed: int = 0
) -> pd.DataFrame:
    """The rows a map can show, with x and y: the worst wrong answers over some of the right ones.

    Parameters
    ----------
    table : as `evaluation.answer` makes it, a row for each point.
    right, wrong : how many at most; the wrong are those of highest loss.
    """
    placed = table.assign(x=points[:, 0], y=points[:, 1])
    errors = placed[~placed["correct"]].nlargest(wrong, "loss")
    others = placed[placed["correct"]]
    some = others.sample(min(right, len(others)), random_state=seed)
    return pd.concat([some.sort_index(), errors])


def within(points: Points, x: tuple[float, float], y: tuple[float, float]) -> NDArray[np.int64]:
    """Rows of the points in a rectangle, its edges included."""
    (left, right), (low, high) = sorted(x), sorted(y)
    inside = (points[:, 0] >= left) & (points[:, 0] <= right)
    inside &= (points[:, 1] >= low) & (points[:, 1] <= high)
    return np.flatnonzero(inside)
