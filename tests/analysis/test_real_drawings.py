"""A network reads what people really draw, and is sure only where it is right."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from scratchmlp.analysis import evaluation, out_of_distribution, prediction
from scratchmlp.bench import writers
from scratchmlp.data import datasets
from scratchmlp.ink import photos, preparation, shapes, strokes
from scratchmlp.ink.strokes import Strokes
from scratchmlp.net import presets, training
from scratchmlp.net.network import Network
from tests.conftest import SHARED, link_cache, unavailable

STRANGERS = range(16, 31)  # writers by whom nothing was chosen
EACH = 50


@pytest.fixture(scope="module")
def home(mnist_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for all tests of this file, in which MNIST is ready."""
    folder = tmp_path_factory.mktemp("drawings")
    link_cache(mnist_cache, folder)
    return folder


@pytest.fixture(autouse=True)
def at_home(home: Path, closed_world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCHMLP_HOME", str(home))


@pytest.fixture(scope="module")
def network(home: Path) -> Network:
    """A network after two epochs of MNIST."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCRATCHMLP_HOME", str(home))
        mnist = datasets.load("mnist")
        config = replace(presets.find("modern").config, epochs=2)
        train, valid = (evaluation.split_of(mnist, config, name) for name in ("train", "valid"))
        *_, end = training.fit(config, train, valid)
    s = end.state  # type: ignore[union-attr]
    return Network(config, s.params, s.mean, s.std, mnist.classes, s.step, s.epoch)


@pytest.fixture(scope="module")
def drawings() -> tuple[np.ndarray, np.ndarray]:
    """Prepared drawings of strangers by pens of all widths, and their labels."""
    file = SHARED / "pen-strokes.jsonl.gz"
    if not file.exists():
        unavailable("pen-strokes.jsonl.gz")
    rng = np.random.default_rng(0)
    some = [d for d in writers.load(file) if d.writer in STRANGERS]
    some = [some[i] for i in rng.permutation(len(some))[: EACH * len(STRANGERS)]]
    inks = [writers.draw(d.strokes, rng, rng.uniform(4, 30), (80, 230)) for d in some]
    return np.stack([preparation.prepare(i) for i in inks]), np.array([d.label for d in some])


def test_99_percent_of_sure_predictions_of_strangers_drawings_are_right(
    network: Network, drawings: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = drawings
    p = prediction.probabilities(network, images)
    is_familiar = out_of_distribution.detector("mnist").scores(images) <= 1
    sure = is_familiar & (p.max(axis=1) >= prediction.sure_limit(network))
    correct = p.argmax(axis=1) == labels
    assert correct[sure].mean() >= 0.99
    assert sure.mean() > 0.4


def test_digits_are_accepted_and_shapes_rejected(network: Network) -> None:
    test = datasets.load("mnist").test.take(np.arange(200))
    predictions = [prediction.predict(network, image / 255) for image in test.images]
    assert np.mean([p.verdict == "none of these" for p in predictions]) < 0.03
    assert np.mean([p.label == y for p, y in zip(predictions, test.labels, strict=True)]) > 0.9
    drawn = [strokes.place(shape, 180, (140, 140)) for shape in shapes.random_shapes(80, seed=3)]
    rejected = [prediction.predict(network, strokes.render(s, 16, 280)).label for s in drawn]
    assert np.mean([label is None for label in rejected]) >= 0.85


def number(width: float) -> Strokes:
    """1984 in digits that are 120 pixels tall and this wide."""

    def loop(x: float, y: float, height: float) -> list[tuple[float, float]]:
        angles = np.linspace(0, 2 * np.pi, 60)
        return [(x + width / 2 * np.cos(a), y + height / 2 * np.sin(a)) for a in angles]

    half = width / 2
    nine = [loop(250, 180, 60), [(250 + half, 180), (250 + half, 222), (250 + width / 3, 270)]]
    eight = [loop(350, 180, 60), loop(350, 240, 60)]
    four = [[(447, 150), (450 - half, 222), (450 + half, 222)], [(457, 180), (457, 270)]]
    return [[(150, 150), (150, 270)], *nine, *eight, *four]


def scan(lines: Strokes, pen: float) -> bytes:
    """A PNG of dark ink on light paper with some noise."""
    noise = np.random.default_rng(0).normal(0, 2, (600, 600))
    grey = (245 - 200 * strokes.render(lines, pen, 600) + noise).clip(0, 255).astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(grey).save(out, "png")
    return out.getvalue()


@pytest.mark.parametrize("pen", [3, 5])
@pytest.mark.parametrize("width", [28, 40, 60])
def test_a_scan_of_1984_in_thin_digits_is_read(network: Network, width: float, pen: float) -> None:
    ink = photos.extract_ink(scan(number(width), pen))
    assert [p.label for p in prediction.predict_number(network, ink)] == [1, 9, 8, 4]
