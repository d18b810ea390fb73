"""`predict` and `teach` as a user runs them: a prediction, a new run, or one sentence."""

import io
import zipfile
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from scratchmlp.analysis import prediction
from scratchmlp.cli import draw
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.ink import archive, photos, preparation
from scratchmlp.net.config import TrainConfig
from scratchmlp.runs.store import Store
from tests.cli.commands import records, run
from tests.ui.pages import trained

QUICK = TrainConfig(dataset="digits", epochs=20, hidden=(32,))


@pytest.fixture
def run_id() -> str:
    datasets.load("digits")  # the run may come from another test, with a home of its own
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
    lines = records(
        run("predict", run_id, *map(str, names), str(tmp_path / "empty.png"), "--json")[0]
    )
    assert [Path(row["file"]).stem for row in lines] == [*map(str, range(10)), "empty"]
    right = sum(row["digit"] == label for label, row in enumerate(lines[:10]))
    assert right >= 8
    assert all(sum(row["probabilities"]) == pytest.approx(1, abs=1e-6) for row in lines[:10])
    assert (lines[10]["digit"], lines[10]["probabilities"], lines[10]["verdict"]) == (
        None,
        [],
        "empty",
    )


def test_predict_says_what_it_leaves_out_and_looks_at_a_crop(run_id: str, tmp_path: Path) -> None:
    sheet = Image.new("L", (600, 300), 255)
    pen = ImageDraw.Draw(sheet)
    for x in (150, 450):
        pen.line([(x, 60), (x + 4, 240)], fill=0, width=14)
    pen.ellipse((20, 20, 30, 30), fill=0)
    file = str(tmp_path / "eleven.png")
    sheet.save(file)
    [row] = records(run("predict", run_id, file, "--json")[0])
    assert len(row["verdict"]) == 2 and row["left_out"] == "1 small piece"
    assert "; left out: 1 small piece" in run("predict", run_id, file)[0]
    [half] = records(run("predict", run_id, file, "--crop", "300,0,300,300", "--json")[0])
    assert isinstance(half["verdict"], str) and half["left_out"] == ""
    assert (
        "is not within 600 x 300"
        in run("predict", run_id, file, "--crop", "400,0,300,300", status=2)[1]
    )
    assert "four whole numbers" in run("predict", run_id, file, "--crop", "1,2", status=2)[1]


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


def test_teach_sees_a_picture_as_the_page_does(run_id: str, tmp_path: Path) -> None:
    """The digits have thicker strokes than MNIST: a fixed thickness would give another picture."""
    file = tmp_path / "1" / "thin.png"
    file.parent.mkdir()
    sheet = Image.new("L", (300, 300), 255)
    ImageDraw.Draw(sheet).line([(110, 90), (150, 40), (150, 260)], fill=0, width=6)
    sheet.save(file)
    network, ink = Store().network(run_id), photos.extract_ink(file.read_bytes())
    [on_page] = prediction.predict_number(network, ink)
    [taught] = draw._drawings(tmp_path, network).images
    assert (taught == on_page.image).all()
    [drawing] = archive.unpack(zipped(file), partial(prediction.prepare, network))
    assert (drawing.image == on_page.image).all()
    assert (taught != preparation.prepare(ink)).any()


def zipped(file: Path) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.write(file, f"{file.parent.name}/{file.name}")
    return out.getvalue()


def test_teach_makes_a_new_run(run_id: str, digits: Dataset, tmp_path: Path) -> None:
    for label in range(10):
        folder = tmp_path / ("testing" if label % 5 == 4 else "training") / str(label)
        folder.mkdir(parents=True)
        for row in np.flatnonzero(digits.test.labels == label)[:2]:
            scanned(digits.test.images[row]).save(folder / f"{row}.png")
    [record] = records(run("teach", run_id, str(tmp_path), "--json")[0])
    assert record["drawings"] == 20
    assert record["run"] != run_id
    assert all(0 <= record[key] <= 1 for key in ("before", "after", "test_before", "test_after"))
    assert record["test_after"] > record["test_before"] - 0.05
    made = Store().run(record["run"])
    assert (made.parent, made.status, made.test_accuracy) == (
        run_id,
        "finished",
        record["test_after"],
    )
