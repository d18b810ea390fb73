"""What a diagnosis finds in the pictures that a run learned from."""

import numpy as np

from scratchmlp.analysis.findings import Finding
from scratchmlp.data.datasets import Dataset
from scratchmlp.figures import percent

FEW_BLANK = 0.01  # share of blank pictures from which they are a problem
MOSTLY_BLANK = 0.5  # share from which nothing else needs to be explained
UNEVEN = 5  # times the smallest class


def findings(dataset: Dataset) -> list[Finding]:
    """The problems of a dataset's training pictures, the most serious first."""
    found = one_class(dataset), blank_pictures(dataset), uneven_classes(dataset)
    return [finding for finding in found if finding]


def one_class(dataset: Dataset) -> Finding | None:
    present = np.unique(dataset.train.labels)
    if len(present) != 1:
        return None
    return Finding(
        "all labels are one",
        "error",
        f"All {len(dataset.train):,} training pictures are of class {dataset.classes[present[0]]}.",
        "With one class there is nothing to tell apart: 100% correct means nothing.",
        "Add pictures of another class.",
        {},
    )


def blank_pictures(dataset: Dataset) -> Finding | None:
    images = dataset.train.images
    blank = (images == images[:, :1, :1]).all(axis=(1, 2)) if len(images) else np.zeros(1)
    share = float(blank.mean())
    if share < FEW_BLANK:
        return None
    return Finding(
        "blank pictures",
        "error" if share >= MOSTLY_BLANK else "warning",
        f"{percent(share, 1)} of the {len(images):,} training pictures are blank.",
        "A picture without ink looks the same for every class, so it teaches nothing.",
        "Look at the files of these pictures: remove them, or draw their ink in another colour "
        "than their paper.",
        {},
    )


def uneven_classes(dataset: Dataset) -> Finding | None:
    counts = np.bincount(dataset.train.labels, minlength=len(dataset.classes))
    least, most = int(counts.argmin()), int(counts.argmax())
    if len(counts) < 2 or counts[most] < UNEVEN * counts[least]:
        return None
    return Finding(
        "uneven classes",
        "warning",
        f"Class {dataset.classes[most]} has {counts[most]:,} training pictures, "
        f"class {dataset.classes[least]} has {counts[least]:,}.",
        "The accuracy is mostly that of large classes, and the network guesses these more often.",
        "Add pictures of the small classes. The confusion matrix on Evaluate shows how each does.",
        {},
    )
