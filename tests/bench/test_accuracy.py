"""Every contender trains a network that works."""

import pytest

from scratchmlp.bench import accuracy
from scratchmlp.bench.accuracy import CONTENDERS
from scratchmlp.bench.data import data_of
from scratchmlp.data.datasets import Dataset


@pytest.mark.filterwarnings("ignore:The 'mode.chained_assignment' option")  # fastai sets it
@pytest.mark.parametrize("name", CONTENDERS)
def test_a_contender_learns_the_digits(
    digits: Dataset, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(accuracy, "MAX_EPOCHS", 5)
    reached = CONTENDERS[name](data_of(digits), 0)
    assert reached.seconds > 0
    assert reached.accuracy > 0.8
