"""The decoder of `.Z` files, against an encoder of the tests and against gzip."""

import random
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.data import lzw
from tests.data.pen_archive import compress

MANY = 10**7


def letters(n: int, kinds: int, seed: int = 0) -> bytes:
    return bytes(random.Random(seed).choices(range(kinds), k=n))


@given(st.binary(max_size=400), st.integers(10, 16))
def test_what_was_compressed_comes_back(data: bytes, longest: int) -> None:
    assert lzw.uncompress(compress(data, longest), MANY) == data


@pytest.mark.parametrize(("kinds", "longest"), [(4, 16), (200, 16), (200, 11), (30, 10), (3, 12)])
def test_the_width_of_codes_grows_and_the_table_is_emptied(kinds: int, longest: int) -> None:
    data = letters(60_000, kinds)
    packed = compress(data, longest)
    assert lzw.uncompress(packed, MANY) == data
    if shutil.which("gzip"):
        assert subprocess.run(["gzip", "-dc"], input=packed, capture_output=True).stdout == data


def test_a_text_that_repeats_itself_uses_a_code_before_it_is_known() -> None:
    assert lzw.uncompress(compress(b"aaaaaaaaaa"), MANY) == b"aaaaaaaaaa"


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_an_error(data: bytes) -> None:
    try:
        lzw.uncompress(b"\x1f\x9d\x90" + data, 10_000)
    except ValueError as error:
        assert "damaged" in str(error)


@pytest.mark.parametrize("data", [b"", b"\x1f\x9d", b"\x1f\x9d\x85abc", b"PK\x03\x04"])
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a file of compress"):
        lzw.uncompress(data, MANY)


def test_a_bomb_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        lzw.uncompress(compress(bytes(100_000)), 1_000)
