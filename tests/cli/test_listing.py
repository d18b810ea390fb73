"""`data`, `presets` and `runs` as a user runs them."""

import subprocess
import sys

import pytest

from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import DIGITS, records, run
from tests.conftest import ROOT


def test_data_describes_the_dataset() -> None:
    [record] = records(run("data", *DIGITS, "--json")[0])
    assert record["dataset"] == "digits"
    assert (record["train"], record["test"], record["shape"]) == (1437, 360, [28, 28])
    assert "1,437 training and 360 test" in run("data", *DIGITS)[0]


def test_runs_and_presets_are_listed() -> None:
    run("train", *DIGITS, "--epochs", "1")
    [record] = records(run("runs", "--json")[0])
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
    assert named == [("modern, 64 units, seed 7", None), ("mine [red]", None)]


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
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
