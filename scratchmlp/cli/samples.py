"""Nine samples of a dataset as letters on a terminal, as the network will see them."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from scratchmlp.data.datasets import Dataset
from scratchmlp.data.samples import nine

SHADES = " .:-=+*#%@"  # from paper to ink
COLUMNS, LINES = 24, 12  # of a picture: a letter is twice as high as wide
GAP = "  "


def as_text(dataset: Dataset) -> str:
    """Nine training pictures, three in a row, each below the name of its class."""
    shown = nine(dataset.train)
    rows, pairs = [], list(zip(shown.images, shown.labels, strict=True))
    for three in (pairs[start : start + 3] for start in range(0, len(pairs), 3)):
        names = (dataset.classes[label][:COLUMNS].ljust(COLUMNS) for _, label in three)
        pictures = zip(*(_lines(image) for image, _ in three), strict=True)
        rows.append("\n".join(GAP.join(parts).rstrip() for parts in [tuple(names), *pictures]))
    return "\n\n".join(rows)


def _lines(image: NDArray[np.uint8]) -> list[str]:
    small = Image.fromarray(image).resize((COLUMNS, LINES), Image.Resampling.BOX)
    levels = np.asarray(small, dtype=int) * len(SHADES) // 256
    return ["".join(SHADES[level] for level in line) for line in levels]
