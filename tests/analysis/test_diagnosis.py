"""Diagnoses of recorded runs: every broken run has its finding, and healthy runs have none.

`curves/curves.json.gz` holds real runs on MNIST, thinned: a list of {kind, config (the settings
that differ from the default), status, steps, epochs}. docs/experiments.md describes each of them.
"""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scratchmlp.analysis.diagnosis import Finding, diagnose
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets, training
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Epoch, Step

RUNS = json.loads(gzip.decompress((Path(__file__).parent / "curves/curves.json.gz").read_bytes()))
HEALTHY = {"modern", "best-128", "simard-800"}
EXPECTED = {
    "plain-softmax": "saturated softmax",
    "lr-too-high": "diverged",
    "zero-init": "symmetric initialisation",
    "zeros-sigmoid": "symmetric initialisation",
    "zeros-tanh": "symmetric initialisation",
    "lr-1000-too-small": "learning rate too low",
    "blog-as-printed": "learning rate too low",
    "blog-as-reported": "learning rate too low",
    "momentum-0.999": "learning rate too high",
    "adam-lr-0.1": "learning rate too high",
    "sgd-lr-10": "learning rate too high",
    "momentum-lr-0.3": "learning rate too high",
    "sigmoid-normal-4": "saturated units",
    "sigmoid-6-sgd": "vanishing gradients",
    "weight-decay-1-sgd": "under-fitting",
    "tiny-hidden": "under-fitting",
    "linear": "under-fitting",
    "200-pictures": "over-fitting",
    "no-decay-20": "over-fitting",
    "best-128-3-epochs": "under-fitting",
    "simard-800-2-epochs": "under-fitting",
    "one-epoch": "too few steps",
    "batch-8192": "too few steps",
}
MILD = {"weight-decay-1"}  # 97.4%: worse than it could be, but not broken

EPOCHS = ["epoch", "step", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]


def tables(run: dict[str, Any]) -> tuple[TrainConfig, pd.DataFrame, pd.DataFrame]:
    config = TrainConfig.from_mapping(run["config"])
    steps = pd.DataFrame(run["steps"], columns=["step", "loss", "lr"])
    return config, steps, pd.DataFrame(run["epochs"], columns=[*EPOCHS, "statistics"])


def findings_of(run: dict[str, Any]) -> list[Finding]:
    return diagnose(*tables(run), run["status"], True)


def kind(run: dict[str, Any]) -> str:
    return str(run["kind"]).split(",")[0]


@pytest.mark.parametrize("run", [r for r in RUNS if kind(r) in EXPECTED], ids=kind)
def test_a_broken_run_has_its_finding(run: dict[str, Any]) -> None:
    found = findings_of(run)
    assert EXPECTED[kind(run)] in [f.name for f in found]
    assert "converged" not in [f.name for f in found]
    assert found[0].severity in ("error", "warning")


@pytest.mark.parametrize("run", [r for r in RUNS if kind(r) in HEALTHY | MILD], ids=kind)
def test_a_healthy_run_has_no_other_finding(run: dict[str, Any]) -> None:
    assert [(f.name, f.severity) for f in findings_of(run)] == [("converged", "good")]


@pytest.mark.parametrize("run", [r for r in RUNS if kind(r) in HEALTHY], ids=kind)
def test_a_healthy_run_has_no_finding_while_it_trains(run: dict[str, Any]) -> None:
    config, steps, epochs = tables(run)
    assert diagnose(config, steps[:0], epochs[:0], "queued", None) == []
    for done in range(len(epochs)):
        so_far = steps[steps["step"] <= epochs["step"].iloc[done]]
        assert diagnose(config, so_far, epochs[:done], "running", None) == []
        assert diagnose(config, so_far, epochs[: done + 1], "running", None) == []
        stopped = diagnose(config, so_far, epochs[: done + 1], "stopped", 1.0)
        assert not [f.name for f in stopped if f.severity in ("error", "warning")]


def test_every_kind_of_run_and_every_finding_is_covered() -> None:
    assert {kind(run) for run in RUNS} == set(EXPECTED) | HEALTHY | MILD
    names = {f.name for run in RUNS for f in findings_of(run)}
    assert {"dead units", "converged"} | set(EXPECTED.values()) == names


@pytest.mark.parametrize("run", RUNS, ids=kind)
def test_a_finding_can_be_tried(run: dict[str, Any]) -> None:
    config = tables(run)[0]
    for found in findings_of(run):
        tried = TrainConfig.from_mapping(found.change, config)
        assert (tried != config) == (found.severity != "good")
        for sentence in (found.evidence, found.reason, found.advice):
            assert sentence.endswith(".")
            assert "nan" not in sentence.split()


def test_a_run_that_breaks_early_has_its_finding_while_it_trains() -> None:
    run = next(r for r in RUNS if r["kind"] == "momentum-0.999")
    config, steps, epochs = tables(run)
    early = diagnose(config, steps[: len(steps) // 2], epochs[:2], "running", None)
    assert early[0].name == "learning rate too high"
    assert early[0].change["momentum"] == 0.9


number = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))
share = st.one_of(st.none(), st.floats(0, 1))
norm = st.one_of(st.none(), st.floats(min_value=0))
statistics = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {"weight_norm": st.just([1.0, 1.0])},
        optional={
            "gradient_norm": st.tuples(norm, norm).map(list),
            "dead": st.tuples(share).map(list),
            "flat": st.tuples(share).map(list),
            "twins": st.tuples(share).map(list),
            "update_ratio": st.tuples(norm, norm).map(list),
        },
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(presets.PRESETS)),
    losses=st.lists(number, max_size=12),
    rows=st.lists(st.tuples(number, number, number, number, statistics), max_size=4),
    status=st.sampled_from(["queued", "running", "paused", "finished", "stopped", "diverged"]),
    lr=st.sampled_from([1e-6, 0.1, 100.0]),
)
@example(
    name="modern",
    losses=[1.0],
    rows=[(1.0, 0.95, 0.0, 0.9, None), (1.0, 0.95, 1.8e296, 0.9, None)],
    status="finished",
    lr=0.1,
)
def test_any_curve_has_a_diagnosis(
    name: str, losses: list, rows: list, status: str, lr: float
) -> None:
    config = replace(presets.find(name).config, lr=lr)
    steps = pd.DataFrame(
        [(n, loss, lr) for n, loss in enumerate(losses, start=1)], columns=["step", "loss", "lr"]
    )
    per_epoch = max(1, len(losses) // max(1, len(rows)))
    epochs = pd.DataFrame(
        [(n, n * per_epoch, *row) for n, row in enumerate(rows, start=1)],
        columns=[*EPOCHS, "statistics"],
    )
    for found in diagnose(config, steps, epochs, status, status in ("finished", "stopped")):
        assert TrainConfig.from_mapping(found.change, config)
        for sentence in (found.evidence, found.reason, found.advice):
            assert not re.search(r"\b(nan|inf)\b", sentence)


def trained(config: TrainConfig, dataset: Dataset) -> tuple[list[Finding], float]:
    """The findings of a run on the digits, and its validation accuracy."""
    steps, epochs = [], []
    for event in training.fit(config, dataset.train, dataset.test):
        if isinstance(event, Step):
            steps.append(vars(event))
        elif isinstance(event, Epoch):
            epochs.append({k: v for k, v in vars(event).items() if k != "state"})
    table = pd.DataFrame(steps, columns=["step", "loss", "lr"])
    status = type(event).__name__.lower()
    found = diagnose(config, table, pd.DataFrame(epochs), status, True)
    return found, epochs[-1]["valid_accuracy"] if status == "finished" else 0.0


@pytest.mark.parametrize("name", ["plain-softmax", "lr-too-high", "zero-init"])
def test_following_the_advice_helps(digits: Dataset, name: str) -> None:
    config = replace(presets.find(name).config, dataset="digits", batch_size=32, epochs=6)
    found, accuracy = trained(config, digits)
    assert found[0].severity == "error"
    _, better = trained(TrainConfig.from_mapping(found[0].change, config), digits)
    assert better > accuracy + 0.3
