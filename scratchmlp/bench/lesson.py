"""What each visitor of a class does: train once, look at errors, draw. Every answer is timed."""

import asyncio
import base64
import io
import json
import random
from collections import defaultdict
from itertools import pairwise
from typing import Any

import numpy as np
from PIL import Image

from scratchmlp.bench.digit_strokes import DIGITS
from scratchmlp.bench.visitor import Visitor
from scratchmlp.ink import strokes as pen
from scratchmlp.ink.strokes import Stroke, Strokes

SIDE, PEN_WIDTH = 320, 20  # pixels, of the canvas and of its pen
LIVE = "queued", "running", "paused", "lost"
FIRST_PAGE = "first page"
CONTROL = "a control of Train"
CELL = "a cell of the matrix"
CARD = "press Train until own card"
OTHER_PAGE = "another page"
ANSWER = "Draw answers"


class Lesson:
    """A class of visitors of one app.

    Attributes
    ----------
    seconds : for each kind of answer how long each visitor waited for it.
    runs : the ids of the runs that they started.
    errors : what they met that a visitor should not.
    """

    def __init__(self, url: str, thinking: float) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.runs: list[str] = []
        self.errors: list[str] = []
        self.visitors: list[Visitor] = []
        self._url, self._thinking = url, thinking

    async def attend(self, number: int, delay: float) -> None:
        """Come after a delay, do all that the lesson asks for, and stay."""
        await asyncio.sleep(delay)
        visitor = Visitor(self._url)
        self.visitors.append(visitor)
        try:
            await self._do(visitor, random.Random(number), number)
        except (OSError, TimeoutError, KeyError) as error:
            self.errors.append(f"visitor {number}: {type(error).__name__} {error}")
        self.errors += visitor.errors

    async def _do(self, visitor: Visitor, thinks: random.Random, number: int) -> None:
        async def timed(what: str, answer: Any) -> None:
            self.seconds[what].append(await answer)
            await asyncio.sleep(self._thinking * thinks.uniform(0.3, 1.7))

        await timed(FIRST_PAGE, visitor.open())
        await timed(CONTROL, visitor.use("seed", double_value=100 + number))
        await timed(CARD, visitor.press_train())
        self.runs.append(visitor.run)
        await visitor.until(lambda: visitor.card.status not in LIVE)
        await timed(OTHER_PAGE, visitor.go("evaluate"))
        await timed(CELL, visitor.use("confusion", string_value=_cell("4", "9")))
        await timed(OTHER_PAGE, visitor.go("draw"))
        for digit in DIGITS[number % 2 :: 2]:
            await timed(ANSWER, visitor.use("drawn_canvas", json_value=_drawing(digit)))


def _cell(truth: str, prediction: str) -> str:
    return json.dumps({"selection": {"cell": [{"truth": truth, "prediction": prediction}]}})


def _drawing(lines: Strokes) -> str:
    """What the canvas reports of a drawing: its paths, and its pixels."""
    placed = pen.place(lines, 0.6 * SIDE, (SIDE / 2, SIDE / 2))
    alpha = np.uint8(255 * pen.render(placed, PEN_WIDTH, SIDE))
    file = io.BytesIO()
    Image.fromarray(np.dstack([np.zeros((SIDE, SIDE, 3), np.uint8), alpha])).save(file, "PNG")
    url = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
    objects = [{"type": "path", "path": _path(line)} for line in placed]
    return json.dumps({"drawing": {"raw": {"objects": objects}, "data": url}})


def _path(stroke: Stroke) -> list[list[Any]]:
    path: list[list[Any]] = [["M", *stroke[0]]]
    for (x, y), (x1, y1) in pairwise(stroke):
        path.append(["Q", x, y, (x + x1) / 2, (y + y1) / 2])
    return [*path, ["L", *stroke[-1]]]
