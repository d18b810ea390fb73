"""The names of files that people send in place of others."""

import io
import pickle
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from scratchmlp import file_kinds
from scratchmlp.file_kinds import kind_of


def saved(kind: str) -> bytes:
    out = io.BytesIO()
    if kind == "torch":
        torch.save({"w": torch.zeros(3)}, out)
    elif kind == "old torch":
        torch.save({"w": torch.zeros(3)}, out, _use_new_zipfile_serialization=False)
    elif kind == "npz":
        np.savez(out, x=np.zeros(3))
    elif kind == "zip":
        with zipfile.ZipFile(out, "w") as packed:
            packed.writestr("a.txt", "a")
    else:
        Image.new("L", (9, 9)).save(out, kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"", "an empty file"),
        (b"%PDF-1.7", "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "a Git LFS pointer"),
        (b"\n<!DOCTYPE html><html>", "an HTML page"),
        (b'<?xml version="1.0"?>\n<svg xmlns=', "an SVG drawing"),
        (b"\x89HDF\r\n\x1a\n\0", "an HDF5 file"),
        (pickle.dumps({"w": 1}), "a pickle"),
        (saved("torch"), "a file of torch.save"),
        (saved("old torch"), "a pickle"),
        (saved("npz"), "an npz file"),
        (saved("zip"), "a ZIP"),
        (b"\0\0\0\x18ftypmp42", "a video"),
        *((saved(kind), "a picture") for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "AVIF")),
    ],
)
def test_a_file_is_named_by_how_it_begins(data: bytes, name: str) -> None:
    assert kind_of(data).startswith(name)


def test_other_bytes_have_no_name() -> None:
    assert kind_of(b"these are words") == kind_of(bytes(100)) == ""


def test_the_endings_of_pictures_are_known_in_any_case() -> None:
    assert all(file_kinds.is_picture(f"1.{e.upper()}") for e in file_kinds.PICTURE_ENDINGS)
    assert not any(map(file_kinds.is_picture, ("png", "1.txt", "1png", "")))


def test_pillow_reads_every_format_but_the_one_of_iphones_by_itself() -> None:
    Image.init()
    assert set(file_kinds.PICTURES) - {"HEIF"} <= set(Image.OPEN)
