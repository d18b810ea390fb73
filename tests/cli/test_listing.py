"""`data`, `presets` and `runs` as a user runs them."""

from pathlib import Path

import pytest
from PIL import Image

from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import DIGITS, records, run
from tests.loading import loaded_after


def test_data_describes_the_dataset() -> None:
    [record] = records(run("data", *DIGITS, "--json")[0])
    assert record["dataset"] == "digits"
    assert (record["train"], record["test"], record["shape"]) == (1437, 360, [28, 28])
    assert record["counts"]["test"]["3"] == 37
    assert sum(record["counts"]["train"].values()) == 1437
    out, _ = run("data", *DIGITS)
    assert "1,437 training and 360 test" in out
    assert "Test pictures: 36 of 0, 36 of 1" in out
    assert max(map(len, out[out.index("\n\n") :].splitlines())) < 80  # nine pictures
    assert out.count("@") > 20


def test_data_says_what_was_found_and_passed_over(tmp_path: Path, digits: Dataset) -> None:
    root = tmp_path / "mine"
    for n, (image, label) in enumerate(zip(digits.train.images, digits.train.labels, strict=True)):
        (root / str(label)).mkdir(parents=True, exist_ok=True)
        if n < 200:
            Image.fromarray(255 - image).save(root / str(label) / f"{n}.png")
    (root / ".DS_Store").write_bytes(b"")
    (root / "3" / "bad.png").write_bytes(b"")
    [record] = records(run("data", "--dataset", str(root), "--json")[0])
    assert record["left_out"] == [{"file": "3/bad.png", "why": "an empty file"}]
    out, _ = run("data", "--dataset", str(root))
    for said in (
        "There is no test folder, so 20% of each class are the test pictures, drawn with seed 42.",
        "Passed over: 1 file that the system left.",
        "The ink is darker than the paper, so the pictures are inverted, as MNIST is.",
    ):
        assert said in record["notes"] and said in out
    assert "3/bad.png (an empty file)" in out and "--skip-damaged true" in out
    _, err = run("train", "--dataset", str(root), "--epochs", "1", status=2)
    assert "3/bad.png (an empty file)" in err
    run("train", "--dataset", str(root), "--epochs", "1", "--skip-damaged", "true")
    assert Store().run("latest").config.skip_damaged


def test_runs_and_presets_are_listed() -> None:
    run("train", *DIGITS, "--epochs", "1")
    record, of_the_program = records(run("runs", "--json")[0])
    assert of_the_program["id"] == of_the_program["preset"] == "hands"
    assert (record["status"], record["dataset"]) == ("finished", "digits")
    assert record["id"] in run("runs")[0]
    listed = records(run("presets", "--json")[0])
    assert [p["preset"] for p in listed] == list(presets.PRESETS)
    assert "modern" in run("presets")[0]


def test_a_run_is_listed_by_its_recipe_and_what_differs() -> None:
    config = TrainConfig(hidden=(64,), seed=7)
    Store().create(config, "mine [red]")
    Store().create(config)
    out, _ = run("runs")
    assert "mine [red]" in out and "modern, 64 units, seed 7" in out
    named = [(record["title"], record["preset"]) for record in records(run("runs", "--json")[0])]
    assert named[:2] == [("modern, 64 units, seed 7", None), ("mine [red]", None)]


def test_a_folder_of_any_name_is_listed() -> None:
    Store().create(TrainConfig(dataset="/own/[/b]"))
    out, _ = run("runs")
    assert "/own/[/b]" in out


@pytest.mark.parametrize("command", ["runs", "presets", "--help"])
def test_listing_does_not_wait_for_torch(command: str) -> None:
    """PyTorch takes longer to import than the command takes."""
    Store().create(TrainConfig())
    code = f"""
import sys
sys.argv[1:] = ["{command}"]
from scratchmlp.cli import main
try:
    main()
except SystemExit as exit:
    assert not exit.code
"""
    assert "torch" not in loaded_after(code)


def test_a_run_does_not_wait_for_what_draws_and_charts() -> None:
    """SciPy prepares drawings, pandas and Altair make charts; training needs none of them."""
    loaded = loaded_after("import scratchmlp.cli.train, scratchmlp.runs.execution")
    assert not {"scipy", "sklearn", "pandas", "altair", "streamlit", "fastai"} & loaded
    assert "torch" in loaded
