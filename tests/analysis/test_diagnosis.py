"""Diagnoses of recorded, of live and of hand-made runs: all have the findings a teacher gives them.

`curves/curves.json.gz` holds real runs on MNIST, thinned: a list of {kind, config (the settings
that differ from the default), status, steps, epochs}. docs/experiments.md describes each of them.
The live runs are trained here, on the digits.
"""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scratchmlp.analysis.diagnosis import Finding, diagnose
from scratchmlp.data import splits
from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.net import choices, presets, training
from scratchmlp.net.config import TrainConfig, differing
from scratchmlp.net.events import Epoch, Step

RUNS = json.loads(gzip.decompress((Path(__file__).parent / "curves/curves.json.gz").read_bytes()))
HEALTHY = {"modern", "best-128", "simard-800"}
# What a teacher says of each recorded kind, the most serious first.
RECORDED = {
    "modern": ["converged"],
    "best-128": ["converged"],
    "simard-800": ["converged"],
    "weight-decay-1": ["converged"],  # 97.4%: worse than it could be, but not broken
    "plain-softmax": ["saturated softmax"],
    "lr-too-high": ["diverged"],
    "zero-init": ["symmetric initialisation"],
    "zeros-sigmoid": ["symmetric initialisation"],
    "zeros-tanh": ["symmetric initialisation"],
    "lr-1000-too-small": ["learning rate too low"],
    "blog-as-printed": ["initial weights too large", "learning rate too low"],
    "blog-as-reported": ["initial weights too large", "learning rate too low"],
    "momentum-0.999": ["learning rate too high", "dead units"],
    "adam-lr-0.1": ["learning rate too high", "dead units"],
    "sgd-lr-10": ["learning rate too high", "dead units"],
    "momentum-lr-0.3": ["learning rate too high"],
    "sigmoid-normal-4": ["saturated units"],
    "sigmoid-6-sgd": ["vanishing gradients"],
    "weight-decay-1-sgd": ["under-fitting"],
    "tiny-hidden": ["under-fitting"],
    "linear": ["under-fitting"],
    "200-pictures": ["over-fitting"],
    "no-decay-20": ["over-fitting"],
    "best-128-3-epochs": ["under-fitting"],
    "simard-800-2-epochs": ["under-fitting"],
    "one-epoch": ["too few steps"],
    "batch-8192": ["too few steps"],
}
MODERN = replace(presets.MODERN, dataset="digits")
POST = replace(presets.POST, dataset="digits")
FAIR = replace(presets.find("few-pictures").config, dataset="digits")
# The same for live runs.
LIVE = {
    "few steps": (MODERN, ["still improving"]),
    "three layers": (
        replace(MODERN, hidden=(128,) * 3, batch_size=128, lr=0.006, momentum=0.9),
        ["still improving"],
    ),
    "three layers, few steps": (
        replace(MODERN, hidden=(128,) * 3),
        ["learning rate too high", "dead units"],
    ),
    "a rise that did no harm": (replace(FAIR, epochs=40, seed=1), ["converged"]),
    "100 pictures": (replace(FAIR, train_size=100, epochs=60), ["over-fitting"]),
    "small batches": (FAIR, ["converged"]),
    "five steps": (replace(MODERN, epochs=1), ["too few steps"]),
    "constant rate, cut short": (
        replace(FAIR, schedule="constant", lr=0.002, epochs=3),
        ["still improving"],
    ),
    "the post": (replace(POST, lr=0.01), ["initial weights too large", "too few steps"]),
    "the post, longer": (
        replace(POST, lr=0.01, batch_size=16, epochs=10),
        ["initial weights too large", "learning rate too low"],
    ),
    "loss explodes": (
        replace(presets.find("lr-too-high").config, dataset="digits"),
        ["learning rate too high"],
    ),
    "softmax overflows": (
        replace(presets.find("plain-softmax").config, dataset="digits"),
        ["saturated softmax"],
    ),
    "flat tanh": (
        replace(FAIR, activation="tanh", init="xavier", lr=0.1),
        ["learning rate too high", "saturated units"],
    ),
    "all weights 0": (replace(FAIR, init="zeros"), ["symmetric initialisation"]),
    "one hidden unit": (
        replace(FAIR, hidden=(1,), activation="tanh", init="xavier", epochs=20),
        ["under-fitting"],
    ),
    "half of the units dead": (replace(FAIR, optimizer="rmsprop", lr=0.003), ["dead units"]),
}
# Runs as anybody makes them on the digits: nothing is wrong with them, at no time. Their gradients
# are computed by hand, which is faster; those of `LIVE` by PyTorch.
ORDINARY = [
    *(replace(FAIR, seed=seed) for seed in range(4)),
    *(
        replace(FAIR, hidden=hidden, seed=seed)
        for seed, hidden in enumerate([(16,), (64,), (512,), (64, 64), (128, 128, 128)], 1)
    ),
    *(replace(FAIR, lr=lr) for lr in (0.001, 0.002, 0.008)),
    *(replace(FAIR, epochs=epochs) for epochs in (6, 30)),
    *(replace(FAIR, batch_size=batch_size) for batch_size in (16, 64, 128)),
    *(replace(FAIR, activation=name, seed=1) for name in ("leaky-relu", "elu", "gelu", "sigmoid")),
    *(replace(MODERN, activation="tanh", init="xavier", seed=seed) for seed in range(2)),
    replace(FAIR, activation="tanh", init="xavier"),
    replace(FAIR, optimizer="momentum", lr=0.05),
    replace(FAIR, optimizer="nesterov", lr=0.05),
    replace(FAIR, optimizer="sgd", lr=0.1),
    replace(FAIR, optimizer="rmsprop", lr=0.001),
    replace(FAIR, schedule="constant", lr=0.001),
    replace(FAIR, augment="affine"),
    replace(FAIR, momentum=0.9),
    replace(FAIR, weight_decay=0.0),
    replace(FAIR, standardise=False),
    replace(FAIR, valid_pct=0.0),
]

EPOCHS = ["epoch", "step", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy"]


def tables(run: dict[str, Any]) -> tuple[TrainConfig, pd.DataFrame, pd.DataFrame]:
    config = TrainConfig.from_mapping(run["config"])
    steps = pd.DataFrame(run["steps"], columns=["step", "loss", "lr"])
    return config, steps, pd.DataFrame(run["epochs"], columns=[*EPOCHS, "statistics"])


def findings_of(run: dict[str, Any]) -> list[Finding]:
    return diagnose(*tables(run), run["status"], True)


def kind(run: dict[str, Any]) -> str:
    return str(run["kind"]).split(",")[0]


def test_the_findings_are_those_of_a_teacher(
    digits: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of every run all findings, and of every kind as much as of any other: none counts twice."""
    found = {kind(run): [f.name for f in findings_of(run)] for run in RUNS}
    expected: dict[str, list[str]] = dict(RECORDED)
    for name, (config, findings) in LIVE.items():
        found[name] = [f.name for f in diagnose(*trained(config, digits), True)]
        expected[name] = findings
    given = sum(len(names) for names in found.values())
    right = sum(len(set(found[name]) & set(expected[name])) for name in expected)
    wanted = sum(len(names) for names in expected.values())
    with capsys.disabled():
        print(
            f"\nDiagnosis of {len(expected)} kinds of runs: precision {right / given:.3f}, "
            f"recall {right / wanted:.3f}"
        )
    assert found == expected


@pytest.mark.parametrize("run", RUNS, ids=kind)
def test_every_seed_of_a_kind_has_the_same_findings(run: dict[str, Any]) -> None:
    assert [f.name for f in findings_of(run)] == RECORDED[kind(run)]


@pytest.mark.parametrize("config", ORDINARY, ids=presets.in_words)
def test_an_ordinary_run_never_raises_an_alarm(config: TrainConfig, digits: Dataset) -> None:
    config, steps, epochs, status = trained(replace(config, backward="by-hand"), digits)
    assert [f.severity for f in diagnose(config, steps, epochs, status, True)] in (
        ["good"],
        ["info"],
    )
    for done in range(1, len(epochs)):
        so_far = steps[steps["step"] <= epochs["step"].iloc[done - 1]]
        assert diagnose(config, so_far, epochs[:done], "running", False) == []
    assert diagnose(config, so_far, epochs[:-1], "stopped", True) == []


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


def test_every_kind_of_run_is_covered() -> None:
    assert {kind(run) for run in RUNS} == set(RECORDED)
    assert len(RECORDED) + len(LIVE) >= 25
    assert len(ORDINARY) + sum(kind(run) == "modern" for run in RUNS) >= 30


@pytest.mark.parametrize("run", RUNS, ids=kind)
def test_a_finding_can_be_tried(run: dict[str, Any]) -> None:
    for found in findings_of(run):
        assert bool(found.change) == (found.severity != "good")
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
    changes=st.fixed_dictionaries(
        {},
        optional={
            "hidden": st.sampled_from([(), (128,), (8, 300), (64,) * 6]),
            "epochs": st.sampled_from([1, 8, 1000]),
            "batch_size": st.sampled_from([1, 128, 8192]),
            "weight_decay": st.sampled_from([0.0, 1.0]),
        }
        | {
            name: st.sampled_from(sorted(choices.TABLES[name]))
            for name in ("activation", "init", "optimizer", "schedule", "augment")
        },
    ),
)
@example(
    name="modern",
    losses=[1.0],
    rows=[(1.0, 0.95, 0.0, 0.9, None), (1.0, 0.95, 1.8e296, 0.9, None)],
    status="finished",
    lr=0.1,
    changes={},
)
def test_any_curve_has_a_diagnosis(
    name: str, losses: list, rows: list, status: str, lr: float, changes: dict
) -> None:
    config = replace(presets.find(name).config, lr=lr, **changes)
    steps = pd.DataFrame(
        [(n, loss, lr) for n, loss in enumerate(losses, start=1)], columns=["step", "loss", "lr"]
    )
    per_epoch = max(1, len(losses) // max(1, len(rows)))
    epochs = pd.DataFrame(
        [(n, n * per_epoch, *row) for n, row in enumerate(rows, start=1)],
        columns=[*EPOCHS, "statistics"],
    )
    for found in diagnose(config, steps, epochs, status, status in ("finished", "stopped")):
        tried = TrainConfig.from_mapping(found.change, config)
        assert set(found.change) == set(differing(config, tried))
        assert found.change or found.severity == "good" or not found.advice
        for sentence in (found.evidence, found.reason, found.advice):
            assert not re.search(r"\b(nan|inf)\b", sentence)


def trained(
    config: TrainConfig, dataset: Dataset
) -> tuple[TrainConfig, pd.DataFrame, pd.DataFrame, str]:
    """The history of a run on the digits, as `diagnose` takes it."""
    rows = splits.divide(dataset.train.labels, config)
    train, valid = (dataset.train.take(part) for part in rows)
    steps, epochs = [], []
    for event in training.fit(config, train, valid):
        if isinstance(event, Step):
            steps.append(vars(event))
        elif isinstance(event, Epoch):
            epochs.append(vars(event))
    return (
        config,
        pd.DataFrame(steps, columns=["step", "loss", "lr"]),
        pd.DataFrame(epochs, columns=[*EPOCHS, "statistics"]),
        type(event).__name__.lower(),
    )


@pytest.mark.parametrize(
    "name",
    [
        "plain-softmax",
        "lr-too-high",
        "zero-init",
        "blog-as-reported",
        "five steps",
        "three layers, few steps",
    ],
)
def test_following_the_advice_leads_to_a_good_run(digits: Dataset, name: str) -> None:
    config = LIVE[name][0] if name in LIVE else presets.find(name).config
    config = replace(config, dataset="digits", epochs=min(config.epochs, 6))
    for _ in range(8):
        history = trained(config, digits)
        found = diagnose(*history, True)[0]
        if found.severity == "good":
            break
        config = TrainConfig.from_mapping(found.change, config)
    assert found.name == "converged"
    assert history[2]["valid_accuracy"].iloc[-1] > 0.94


def of_dataset(dataset: Dataset) -> list[str]:
    """The findings about a good run, had it learned from this dataset."""
    config, steps, epochs = tables(next(run for run in RUNS if run["kind"] == "modern"))
    return [f.name for f in diagnose(config, steps, epochs, "finished", True, dataset)]


def test_the_pictures_of_a_run_are_diagnosed(digits: Dataset) -> None:
    assert of_dataset(digits) == ["converged"]
    images, labels = digits.train.images.copy(), digits.train.labels
    images[:200] = 7
    some_blank = replace(digits, train=Examples(images, labels))
    assert of_dataset(some_blank) == ["blank pictures", "converged"]
    images[:1000] = 0
    assert of_dataset(some_blank) == ["blank pictures"]  # which explains all else
    one = digits.train.take(np.flatnonzero(labels == 3))
    assert of_dataset(replace(digits, train=one))[0] == "all labels are one"
    rows = np.concatenate([np.flatnonzero(labels != 3), np.flatnonzero(labels == 3)[:20]])
    uneven = replace(digits, train=digits.train.take(rows))
    assert of_dataset(uneven) == ["uneven classes", "converged"]
    [finding, _] = diagnose(
        *tables(next(run for run in RUNS if run["kind"] == "modern")), "finished", True, uneven
    )
    assert finding.evidence == "Class 1 has 146 training pictures, class 3 has 20."
