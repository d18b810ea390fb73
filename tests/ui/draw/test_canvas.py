"""What the canvas reports, and what it is told to show."""

import base64
import io

import numpy as np
from PIL import Image

from scratchmlp.ui.draw import canvas

ANGLES = np.linspace(0, 2 * np.pi, 40)
ZERO = [[(160 + 60 * np.cos(a), 160 + 100 * np.sin(a)) for a in ANGLES]]


def test_what_the_canvas_sends_is_what_is_drawn() -> None:
    path = canvas._objects(ZERO, 20)[0]["path"]
    assert canvas._points(path) == [(round(x, 2), round(y, 2)) for x, y in ZERO[0]]
    grey = Image.fromarray(np.full((4, 4), 51, dtype=np.uint8))
    pixels = Image.new("RGBA", (4, 4), "black")
    pixels.putalpha(grey)
    out = io.BytesIO()
    pixels.save(out, "png")
    ink = canvas._pixels("data:image/png;base64," + base64.b64encode(out.getvalue()).decode())
    assert ink is not None
    np.testing.assert_allclose(ink, 0.2)
    assert canvas._strokes({"objects": [{"type": "Rect"}]}) == []
    assert canvas._strokes(None) == []
