"""Arrays in files: processes share them, and a change of one stays its own."""

from pathlib import Path

import numpy as np

from scratchmlp.data import array_cache


def test_arrays_are_read_from_the_file_itself_and_changed_in_memory_only(tmp_path: Path) -> None:
    file = tmp_path / "some.safetensors"
    arrays = {
        "images": np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28),
        "labels": np.array([3, 4]),
        "none": np.empty((0, 5), np.float32),
    }
    array_cache.write(file, arrays, {})
    before = file.read_bytes()
    read = array_cache.read(file)
    assert read is not None
    assert all((read[key] == arrays[key]).all() for key in arrays)
    assert {key: read[key].dtype for key in arrays} == {k: v.dtype for k, v in arrays.items()}
    assert read["images"].base is not None  # a view of what is mapped
    read["images"][0] = 255
    assert file.read_bytes() == before
    again = array_cache.read(file)
    assert again is not None and (again["images"] == arrays["images"]).all()
