"""Makes archives like that of the UCI pen digits: UNIPEN text, compressed by LZW, in a ZIP."""

import hashlib
import io
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from scratchmlp.data import pen
from scratchmlp.data.unipen import PenDigit

LONGEST = 16  # bits of a code


def to_unipen(digits: Iterable[PenDigit]) -> str:
    """The digits as UNIPEN text, as UCI publishes them: y points upwards."""
    lines, n = [".INCLUDE dene.doc", '.LEXICON "0" "1"', ".HIERARCHY DIGIT"], 0
    for number, digit in enumerate(digits):
        last = n + len(digit.strokes) - 1
        which = f"{n}-{last}" if last > n else str(n)
        lines += [f'.SEGMENT DIGIT {which} ? "{digit.label}"']
        lines += [f".COMMENT {digit.label} {digit.writer} {number}"]
        for stroke in digit.strokes:
            points = [f" {round(x)}  {round(-y)}" for x, y in stroke]
            lines += [".PEN_DOWN", *points, ".PEN_UP", ".DT 100"]
        n = last + 1
    return "\n".join(lines) + "\n"


def compress(data: bytes, longest: int = LONGEST) -> bytes:
    """What the Unix program `compress` makes, which starts anew whenever its table is full."""
    bits, n_bits, group = 0, 0, 0  # all bits so far, and those since the width last changed
    out = bytearray([0x1F, 0x9D, longest | 0x80])

    def write(code: int, width: int) -> None:
        nonlocal bits, n_bits, group
        bits |= code << n_bits
        n_bits, group = n_bits + width, group + width
        while n_bits >= 8:
            out.append(bits & 255)
            bits, n_bits = bits >> 8, n_bits - 8

    def end_group(width: int) -> None:
        nonlocal bits, n_bits, group
        missing = -group % (8 * width)
        n_bits += missing
        while n_bits >= 8:
            out.append(bits & 255)
            bits, n_bits = bits >> 8, n_bits - 8
        group = 0

    letters = {bytes([i]): i for i in range(256)}
    table, free, width, text = dict(letters), 257, 9, b""
    for letter in (data[i : i + 1] for i in range(len(data))):
        if text + letter in table:
            text += letter
            continue
        write(table[text], width)
        if free < 1 << longest:
            table[text + letter] = free
            free += 1
            if free - 1 == 1 << width and width < longest:
                end_group(width)
                width += 1
        else:
            write(256, width)
            end_group(width)
            table, free, width = dict(letters), 257, 9
        text = letter
    if text:
        write(table[text], width)
    if n_bits:
        out.append(bits & 255)
    return bytes(out)


def publish(digits: list[PenDigit], patch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Put an archive of these digits into a folder, and take it for the one that UCI publishes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as opened:
        opened.writestr(pen.MEMBER, compress(to_unipen(digits).encode()))
    data = content.getvalue()
    archive = pen.ARCHIVE._replace(size=len(data), sha256=hashlib.sha256(data).hexdigest())
    patch.setattr(pen, "ARCHIVE", archive)
    patch.setattr(pen, "DIGITS", len(digits))
    patch.setattr(pen, "WRITERS", len({digit.writer for digit in digits}))
    patch.setattr(pen, "STROKES", sum(len(digit.strokes) for digit in digits))
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / archive.name
    file.write_bytes(data)
    return file
