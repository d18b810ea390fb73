"""How good a network is on a split, and everything it gets wrong.

`answer` makes one table with a row for each picture; all else is read off that table.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from sklearn import metrics

from scratchmlp.data import splits
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import log_softmax
from scratchmlp.net.network import Network

# Test images of MNIST whose label five raters each judged wrong (cleanlab/label-errors).
KNOWN_MISLABELLED = (
    *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520),
    *(3558, 5937, 6651, 6783, 8527, 9679, 9729),
)

# Share of MNIST's test images answered right, and who reported it.
LADDER = {
    "linear classifier (LeCun 1998)": 0.880,
    "3 nearest neighbours (LeCun's table)": 0.9691,
    "784-800-10 (Simard 2003)": 0.984,
    "784-800-10 with elastic warps (Simard 2003)": 0.993,
    "six layers, 12 million weights, warps (Cireșan 2010)": 0.9965,
}


def ladder(accuracy: float) -> pd.DataFrame:
    """Known results on MNIST's test images with this one among them, the lowest first."""
    rows = sorted([*LADDER.items(), ("this run", accuracy)], key=lambda row: row[1])
    shown = [(what, f"{share:.2%}") for what, share in rows]
    return pd.DataFrame(shown, columns=["what", "test accuracy"])


def part(dataset: Dataset, config: TrainConfig, split: str) -> Examples:
    """The pictures of a split: the test ones, or those a run of this configuration used.

    Raises
    ------
    UserError
        There is no such split, or the run kept no pictures to validate.
    """
    if split == "test":
        return dataset.test
    if split not in ("train", "valid"):
        raise UserError(f"split cannot be {split}: it must be one of test, valid, train.")
    train, valid = splits.train_valid_split(len(dataset.train), config.valid_pct, config.split_seed)
    if split == "valid" and not len(valid):
        raise UserError("This run kept no pictures to validate: choose test or train.")
    return dataset.train.take(valid if split == "valid" else train)


def renamed(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    """The dataset with its labels numbered as a network's classes are.

    Raises
    ------
    UserError
        It has a class that the network does not know.
    """
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise UserError(
            f"This network tells {', '.join(classes)} apart, and {dataset.name} has "
            f"{', '.join(unknown[:5])}: choose other pictures or another run."
        )
    if dataset.classes == classes:
        return dataset
    number = np.array([classes.index(name) for name in dataset.classes], dtype=np.int64)
    train, test = (Examples(e.images, number[e.labels]) for e in (dataset.train, dataset.test))
    return Dataset(dataset.name, classes, train, test, dataset.root)


def predict(network: Network, examples: Examples) -> pd.DataFrame:
    """A row for each picture, its index the picture's.

    Columns: truth, answer (labels), right, p_truth and p_prediction (probabilities of the truth and
    of the answer), loss (nats), margin (p_prediction minus the runner-up's probability), and one
    column of probabilities for each class, named p0, p1, …
    """
    log_probs = log_softmax(network.logits(torch.from_numpy(examples.images)).double())
    p, truth = log_probs.exp().numpy(), examples.labels
    rows = np.arange(len(truth))
    answers = p.argmax(axis=1)
    two = np.sort(p, axis=1)[:, -2:] if p.shape[1] > 1 else np.pad(p, ((0, 0), (1, 0)))
    columns = {
        "truth": truth,
        "prediction": answers,
        "correct": truth == answers,
        "p_truth": p[rows, truth],
        "p_prediction": p[rows, answers],
        "loss": -log_probs.numpy()[rows, truth],
        "margin": two[:, 1] - two[:, 0],
    }
    table = pd.DataFrame(columns | {f"p{label}": p[:, label] for label in range(p.shape[1])})
    return table.rename_axis("index")


def probabilities(table: pd.DataFrame) -> NDArray[np.float64]:
    """(n, classes), from the table's last columns."""
    return table[[c for c in table.columns if c[0] == "p" and c[1:].isdigit()]].to_numpy()


def as_csv(table: pd.DataFrame, classes: tuple[str, ...]) -> str:
    """Every answer as CSV: index, names of truth and answer, loss, margin, probabilities."""
    names = np.array(classes)
    out = table[["loss", "margin"]].copy()
    out.insert(0, "truth", names[table["truth"]])
    out.insert(1, "prediction", names[table["prediction"]])
    for label, name in enumerate(classes):
        out[f"p({name})"] = table[f"p{label}"]
    return out.to_csv(float_format="%.6g")


def wilson(right: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927): unlike share ± 2 s, right near 0 and 1 as well."""
    if not n:
        return 0.0, 1.0
    share = right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


class Summary(NamedTuple):
    """`interval` is the accuracy's 95% interval; `loss` the mean in nats."""

    n: int
    errors: int
    accuracy: float
    interval: tuple[float, float]
    loss: float


def summary(table: pd.DataFrame) -> Summary:
    n, right = len(table), int(table["correct"].sum())
    if not n:
        return Summary(0, 0, 0.0, wilson(0, 0), 0.0)
    return Summary(n, n - right, right / n, wilson(right, n), float(table["loss"].mean()))


def without_mislabelled(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of MNIST's test split whose label is not known to be wrong."""
    return table[~table.index.isin(KNOWN_MISLABELLED)]


def confusion(table: pd.DataFrame, n_classes: int) -> NDArray[np.int64]:
    """Counts (classes, classes): rows are the truth, columns the answer."""
    labels = range(n_classes)
    counts: NDArray[np.int64] = metrics.confusion_matrix(
        table["truth"], table["prediction"], labels=list(labels)
    )
    return counts


def confused(table: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each cell of the matrix: truth, answer (names), count, and rate of its truth."""
    counts = confusion(table, len(classes))
    totals = counts.sum(axis=1, keepdims=True).clip(min=1)
    truth, answers = np.indices(counts.shape)
    names = np.array(classes)
    return pd.DataFrame(
        {
            "truth": names[truth.ravel()],
            "prediction": names[answers.ravel()],
            "count": counts.ravel(),
            "rate": (counts / totals).ravel(),
        }
    )


def per_class(table: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each class: pictures, answers, precision, recall and F1."""
    counts = confusion(table, len(classes))
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        table["truth"], table["prediction"], labels=range(len(classes)), zero_division=0.0
    )
    return pd.DataFrame(
        {
            "class": classes,
            "pictures": counts.sum(axis=1),
            "answers": counts.sum(axis=0),
            "precision": precision,
            "recall": recall,
            "F1": f1,
        }
    )


def by_errors(table: pd.DataFrame, classes: tuple[str, ...]) -> list[str]:
    """Names of the classes, those most often taken wrongly (for or by another) first."""
    counts = confusion(table, len(classes))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return [classes[label] for label in np.argsort(-wrong, kind="stable")]


ORDERS = {
    "loss, highest first": ("loss", False),
    "margin, narrowest first": ("margin", True),
    "confidence, surest first": ("p_prediction", False),
    "index": ("index", True),
}


def chosen(
    table: pd.DataFrame,
    truth: int | None = None,
    answer: int | None = None,
    least: float = 0.0,
    most: float = 1.0,
    right_too: bool = False,
    mislabelled: bool = False,
    among: NDArray[np.int64] | None = None,
    order: str = "loss, highest first",
) -> pd.DataFrame:
    """The rows a gallery shows: filtered, then sorted by one of `ORDERS`.

    Parameters
    ----------
    truth, answer : labels to keep; None keeps all.
    least, most : the range of the answer's probability to keep.
    right_too : keep those answered right as well.
    mislabelled : keep only the known mislabelled.
    among : keep only pictures of these indices.
    """
    keep = table["p_prediction"].between(least, most)
    if truth is not None:
        keep &= table["truth"] == truth
    if answer is not None:
        keep &= table["prediction"] == answer
    if not right_too:
        keep &= ~table["correct"]
    if mislabelled:
        keep &= table.index.isin(KNOWN_MISLABELLED)
    if among is not None:
        keep &= table.index.isin(among)
    column, ascending = ORDERS[order]
    return table[keep].sort_values([column, "index"], ascending=[ascending, True])
