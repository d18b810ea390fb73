"""What `bench drawing` measures of `hands`: forms from elsewhere, photos, writers left out."""

import numpy as np
import pytest

from scratchmlp.bench import many_hands, paper, special_forms
from scratchmlp.bench.writers import WriterDrawing
from scratchmlp.data import datasets
from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.ink import photos
from scratchmlp.ink.strokes import check
from scratchmlp.runs.store import Store


@pytest.mark.parametrize("form", special_forms.FORMS)
def test_the_network_of_the_program_reads_a_form_from_elsewhere(form: str) -> None:
    network = Store().network("hands")
    assert many_hands._forms(network, [form])[form] >= 0.95  # docs/experiments.md has the figures


def test_no_two_drawings_of_a_form_are_alike_and_all_are_strokes() -> None:
    rng = np.random.default_rng(0)
    first, second = (special_forms.draw("crossed 7", rng) for _ in range(2))
    assert len(first) == len(second) == 2
    assert check([[[x, y] for x, y in stroke] for stroke in first]) == first != second


def test_a_photo_shows_the_ink_on_its_page() -> None:
    strokes = special_forms.draw("European 1", np.random.default_rng(0))
    ink = photos.extract_ink(paper.photo(strokes, np.random.default_rng(3)))
    rows, columns = np.nonzero(ink > 0.5)
    assert 100 < np.ptp(rows) < 400 and np.ptp(columns) < 300
    again = paper.photo(strokes, np.random.default_rng(3))
    assert again == paper.photo(strokes, np.random.default_rng(3))


def test_the_writers_who_are_measured_are_not_learned_from(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "load", lambda name: digits if name == "digits" else other)
    other = Dataset("mnist", digits.classes, digits.test, digits.train, "")
    strokes = special_forms.draw("curled 9", np.random.default_rng(0))
    people = [WriterDrawing(writer, 9, strokes) for writer in (1, 24, 25, 30)]
    mixed = many_hands._without(people[2:], people)
    assert [part.n for part in mixed.parts] == [360, 1437, 2]
    assert mixed.train.labels[-2:].tolist() == [9, 9]
    with pytest.raises(UserError, match="add --strangers"):
        next(iter(many_hands.run(people[:1])))
