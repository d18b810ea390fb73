import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, log_loss

from scratchmlp.analysis import evaluation
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network


def test_the_table_agrees_with_torch_and_sklearn(
    network: Network, table: pd.DataFrame, digits: Dataset
) -> None:
    logits = network.logits(torch.from_numpy(digits.test.images))
    labels = digits.test.labels
    p = F.softmax(logits, dim=1).numpy()
    assert np.allclose(evaluation.probabilities(table), p, atol=1e-6)
    assert table["loss"].mean() == pytest.approx(log_loss(labels, p), rel=1e-5)
    assert table["correct"].mean() == accuracy_score(labels, p.argmax(1))
    assert np.allclose(table["p_truth"], p[np.arange(len(p)), labels], atol=1e-6)
    assert (table["margin"] >= 0).all()
    assert (table["p_prediction"] >= table["p_truth"]).all()
    assert np.allclose(-np.log(table["p_truth"]), table["loss"])


def test_the_summary_counts_errors(table: pd.DataFrame) -> None:
    summary = evaluation.summary(table)
    assert summary.n == 360
    assert summary.errors == (~table["correct"]).sum()
    low, high = summary.interval
    assert low < summary.accuracy < high


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(9804, 10_000, 0.97750, 0.98294), (0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0)],
)
def test_wilsons_interval(right: int, n: int, low: float, high: float) -> None:
    assert evaluation.wilson(right, n) == pytest.approx((low, high), abs=2e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_the_share(right: int, wrong: int) -> None:
    low, high = evaluation.wilson(right, right + wrong)
    assert 0 <= low <= high <= 1
    if right + wrong:
        assert low - 1e-9 <= right / (right + wrong) <= high + 1e-9


def test_the_matrix_has_truths_in_rows(table: pd.DataFrame, digits: Dataset) -> None:
    counts = evaluation.confusion(table, 10)
    assert counts.sum() == 360
    assert counts.sum(axis=1).tolist() == np.bincount(digits.test.labels).tolist()
    one = table.iloc[0]
    assert counts[int(one["truth"]), int(one["prediction"])] >= 1
    cells = evaluation.confused(table, digits.classes)
    assert cells.groupby("truth")["rate"].sum().tolist() == pytest.approx([1] * 10)
    cell = cells[(cells["truth"] == "3") & (cells["prediction"] == "5")]["count"].item()
    assert cell == counts[3, 5]


def test_totals_per_class(table: pd.DataFrame, digits: Dataset) -> None:
    per_class = evaluation.per_class(table, digits.classes)
    counts = evaluation.confusion(table, 10)
    assert per_class["pictures"].sum() == per_class["answers"].sum() == 360
    assert per_class["recall"].tolist() == pytest.approx(counts.diagonal() / counts.sum(axis=1))


def test_known_mislabelled_are_left_out(table: pd.DataFrame) -> None:
    assert len(evaluation.KNOWN_MISLABELLED) == len(set(evaluation.KNOWN_MISLABELLED)) == 15
    wide = table.set_index(pd.Index(range(900, 1260), name="index"))
    assert len(evaluation.without_mislabelled(wide)) == 359


def test_the_gallery_filters_and_sorts(table: pd.DataFrame) -> None:
    wrong = evaluation.chosen(table)
    assert not wrong["correct"].any()
    assert wrong["loss"].is_monotonic_decreasing
    assert evaluation.chosen(table, order="margin, narrowest first")[
        "margin"
    ].is_monotonic_increasing
    assert evaluation.chosen(table, order="index").index.is_monotonic_increasing
    assert len(evaluation.chosen(table, right_too=True)) == 360
    some = evaluation.chosen(table, truth=3, answer=5, least=0.2)
    assert (some[["truth", "prediction"]] == [3, 5]).all(axis=None)
    assert (some["p_prediction"] >= 0.2).all()
    assert evaluation.chosen(table, mislabelled=True).empty


def test_two_classes_are_enough(digits: Dataset) -> None:
    params = init_params([784, 2], "he")
    network = Network(TrainConfig(hidden=()), params, 0.0, 1.0, ("a", "b"), 0, 0)
    two = digits.test.take(np.flatnonzero(digits.test.labels < 2))
    table = evaluation.predict(network, two)
    assert evaluation.per_class(table, ("a", "b"))["class"].tolist() == ["a", "b"]


def test_labels_follow_the_names_of_the_classes() -> None:
    images = np.zeros((3, 28, 28), dtype=np.uint8)
    examples = Examples(images, np.array([0, 1, 1]))
    strange = Dataset("strange", ("b", "a"), examples, examples, "/")
    renamed = evaluation.renamed(strange, ("a", "b", "c"))
    assert renamed.classes == ("a", "b", "c")
    assert renamed.test.labels.tolist() == [1, 0, 0]
    assert evaluation.renamed(strange, ("b", "a")) is strange
    with pytest.raises(UserError, match="choose other pictures"):
        evaluation.renamed(strange, ("a", "c"))


def test_classes_sorted_by_errors() -> None:
    table = pd.DataFrame({"truth": [0, 1, 2, 2, 2], "prediction": [0, 1, 1, 1, 2]})
    assert evaluation.by_errors(table, ("x", "y", "z")) == ["y", "z", "x"]


def test_the_ladder_holds_this_run_in_its_place() -> None:
    rungs = evaluation.ladder(0.98)
    at = rungs["what"].tolist().index("this run")
    assert rungs["test accuracy"].iloc[at] == "98.00%"
    shares = [float(text.rstrip("%")) for text in rungs["test accuracy"]]
    assert shares == sorted(shares)


def test_only_some_indices_and_a_range_of_confidence(table: pd.DataFrame) -> None:
    rows = evaluation.chosen(table, among=np.array([3, 5, 8]), right_too=True)
    assert sorted(rows.index) == [3, 5, 8]
    unsure = evaluation.chosen(table, most=0.3)
    assert (unsure["p_prediction"] <= 0.3).all()
    assert (
        len(unsure) + (evaluation.chosen(table, least=0.3)["p_prediction"] > 0.3).sum()
        == (~table["correct"]).sum()
    )
