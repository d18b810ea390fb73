"""Reads the UNIPEN text of the UCI pen digits: what 30 people wrote, stroke by stroke.

    .SEGMENT DIGIT 0-1 ? "4"        strokes 0 and 1 of the file are a 4
    .COMMENT 4 12 35                its digit, its writer, and the number of this drawing
    .PEN_DOWN                       a stroke begins; each line is a point, and y points upwards
    267 333
    .PEN_UP
    .DT 100

Alpaydin & Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, doi 10.24432/C5MG6K (CC BY).
"""

import re
from typing import NamedTuple

from scratchmlp.ink.strokes import Stroke, Strokes

LABEL = re.compile(r'"(\d)"')


class PenDigit(NamedTuple):
    """A digit that somebody wrote. In its strokes y points downwards."""

    writer: int
    label: int
    strokes: Strokes


def parse(text: str) -> list[PenDigit]:
    """The digits in the order of the text.

    Raises
    ------
    ValueError
        The text is not as described above.
    """
    return [_digit(segment) for segment in text.split(".SEGMENT")[1:]]


def _digit(segment: str) -> PenDigit:
    head, *lines = segment.splitlines()
    label, writer, strokes, is_down = LABEL.search(head), 0, list[Stroke](), False
    for line in lines:
        match line.split():
            case [".COMMENT", digit, number, *_] if label and digit == label[1]:
                writer = int(number)
            case [".PEN_DOWN" | ".PEN_UP" as pen]:
                is_down = pen == ".PEN_DOWN"
                if is_down:
                    strokes.append([])
            case [x, y] if is_down and not x.startswith("."):
                strokes[-1].append((float(x), -float(y)))
    if label is None or not writer or not strokes or not all(strokes):
        raise ValueError(f"a digit is not complete: {head.strip()[:40]}")
    return PenDigit(writer, int(label[1]), strokes)
