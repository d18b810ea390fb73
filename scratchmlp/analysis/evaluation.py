"""How good a network is on a split, and every sample that it gets wrong.

`predict` makes one table with a row for each sample. All other functions take that table.
"""

import dataclasses
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from scratchmlp import on_demand
from scratchmlp.data import datasets, sources, splits
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.data.sources import file_names
from scratchmlp.errors import UserError
from scratchmlp.figures import decimal, percent
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.loss import log_softmax
from scratchmlp.net.network import Network

# Test samples of MNIST whose label five raters judged wrong (cleanlab/label-errors).
KNOWN_MISLABELLED = (
    *(947, 1621, 1901, 2130, 2462, 2597, 2654, 3520),
    *(3558, 5937, 6651, 6783, 8527, 9679, 9729),
)

# Test accuracy on MNIST, and who reported it; that of the listing is measured (`presets.PRESETS`).
KNOWN_RESULTS = {
    "the post's listing, run as printed": 0.736,
    "the post, as it reports": 0.87,
    "linear classifier (LeCun 1998)": 0.880,
    "3 nearest neighbours (LeCun's table)": 0.9691,
    "784-800-10 (Simard 2003)": 0.984,
    "784-800-10 with elastic distortions (Simard 2003)": 0.993,
    "six layers, 12 million weights, distortions (Cireșan 2010)": 0.9965,
}


def is_mnist_test(dataset: str, split: str) -> bool:
    """Whether `KNOWN_MISLABELLED` and `KNOWN_RESULTS` apply to these samples."""
    return (sources.parts(dataset)[0], split) == ("mnist", "test")


def known_results(accuracy: float) -> pd.DataFrame:
    """Columns what, test accuracy: results on MNIST from the lowest, with this run's among them."""
    rows = sorted([*KNOWN_RESULTS.items(), ("this run", accuracy)], key=lambda row: row[1])
    formatted = [(what, percent(share)) for what, share in rows]
    return pd.DataFrame(formatted, columns=["what", "test accuracy"])


def split_of(dataset: Dataset, config: TrainConfig, split: str) -> Examples:
    """The test samples, or the training or validation samples of a run with this configuration.

    Raises
    ------
    UserError
        There is no such split, or it has no samples.
    """
    if split == "test":
        if not len(dataset.test):
            raise UserError(f"{dataset.name} has no test pictures: choose valid or train.")
        return dataset.test
    return dataset.train.take(_training_rows(dataset, config, split))


def names_of(dataset: Dataset, config: TrainConfig, split: str) -> NDArray[np.str_]:
    """What each sample of `split_of` is called: by its file, as in testing/7/12.png."""
    if split == "test":
        return file_names(dataset, "test")
    return file_names(dataset, "train")[_training_rows(dataset, config, split)]


def _training_rows(dataset: Dataset, config: TrainConfig, split: str) -> NDArray[np.int64]:
    if split not in ("train", "valid"):
        raise UserError(f"split cannot be {split}: it must be one of test, valid, train.")
    train, valid = splits.divide(dataset.train.labels, config)
    if split == "valid" and not len(valid):
        raise UserError("This run has no validation pictures: choose test or train.")
    return valid if split == "valid" else train


class SourceAccuracy(NamedTuple):
    """The accuracy on one part of a joined dataset."""

    dataset: str
    pictures: int
    accuracy: float


def by_source(network: Network, dataset: Dataset, split: str) -> list[SourceAccuracy]:
    """The accuracy on each part of a joined dataset; [] if nothing was joined.

    "test" stands for each part's own test split: that of the joined dataset is the first part's.
    A part without pictures in this split is left out.
    """
    found = []
    for part, examples in _examples_by_source(network, dataset, split):
        _, accuracy = network.evaluate(examples)
        if accuracy is not None:
            found.append(SourceAccuracy(part, len(examples), accuracy))
    return found


def _examples_by_source(
    network: Network, dataset: Dataset, split: str
) -> Iterator[tuple[str, Examples]]:
    if split == "test":
        for part in dataset.parts:
            yield part.name, match_classes(datasets.load(part.name), network.classes).test
        return
    if not dataset.parts:
        return
    rows = _training_rows(dataset, network.config, split)
    of_row = np.repeat(np.arange(len(dataset.parts)), [part.n for part in dataset.parts])[rows]
    for i, part in enumerate(dataset.parts):
        yield part.name, dataset.train.take(rows[of_row == i])


def match_classes(dataset: Dataset, classes: tuple[str, ...]) -> Dataset:
    """The dataset with its labels numbered as `classes`, which are a network's.

    Raises
    ------
    UserError
        The dataset has a class that is not among them.
    """
    unknown = [name for name in dataset.classes if name not in classes]
    if unknown:
        raise UserError(
            f"This network knows the classes {', '.join(classes)}, and {dataset.name} has "
            f"{', '.join(unknown[:5])}: choose another dataset or another run."
        )
    if dataset.classes == classes:
        return dataset
    number = np.array([classes.index(name) for name in dataset.classes], dtype=np.int64)
    train, test = (Examples(e.images, number[e.labels]) for e in (dataset.train, dataset.test))
    return dataclasses.replace(dataset, classes=classes, train=train, test=test)


def predict(network: Network, examples: Examples) -> pd.DataFrame:
    """A row for each sample; the index is the sample's row in `examples`.

    Columns: truth, prediction (labels), correct (bool), p_truth and p_prediction (probabilities of
    the truth and of the prediction), loss (nats), margin (p_prediction minus the second highest
    probability), and the probability of each class as p0, p1, …
    """
    log_probs = log_softmax(network.logits(torch.from_numpy(examples.images)).double())
    p, truth = log_probs.exp().numpy(), examples.labels
    rows = np.arange(len(truth))
    predictions = p.argmax(axis=1)
    top_two = np.sort(p, axis=1)[:, -2:] if p.shape[1] > 1 else np.pad(p, ((0, 0), (1, 0)))
    columns = {
        "truth": truth,
        "prediction": predictions,
        "correct": truth == predictions,
        "p_truth": p[rows, truth],
        "p_prediction": p[rows, predictions],
        "loss": -log_probs.numpy()[rows, truth],
        "margin": top_two[:, 1] - top_two[:, 0],
    }
    table = pd.DataFrame(columns | {f"p{label}": p[:, label] for label in range(p.shape[1])})
    return table.rename_axis("index")


def probabilities(table: pd.DataFrame) -> NDArray[np.float64]:
    """(n, classes), from the columns p0, p1, … of the table."""
    return table[[c for c in table.columns if c[0] == "p" and c[1:].isdigit()]].to_numpy()


def as_csv(table: pd.DataFrame, classes: tuple[str, ...], files: NDArray[np.str_]) -> str:
    """Every prediction as CSV: index, file, class names, loss, margin, probabilities."""
    names = np.array(classes)
    out = table[["loss", "margin"]].copy()
    out.insert(0, "truth", names[table["truth"]])
    out.insert(1, "prediction", names[table["prediction"]])
    out.insert(0, "file", files[table.index])
    for label, name in enumerate(classes):
        out[f"p({name})"] = table[f"p{label}"]
    return out.to_csv(float_format="%.6g")


def wilson_interval(correct: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """The 95% interval of a share (Wilson 1927). It is also valid near 0 and 1."""
    if not n:
        return 0.0, 1.0
    share = correct / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


class Summary(NamedTuple):
    """`interval` is the 95% interval of the accuracy; `loss` is the mean in nats."""

    n: int
    errors: int
    accuracy: float
    interval: tuple[float, float]
    loss: float


def summary(table: pd.DataFrame) -> Summary:
    n, correct = len(table), int(table["correct"].sum())
    interval = wilson_interval(correct, n)
    if not n:
        return Summary(0, 0, 0.0, interval, 0.0)
    return Summary(n, n - correct, correct / n, interval, float(table["loss"].mean(skipna=False)))


def nats(loss: float) -> str:
    """As a page prints it: 0.0612 nats, 5.2e17 nats, or NaN."""
    return f"{decimal(loss)} nats" if np.isfinite(loss) else decimal(loss)


def without_mislabelled(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of MNIST's test split whose label is not known to be wrong."""
    return table[~table.index.isin(KNOWN_MISLABELLED)]


def confusion_matrix(table: pd.DataFrame, n_classes: int) -> NDArray[np.int64]:
    """Counts (classes, classes): rows are the truth, columns the prediction."""
    cells = table["truth"].to_numpy() * n_classes + table["prediction"].to_numpy()
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def confusion_table(table: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each cell of the matrix: truth, prediction (names), count, rate (of the truth)."""
    counts = confusion_matrix(table, len(classes))
    totals = counts.sum(axis=1, keepdims=True).clip(min=1)
    truth, predictions = np.indices(counts.shape)
    names = np.array(classes)
    return pd.DataFrame(
        {
            "truth": names[truth.ravel()],
            "prediction": names[predictions.ravel()],
            "count": counts.ravel(),
            "rate": (counts / totals).ravel(),
        }
    )


def per_class(table: pd.DataFrame, classes: tuple[str, ...]) -> pd.DataFrame:
    """A row for each class: pictures, predictions, precision, recall and F1."""
    counts = confusion_matrix(table, len(classes))
    metrics = on_demand.load("sklearn.metrics")
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        table["truth"], table["prediction"], labels=range(len(classes)), zero_division=0.0
    )
    return pd.DataFrame(
        {
            "class": classes,
            "pictures": counts.sum(axis=1),
            "predictions": counts.sum(axis=0),
            "precision": precision,
            "recall": recall,
            "F1": f1,
        }
    )


def classes_by_errors(table: pd.DataFrame, classes: tuple[str, ...]) -> list[str]:
    """Names of the classes; first the one with the most errors, as truth or as prediction."""
    counts = confusion_matrix(table, len(classes))
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    return [classes[label] for label in np.argsort(-wrong, kind="stable")]


GALLERY_ORDERS = {
    "highest loss": ("loss", False),
    "narrowest margin": ("margin", True),
    "highest confidence": ("p_prediction", False),
    "dataset order": ("index", True),
}


def select(
    table: pd.DataFrame,
    truth: int | None = None,
    prediction: int | None = None,
    min_confidence: float = 0.0,
    max_confidence: float = 1.0,
    with_correct: bool = False,
    only_mislabelled: bool = False,
    indices: NDArray[np.int64] | None = None,
    order: str = "highest loss",
) -> pd.DataFrame:
    """The rows that a gallery shows: filtered, then sorted by one of `GALLERY_ORDERS`.

    Parameters
    ----------
    truth, prediction : labels to keep; None keeps all.
    min_confidence, max_confidence : the range of the prediction's probability to keep.
    with_correct : keep correct predictions too.
    only_mislabelled : keep only samples in `KNOWN_MISLABELLED`.
    indices : keep only these samples.
    """
    confidence = table["p_prediction"]
    keep = ~((confidence < min_confidence) | (confidence > max_confidence))  # a NaN stays
    if truth is not None:
        keep &= table["truth"] == truth
    if prediction is not None:
        keep &= table["prediction"] == prediction
    if not with_correct:
        keep &= ~table["correct"]
    if only_mislabelled:
        keep &= table.index.isin(KNOWN_MISLABELLED)
    if indices is not None:
        keep &= table.index.isin(indices)
    column, ascending = GALLERY_ORDERS[order]
    return table[keep].sort_values([column, "index"], ascending=[ascending, True])
