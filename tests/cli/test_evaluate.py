"""`evaluate` as a user runs it: its figures, and its files."""

from pathlib import Path

import pytest

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


def test_an_unknown_run_is_one_sentence() -> None:
    assert "There is no run nope" in run("evaluate", "nope", status=2)[1]
