"""Does the confidence of a network (its prediction's probability) match its accuracy?"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp import on_demand
from scratchmlp.analysis.evaluation import probabilities, wilson_interval

CONFIDENCE_BINS = 15  # as in Guo et al. 2017


def reliability(table: pd.DataFrame, bins: int = CONFIDENCE_BINS) -> pd.DataFrame:
    """A row for each range of confidence that has samples.

    Ranges are equally wide; `confidence` and `accuracy` are means over the samples in the range;
    `lowest` and `highest` are the 95% interval of the accuracy.
    """
    table = table.dropna(subset=["p_prediction"])  # of a network whose outputs are NaN
    place = np.minimum((table["p_prediction"] * bins).astype(int), bins - 1)
    groups = table.groupby(place)
    out = pd.DataFrame(
        {
            "n": groups.size(),
            "confidence": groups["p_prediction"].mean(),
            "accuracy": groups["correct"].mean(),
        }
    )
    correct = groups["correct"].sum()
    intervals = [wilson_interval(*counts) for counts in zip(correct, out["n"], strict=True)]
    out["lowest"], out["highest"] = np.array(intervals).reshape(-1, 2).T
    out.insert(0, "low", out.index / bins)
    out.insert(1, "high", (out.index + 1) / bins)
    return out.reset_index(drop=True)


def expected_calibration_error(table: pd.DataFrame, bins: int = CONFIDENCE_BINS) -> float:
    """Mean distance of accuracy from confidence, weighted by samples (Guo et al. 2017, eq. 3).

    NaN if a confidence is NaN.
    """
    if table["p_prediction"].isna().any():
        return float("nan")
    rows = reliability(table, bins)
    distance = (rows["accuracy"] - rows["confidence"]).abs()
    return float((distance * rows["n"]).sum() / max(1, len(table)))


def fit_temperature(table: pd.DataFrame) -> float:
    """The temperature T that minimises the loss of the logits / T (Guo et al. 2017).

    Fit it on validation samples, then use it on others. T > 1 means that the network was
    overconfident.
    """
    log_p, truth = _log(probabilities(table)), table["truth"].to_numpy()
    rows = np.arange(len(truth))

    def loss(log_t: float) -> float:
        return float(-_log_softmax(log_p / np.exp(log_t))[rows, truth].mean())

    optimize = on_demand.load("scipy.optimize")
    return float(np.exp(optimize.minimize_scalar(loss, bounds=(-3.0, 3.0), method="bounded").x))


def with_temperature(table: pd.DataFrame, temperature: float) -> pd.DataFrame:
    """The same predictions with logits / `temperature`, without the columns p0, p1, …"""
    log_p = _log_softmax(_log(probabilities(table)) / temperature)
    p, rows = np.exp(log_p), np.arange(len(table))
    out = table[["truth", "prediction", "correct"]].copy()
    out["p_truth"], out["p_prediction"] = p[rows, out["truth"]], p[rows, out["prediction"]]
    out["loss"] = -log_p[rows, out["truth"]]
    return out


def abstention(table: pd.DataFrame) -> pd.DataFrame:
    """Accuracy if only the most confident predictions count.

    Columns: share (of the predictions that count), accuracy, confidence (the lowest that counts).
    """
    by_confidence = table.sort_values("p_prediction", ascending=False)
    counted = np.arange(1, len(table) + 1)
    out = pd.DataFrame(
        {
            "share": counted / max(1, len(table)),
            "accuracy": by_confidence["correct"].cumsum().to_numpy() / counted,
            "confidence": by_confidence["p_prediction"].to_numpy(),
        }
    )
    keep = np.unique(np.linspace(0, max(0, len(out) - 1), 400).astype(int))  # enough for a chart
    return out.iloc[keep] if len(out) else out


def _log(p: NDArray[np.float64]) -> NDArray[np.float64]:
    logs: NDArray[np.float64] = np.log(np.maximum(p, 1e-300))
    return logs


def _log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max(axis=1, keepdims=True)
    out: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return out
