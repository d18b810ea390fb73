import dataclasses
import itertools
import math
from dataclasses import replace

import pytest
import torch

from scratchmlp.data.datasets import Dataset, Examples
from scratchmlp.data.splits import divide
from scratchmlp.errors import UserError
from scratchmlp.net import choices, devices, presets, statistics
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Diverged, Epoch, Event, Finished, State, Step, Stopped
from scratchmlp.net.model import as_input, flat
from scratchmlp.net.training import fit

SMALL = TrainConfig(dataset="digits", epochs=3, batch_size=100, hidden=(32,))


def halves(dataset: Dataset, config: TrainConfig = SMALL) -> tuple[Examples, Examples]:
    rows = divide(dataset.train.labels, config)
    train, valid = (dataset.train.take(part) for part in rows)
    return train, valid


def assert_same_state(a: State, b: State) -> None:
    tensors = [flat(a.params), flat(b.params), [a.generator], [b.generator]]
    tensors += [list(itertools.chain(*s.optimizer.values())) for s in (a, b)]
    for left, right in zip(tensors[::2], tensors[1::2], strict=True):
        assert len(left) == len(right)
        assert all(torch.equal(x, y) for x, y in zip(left, right, strict=True))
    for field in ("mean", "std", "lr", "step", "epoch"):
        assert getattr(a, field) == getattr(b, field)
    assert replace(a.tally, seconds=0) == replace(b.tally, seconds=0)


def losses(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, Step)]


def test_a_run_tells_every_step_and_epoch_and_one_end(digits: Dataset) -> None:
    train, valid = halves(digits)
    events = list(fit(SMALL, train, valid))
    steps = [e for e in events if isinstance(e, Step)]
    epochs = [e for e in events if isinstance(e, Epoch)]
    per_epoch = math.ceil(len(train) / 100)
    assert [s.step for s in steps] == list(range(1, 3 * per_epoch + 1))
    assert [(e.epoch, e.step) for e in epochs] == [(i, i * per_epoch) for i in (1, 2, 3)]
    assert isinstance(events[-1], Finished)
    assert len(events) == len(steps) + len(epochs) + 1
    assert epochs[-1].valid_accuracy > 0.7
    assert 0 < sum(e.seconds for e in epochs) < 60
    assert events[-1].state.epoch == 3


def test_epoch_figures_weigh_samples(digits: Dataset) -> None:
    """The last batch is smaller, and must not count as much as the others."""
    config = replace(SMALL, epochs=1, lr=1e-6)  # the network hardly moves
    train, valid = halves(digits)
    assert len(train) % 100
    *_, epoch, end = fit(config, train, valid)
    x, y = devices.to_tensors(train)
    loss, accuracy = statistics.evaluate(
        config, end.state.params, x, y, end.state.mean, end.state.std
    )
    assert epoch.train_loss == pytest.approx(loss, rel=1e-3)
    assert epoch.train_accuracy == pytest.approx(accuracy, abs=0.002)


def test_evaluation_equals_torch(digits: Dataset) -> None:
    train, valid = halves(digits)
    *_, end = fit(SMALL, train, valid)
    x, y = devices.to_tensors(digits.test)
    state = end.state
    loss, accuracy = statistics.evaluate(SMALL, state.params, x, y, state.mean, state.std)
    (w1, b1), (w2, b2) = state.params
    logits = torch.relu(as_input(x, state.mean, state.std) @ w1 + b1) @ w2 + b2
    assert loss == pytest.approx(torch.nn.functional.cross_entropy(logits, y).item(), rel=1e-5)
    assert accuracy == (logits.argmax(1) == y).double().mean().item()


@pytest.mark.parametrize("backward", choices.BACKWARDS)
@pytest.mark.parametrize("augment", choices.AUGMENTATIONS)
def test_the_same_seed_gives_the_same_bits(digits: Dataset, augment: str, backward: str) -> None:
    config = replace(SMALL, augment=augment, backward=backward)
    runs = [list(fit(config, *halves(digits))) for _ in range(2)]
    assert losses(runs[0]) == losses(runs[1])
    assert_same_state(runs[0][-1].state, runs[1][-1].state)
    other = list(fit(replace(config, seed=1), *halves(digits)))
    assert losses(other) != losses(runs[0])


@pytest.mark.parametrize("stop_at", [1, 5, 12, 13, 30])
@pytest.mark.parametrize("optimizer", choices.OPTIMIZERS)
def test_resumed_equals_uninterrupted(digits: Dataset, optimizer: str, stop_at: int) -> None:
    config = replace(SMALL, optimizer=optimizer, augment="elastic")
    train, valid = halves(digits)
    whole = list(fit(config, train, valid))
    calls = itertools.count(1)
    first = list(
        fit(config, train, valid, control=lambda: "stop" if next(calls) > stop_at else None)
    )
    assert isinstance(first[-1], Stopped)
    second = list(fit(config, train, valid, start=first[-1].state))
    assert losses(first) + losses(second) == losses(whole)
    assert_same_state(second[-1].state, whole[-1].state)
    figures = [
        [replace(e, seconds=0, state=None) for e in events if isinstance(e, Epoch)]
        for events in (first + second, whole)
    ]
    assert figures[0] == figures[1]


def test_a_state_is_a_copy(digits: Dataset) -> None:
    events = fit(SMALL, *halves(digits))
    state = next(e for e in events if isinstance(e, Epoch)).state
    before = [t.clone() for t in flat(state.params)]
    list(events)
    assert all(torch.equal(a, b) for a, b in zip(before, flat(state.params), strict=True))


def test_pause_asks_again_and_changes_nothing(digits: Dataset) -> None:
    train, valid = halves(digits)
    answers = itertools.chain(["pause"] * 5, itertools.repeat(None))
    paused = list(fit(SMALL, train, valid, control=lambda: next(answers)))
    assert losses(paused) == losses(list(fit(SMALL, train, valid)))


def test_a_new_learning_rate_takes_effect_at_once(digits: Dataset) -> None:
    config = replace(SMALL, schedule="constant", lr=0.001)
    answers = itertools.chain([None] * 3, [0.5], itertools.repeat(None))
    events = list(fit(config, *halves(digits), control=lambda: next(answers)))
    rates = [e.lr for e in events if isinstance(e, Step)]
    assert rates[:5] == [0.001, 0.001, 0.001, 0.5, 0.5]
    assert events[-1].state.lr == 0.5


def test_without_validation_its_figures_are_none(digits: Dataset) -> None:
    config = replace(SMALL, valid_pct=0.0)
    train, valid = halves(digits, config)
    assert len(valid) == 0
    epoch = next(e for e in fit(config, train, valid) if isinstance(e, Epoch))
    assert (epoch.valid_loss, epoch.valid_accuracy) == (None, None)


def test_a_loss_that_is_no_number_ends_the_run(digits: Dataset) -> None:
    config = replace(presets.find("lr-too-high").config, dataset="digits", epochs=50)
    *_, last, end = fit(config, *halves(digits))
    assert isinstance(end, Diverged)
    assert end.step == last.step + 1
    assert f"at step {end.step:,}" in end.cause
    assert math.isfinite(last.loss)


def test_a_device_that_is_not_there_is_refused(digits: Dataset) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.raises(UserError, match="device cannot be cuda"):
        next(fit(replace(SMALL, device="cuda"), *halves(digits)))


def test_any_number_of_classes(digits: Dataset) -> None:
    two = Examples(digits.train.images[:200], digits.train.labels[:200] % 2)
    *_, end = fit(SMALL, two, two)
    assert end.state.params[-1][0].shape == (32, 2)


def test_statistics_are_of_each_layer(digits: Dataset) -> None:
    config = replace(SMALL, hidden=(32, 16))
    epoch = next(e for e in fit(config, *halves(digits)) if isinstance(e, Epoch))
    sure = epoch.statistics.pop("sure")
    assert 0 <= sure <= 1
    assert {k: len(v) for k, v in epoch.statistics.items()} == {
        "weight_norm": 3,
        "gradient_norm": 3,
        "update_ratio": 3,
        "histogram": 3,
        "dead": 2,
        "flat": 2,
        "twins": 2,
    }


def test_zeros_leave_hidden_layers_without_gradient(digits: Dataset) -> None:
    epoch = next(
        e for e in fit(replace(SMALL, init="zeros"), *halves(digits)) if isinstance(e, Epoch)
    )
    assert epoch.statistics["gradient_norm"] == [0.0, 0.0]
    assert epoch.statistics["dead"] == [1.0]


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_runs(name: str, digits: Dataset) -> None:
    config = dataclasses.replace(presets.find(name).config, dataset="digits", epochs=2)
    *_, end = fit(config, *halves(digits, config))
    ends = {"plain-softmax": Diverged}
    assert isinstance(end, ends.get(name, (Finished, Diverged)))


def test_modern_reaches_its_accuracy(mnist: Dataset) -> None:
    *_, end = fit(presets.MODERN, *halves(mnist, presets.MODERN))
    state = end.state
    images, labels = devices.to_tensors(mnist.test)
    _, accuracy = statistics.evaluate(
        presets.MODERN, state.params, images, labels, state.mean, state.std
    )
    assert accuracy >= 0.975


def test_only_gradients_are_less_exact_by_choice(digits: Dataset) -> None:
    """A page that evaluates the network in full float32 finds the accuracy that the run told."""
    config = replace(SMALL, precision="medium")
    train, valid = halves(digits)
    *_, epoch, end = fit(config, train, valid)
    assert torch.get_float32_matmul_precision() == "highest"
    images, labels = devices.to_tensors(valid)
    state = end.state
    exact = statistics.evaluate(SMALL, state.params, images, labels, state.mean, state.std)
    assert (epoch.valid_loss, epoch.valid_accuracy) == exact


@pytest.mark.parametrize(("name", "end"), [("plain-softmax", Diverged), ("lr-too-high", Diverged)])
def test_what_must_break_breaks(name: str, end: type, mnist: Dataset) -> None:
    config = presets.find(name).config
    assert isinstance(list(fit(config, *halves(mnist, config)))[-1], end)


def test_zero_init_never_learns(mnist: Dataset) -> None:
    config = replace(presets.find("zero-init").config, epochs=1)
    epoch = next(e for e in fit(config, *halves(mnist, config)) if isinstance(e, Epoch))
    assert epoch.valid_accuracy < 0.13
