"""`evaluate` as a user runs it: its figures, and its files."""

from pathlib import Path

import pytest
from PIL import Image

from scratchmlp.data import datasets, splits
from scratchmlp.data.datasets import Examples
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import records, run
from tests.ui.pages import trained


@pytest.fixture
def run_id() -> str:
    return trained(Store(), TrainConfig(dataset="digits", epochs=3, hidden=(16,)))


def test_evaluate_gives_the_figures_of_the_run(run_id: str) -> None:
    [record] = records(run("evaluate", "latest", "--json")[0])
    stored = Store().run(run_id)
    assert (record["run"], record["dataset"], record["split"]) == (run_id, "digits", "test")
    assert record["accuracy"] == pytest.approx(stored.test_accuracy)
    assert record["loss"] == pytest.approx(stored.test_loss)
    assert sum(map(sum, record["confusion"])) == record["n"] == 360
    low, high = record["interval"]
    assert low < record["accuracy"] < high
    assert "360 test pictures of digits" in run("evaluate", run_id)[0]


def test_evaluate_writes_predictions_report_and_charts(run_id: str, tmp_path: Path) -> None:
    table, report, charts = tmp_path / "new" / "p.csv", tmp_path / "r.html", tmp_path / "charts"
    options = "--predictions", str(table), "--report", str(report), "--charts", str(charts)
    run("evaluate", run_id, "--best", "--split", "valid", *options)
    assert len(table.read_text().splitlines()) == 288  # a header, and 20% of 1,437 pictures
    assert report.read_text().startswith("<!doctype html>")
    assert {file.suffix for file in charts.iterdir()} == {".svg", ".png"}


def test_evaluate_says_how_good_a_run_is_on_each_of_its_sources(tmp_path: Path) -> None:
    digits = datasets.load("digits")
    for split, examples in (("training", digits.train), ("testing", digits.test)):
        for i in range(60):
            file = tmp_path / "mine" / split / str(examples.labels[i]) / f"{i}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(examples.images[i]).save(file)
    name = f"digits+{tmp_path / 'mine'}"
    run("train", "--dataset", name, "--epochs", "2", "--hidden", "16")
    found = Store().run("latest")
    assert found.dataset == name
    assert found.total_steps == 2 * -(-len(_joined_rows(name)) // found.config.batch_size)

    [record] = records(run("evaluate", "latest", "--json")[0])
    assert record["n"] == 360  # the test split is the first one's
    first, mine = record["sources"]
    assert (first["dataset"], first["pictures"], mine["pictures"]) == ("digits", 360, 60)
    assert first["accuracy"] == record["accuracy"] == pytest.approx(found.test_accuracy)
    network = Store().network(found.id)
    assert mine["accuracy"] == network.evaluate(datasets.load(mine["dataset"]).test)[1]
    [valid] = records(run("evaluate", "latest", "--split", "valid", "--json")[0])
    assert sum(part["pictures"] for part in valid["sources"]) == valid["n"]
    right = sum(part["pictures"] * part["accuracy"] for part in valid["sources"])
    assert right == pytest.approx(valid["n"] * valid["accuracy"])
    assert "digits: " in run("evaluate", "latest")[0]


def _joined_rows(name: str) -> Examples:
    dataset = datasets.load(name)
    return dataset.to_train_on(splits.train_valid_split(len(dataset.train), 0.2, 42)[0])


def test_datasets_that_cannot_be_joined_are_one_sentence(tmp_path: Path) -> None:
    for split in ("training", "testing"):
        for name in ("cat", "dog"):
            (tmp_path / split / name).mkdir(parents=True)
            for i in range(2):
                picture = Image.new("L", (28, 28))
                picture.putpixel((i, i), 255)
                picture.save(tmp_path / split / name / f"{i}.png")
    error = run("train", "--dataset", f"digits+{tmp_path}", status=2)[1]
    assert "cannot be joined, because their classes differ" in " ".join(error.split())


def test_an_unknown_run_is_one_sentence() -> None:
    assert "There is no run nope" in run("evaluate", "nope", status=2)[1]
