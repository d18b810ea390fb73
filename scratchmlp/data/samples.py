"""Chooses pictures that show what a dataset is: several of its classes, and always the same ones.

They are what the network sees, so a wrong polarity or transposed pictures are noticed in time.
"""

import numpy as np

from scratchmlp.data.types import Examples

SEED = 1


def nine(examples: Examples) -> Examples:
    """Nine pictures of as many different classes as there are, in the order of the classes."""
    random = np.random.default_rng(SEED).permutation(len(examples))
    labels = examples.labels[random]
    seen = np.zeros(len(labels), dtype=np.int64)  # how many of its class come before each
    order = np.argsort(labels, kind="stable")
    counts = np.unique(labels, return_counts=True)[1]
    seen[order] = np.concatenate([np.arange(count) for count in counts] or [seen[:0]])
    chosen = random[np.argsort(seen, kind="stable")[:9]]
    return examples.take(chosen[np.argsort(examples.labels[chosen], kind="stable")])
