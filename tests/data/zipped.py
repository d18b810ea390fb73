"""ZIPs of pictures for tests."""

import io
import zipfile

import numpy as np
from PIL import Image


def packed(images: np.ndarray, name: str = "{0}/{1}.png", **others: bytes) -> bytes:
    """A ZIP of these pictures, in two classes by turns, and of other files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for i, image in enumerate(images):
            png = io.BytesIO()
            Image.fromarray(image).save(png, "png")
            zipped.writestr(name.format(i % 2, i), png.getvalue())
        for path, data in others.items():
            zipped.writestr(path, data)
    return out.getvalue()
