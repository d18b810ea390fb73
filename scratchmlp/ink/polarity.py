"""Which brightness is paper and which is ink: the one rule for drawings, folders and test pictures.

The paper is the most frequent brightness of a picture. A network sees paper as 0 and ink as 255, so
dark ink on light paper is inverted. Of a dataset, the pictures decide together.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

LEVELS = 8  # of brightness, because the paper of a scan is not of one value


def paper_of(grey: NDArray[np.uint8]) -> int:
    """The most frequent brightness: the middle of one of `LEVELS` equal parts of 0 to 255."""
    step = 256 // LEVELS
    return int(np.bincount(grey.ravel() // step).argmax()) * step + step // 2


def is_light_paper(papers: NDArray[np.int64]) -> bool:
    """Whether most of these papers are light."""
    return bool((papers > 127).mean() > 0.5) if len(papers) else False


def on_paper(picture: Image.Image) -> Image.Image:
    """Replace transparency by black if the rest is light, and by white if it is dark: RGBA."""
    pixels = np.asarray(picture.convert("LA"), dtype=float)
    light, alpha = pixels[..., 0], pixels[..., 1]
    mean = (light * alpha).sum() / max(alpha.sum(), 1)
    sheet = Image.new("RGBA", picture.size, "black" if mean > 127 else "white")
    return Image.alpha_composite(sheet, picture.convert("RGBA"))


def notes(is_inverted: bool, others: int) -> list[str]:
    """Sentences about dark ink on light paper."""
    said = []
    if is_inverted:
        said.append("The ink is darker than the paper, so the pictures are inverted, as MNIST is.")
    if others:
        verb = "pictures look" if others > 1 else "picture looks"
        said.append(f"{others:,} {verb} inverted beside the others.")
    return said
