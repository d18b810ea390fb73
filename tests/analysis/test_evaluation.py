import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, f1_score, log_loss, precision_score, recall_score

from scratchmlp.analysis import evaluation
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.errors import UserError
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network


def test_the_table_agrees_with_torch_and_scikit_learn(
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
    ("correct", "n", "low", "high"),
    [(9804, 10_000, 0.97750, 0.98294), (0, 10, 0.0, 0.27753), (10, 10, 0.72247, 1.0)],
)
def test_wilsons_interval(correct: int, n: int, low: float, high: float) -> None:
    assert evaluation.wilson_interval(correct, n) == pytest.approx((low, high), abs=2e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_is_scipys(correct: int, wrong: int) -> None:
    n = correct + wrong
    if n:
        expected = binomtest(correct, n).proportion_ci(method="wilson")
        assert evaluation.wilson_interval(correct, n) == pytest.approx(expected, abs=1e-6)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_contains_the_share(correct: int, wrong: int) -> None:
    low, high = evaluation.wilson_interval(correct, correct + wrong)
    assert 0 <= low <= high <= 1
    if correct + wrong:
        assert low - 1e-9 <= correct / (correct + wrong) <= high + 1e-9


def test_rows_of_the_matrix_are_truths(table: pd.DataFrame, digits: Dataset) -> None:
    counts = evaluation.confusion_matrix(table, 10)
    assert counts.sum() == 360
    assert counts.sum(axis=1).tolist() == np.bincount(digits.test.labels).tolist()
    one = table.iloc[0]
    assert counts[int(one["truth"]), int(one["prediction"])] >= 1
    cells = evaluation.confusion_table(table, digits.classes)
    assert cells.groupby("truth")["rate"].sum().tolist() == pytest.approx([1] * 10)
    cell = cells[(cells["truth"] == "3") & (cells["prediction"] == "5")]["count"].item()
    assert cell == counts[3, 5]


def test_figures_of_a_class_are_those_of_a_binary_classifier(
    table: pd.DataFrame, digits: Dataset
) -> None:
    rows = evaluation.per_class(table, digits.classes)
    for label, row in enumerate(rows.itertuples()):
        truth, predicted = table["truth"] == label, table["prediction"] == label
        assert row.precision == precision_score(truth, predicted, zero_division=0.0)
        assert row.recall == recall_score(truth, predicted)
        assert row.F1 == pytest.approx(f1_score(truth, predicted, zero_division=0.0))


def test_totals_per_class(table: pd.DataFrame, digits: Dataset) -> None:
    per_class = evaluation.per_class(table, digits.classes)
    counts = evaluation.confusion_matrix(table, 10)
    assert per_class["pictures"].sum() == per_class["predictions"].sum() == 360
    assert per_class["recall"].tolist() == pytest.approx(counts.diagonal() / counts.sum(axis=1))


def test_known_mislabelled_samples_are_left_out(table: pd.DataFrame) -> None:
    assert len(evaluation.KNOWN_MISLABELLED) == len(set(evaluation.KNOWN_MISLABELLED)) == 15
    wide = table.set_index(pd.Index(range(900, 1260), name="index"))
    assert len(evaluation.without_mislabelled(wide)) == 359


def test_the_gallery_filters_and_sorts(table: pd.DataFrame) -> None:
    wrong = evaluation.select(table)
    assert not wrong["correct"].any()
    assert wrong["loss"].is_monotonic_decreasing
    assert evaluation.select(table, order="narrowest margin")["margin"].is_monotonic_increasing
    assert evaluation.select(table, order="dataset order").index.is_monotonic_increasing
    assert len(evaluation.select(table, with_correct=True)) == 360
    some = evaluation.select(table, truth=3, prediction=5, min_confidence=0.2)
    assert (some[["truth", "prediction"]] == [3, 5]).all(axis=None)
    assert (some["p_prediction"] >= 0.2).all()
    assert evaluation.select(table, only_mislabelled=True).empty


def test_two_classes_are_enough(digits: Dataset) -> None:
    params = init_params([784, 2], "he")
    network = Network(TrainConfig(hidden=()), params, 0.0, 1.0, ("a", "b"), 0, 0)
    two = digits.test.take(np.flatnonzero(digits.test.labels < 2))
    table = evaluation.predict(network, two)
    assert evaluation.per_class(table, ("a", "b"))["class"].tolist() == ["a", "b"]


def test_labels_follow_the_names_of_the_classes() -> None:
    images = np.zeros((3, 28, 28), dtype=np.uint8)
    examples = Examples(images, np.array([0, 1, 1]))
    other = Dataset("other", ("b", "a"), examples, examples, "/")
    matched = evaluation.match_classes(other, ("a", "b", "c"))
    assert matched.classes == ("a", "b", "c")
    assert matched.test.labels.tolist() == [1, 0, 0]
    assert evaluation.match_classes(other, ("b", "a")) is other
    with pytest.raises(UserError, match="choose another dataset"):
        evaluation.match_classes(other, ("a", "c"))


def test_classes_sorted_by_errors() -> None:
    table = pd.DataFrame({"truth": [0, 1, 2, 2, 2], "prediction": [0, 1, 1, 1, 2]})
    assert evaluation.classes_by_errors(table, ("x", "y", "z")) == ["y", "z", "x"]


def test_known_results_have_the_post_as_it_reports_and_as_it_is_printed() -> None:
    results = dict(zip(*evaluation.known_results(0.98).to_numpy().T, strict=True))
    assert results["the post, as it reports"] == "87.00%"
    measured = presets.PRESETS["blog-as-printed"].measured
    assert results["the post's listing, run as printed"] == f"{measured:.2%}"


def test_known_results_have_this_run_in_its_place() -> None:
    results = evaluation.known_results(0.98)
    at = results["what"].tolist().index("this run")
    assert results["test accuracy"].iloc[at] == "98.00%"
    shares = [float(text.rstrip("%")) for text in results["test accuracy"]]
    assert shares == sorted(shares)


def test_the_gallery_filters_by_index_and_confidence(table: pd.DataFrame) -> None:
    rows = evaluation.select(table, indices=np.array([3, 5, 8]), with_correct=True)
    assert sorted(rows.index) == [3, 5, 8]
    unsure = evaluation.select(table, max_confidence=0.3)
    assert (unsure["p_prediction"] <= 0.3).all()
    assert (
        len(unsure) + (evaluation.select(table, min_confidence=0.3)["p_prediction"] > 0.3).sum()
        == (~table["correct"]).sum()
    )
