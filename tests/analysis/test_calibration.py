"""Confidence against accuracy, checked against scikit-learn, closed forms and properties."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import log_loss

from scratchmlp.analysis import calibration
from scratchmlp.net.loss import log_softmax


def table_of(logits: torch.Tensor, truth: np.ndarray) -> pd.DataFrame:
    """A table like that of `evaluation.predict`, from logits (n, classes)."""
    p = log_softmax(logits.double()).exp().numpy()
    columns = {"truth": truth, "prediction": p.argmax(axis=1)}
    table = pd.DataFrame(columns | {f"p{i}": p[:, i] for i in range(p.shape[1])})
    table["correct"] = table["truth"] == table["prediction"]
    table["p_prediction"] = p.max(axis=1)
    return table


def random_table(n: int, sharpness: float) -> pd.DataFrame:
    """Predictions whose truth is drawn from their probabilities; then the logits are scaled."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(n, 4, generator=generator) * 1.5
    truth = torch.multinomial(logits.softmax(dim=1), 1, generator=generator)[:, 0].numpy()
    return table_of(logits * sharpness, truth)


def test_reliability_equals_scikit_learns() -> None:
    table = random_table(5000, 2.0)
    rows = calibration.reliability(table)
    accuracy, confidence = calibration_curve(table["correct"], table["p_prediction"], n_bins=15)
    np.testing.assert_allclose(rows["accuracy"], accuracy)
    np.testing.assert_allclose(rows["confidence"], confidence)
    assert rows["n"].sum() == 5000
    assert ((rows["low"] <= rows["confidence"]) & (rows["confidence"] <= rows["high"])).all()


def test_a_bin_has_its_count_and_scipys_interval() -> None:
    table = random_table(300, 2.0)
    for row in calibration.reliability(table).itertuples():
        inside = table["p_prediction"].between(row.low, row.high)
        assert row.n == inside.sum()
        k = round(row.accuracy * row.n)
        low, high = binomtest(k, row.n).proportion_ci(method="wilson")
        assert (row.lowest, row.highest) == pytest.approx((low, high), abs=1e-6)


def test_the_loss_at_a_temperature_is_scikit_learns() -> None:
    table = random_table(500, 2.0)
    p = table[["p0", "p1", "p2", "p3"]].to_numpy() ** (1 / 1.7)
    expected = log_loss(table["truth"], p / p.sum(axis=1, keepdims=True), labels=range(4))
    loss = calibration.with_temperature(table, 1.7)["loss"].mean()
    assert loss == pytest.approx(expected)


def test_the_calibration_error_by_hand() -> None:
    table = pd.DataFrame(
        {"p_prediction": [0.9, 0.9, 0.6, 0.6], "correct": [True, False, True, True]}
    )
    assert calibration.expected_calibration_error(table, bins=10) == pytest.approx(0.4)


@pytest.mark.parametrize("sharpness", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_the_scaling_of_the_logits(sharpness: float) -> None:
    table = random_table(20_000, sharpness)
    temperature = calibration.fit_temperature(table)
    assert temperature == pytest.approx(sharpness, rel=0.05)
    cooled = calibration.with_temperature(table, temperature)
    assert calibration.expected_calibration_error(cooled) < 0.02
    assert (cooled["correct"] == table["correct"]).all()


def test_temperature_1_changes_nothing() -> None:
    table = random_table(100, 1.0)
    same = calibration.with_temperature(table, 1.0)
    np.testing.assert_allclose(same["p_prediction"], table["p_prediction"])
    np.testing.assert_allclose(same["loss"], -np.log(same["p_truth"]))


def test_a_probability_of_0_has_a_finite_loss() -> None:
    table = table_of(torch.tensor([[0.0, -2000.0], [0.0, -2000.0]]), np.array([0, 1]))
    assert np.isfinite(calibration.with_temperature(table, 3.0)["loss"]).all()
    assert calibration.fit_temperature(table) > 1


def test_abstention_ends_at_the_accuracy_of_all() -> None:
    table = random_table(3000, 1.0)
    rows = calibration.abstention(table)
    assert len(rows) <= 400
    assert rows["share"].iloc[-1] == 1
    assert rows["accuracy"].iloc[-1] == pytest.approx(table["correct"].mean())
    most_confident = table.nlargest(300, "p_prediction")
    tenth = rows[rows["share"] >= 0.1].iloc[0]
    assert tenth["accuracy"] == pytest.approx(most_confident["correct"].mean(), abs=0.01)


def test_an_empty_table_has_no_calibration_error() -> None:
    empty = random_table(5, 1.0).head(0)
    assert calibration.expected_calibration_error(empty) == 0
    assert calibration.abstention(empty).empty
