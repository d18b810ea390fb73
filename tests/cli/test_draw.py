"""`predict` and `teach` as a user runs them: a prediction, a new run, or one sentence."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import records, run
from tests.ui.pages import trained

QUICK = TrainConfig(dataset="digits", epochs=20, hidden=(32,))


@pytest.fixture
def run_id() -> str:
    return trained(Store(), QUICK)


def scanned(image: np.ndarray) -> Image.Image:
    """A scanned digit: dark on white paper, large and not centred."""
    sheet = Image.new("L", (400, 300), 255)
    sheet.paste(
        Image.fromarray(255 - image).resize((140, 140), Image.Resampling.BICUBIC), (30, 110)
    )
    return sheet


def test_predict_classifies_pictures(run_id: str, digits: Dataset, tmp_path: Path) -> None:
    names = []
    for label in range(10):
        row = int(np.flatnonzero(digits.test.labels == label)[0])
        names.append(tmp_path / f"{label}.png")
        scanned(digits.test.images[row]).save(names[-1])
    Image.new("L", (60, 60), 255).save(tmp_path / "empty.png")
    told = records(
        run("predict", run_id, *map(str, names), str(tmp_path / "empty.png"), "--json")[0]
    )
    assert [Path(row["file"]).stem for row in told] == [*map(str, range(10)), "empty"]
    right = sum(row["digit"] == label for label, row in enumerate(told[:10]))
    assert right >= 8
    assert all(sum(row["probabilities"]) == pytest.approx(1, abs=1e-6) for row in told[:10])
    assert (told[10]["digit"], told[10]["probabilities"], told[10]["verdict"]) == (
        None,
        [],
        "empty",
    )


def test_a_file_that_is_not_a_picture_is_one_sentence(run_id: str, tmp_path: Path) -> None:
    text = tmp_path / "text.png"
    text.write_text("this is no picture")
    assert "not a picture that can be read" in run("predict", run_id, str(text), status=2)[1]
    assert "cannot be read" in run("predict", run_id, str(tmp_path / "none.png"), status=2)[1]
    assert "has no drawings" in run("teach", run_id, str(tmp_path / "none"), status=2)[1]
    strange = tmp_path / "folder" / "eleven"
    strange.mkdir(parents=True)
    Image.new("L", (28, 28)).save(strange / "1.png")
    assert "none of the run's classes" in run("teach", run_id, str(strange.parent), status=2)[1]


def test_teach_makes_a_new_run(run_id: str, digits: Dataset, tmp_path: Path) -> None:
    for label in range(10):
        folder = tmp_path / ("testing" if label % 5 == 4 else "training") / str(label)
        folder.mkdir(parents=True)
        for row in np.flatnonzero(digits.test.labels == label)[:2]:
            scanned(digits.test.images[row]).save(folder / f"{row}.png")
    [told] = records(run("teach", run_id, str(tmp_path), "--json")[0])
    assert told["drawings"] == 20
    assert told["run"] != run_id
    assert all(0 <= told[key] <= 1 for key in ("before", "after", "test_before", "test_after"))
    assert told["test_after"] > told["test_before"] - 0.05
    made = Store().run(told["run"])
    assert (made.parent, made.status, made.test_accuracy) == (
        run_id,
        "finished",
        told["test_after"],
    )
