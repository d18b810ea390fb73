"""The training loop: a generator that yields what happens and leaves the telling to others.

`fit` never prints, plots, stores, or imports a user interface. Steps and epochs count from 1,
losses are in nats, accuracies in [0, 1], seconds are of training alone.
"""

import functools
import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from scratchmlp.data.datasets import Examples
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import (
    Command,
    Diverged,
    Epoch,
    Event,
    Finished,
    State,
    Step,
    Stopped,
    Tally,
)
from scratchmlp.net.learner import Learner
from scratchmlp.net.model import flat, init_params, pairs
from scratchmlp.net.optimizers import OPTIMIZERS, SCHEDULES
from scratchmlp.net.statistics import evaluate, pixel_moments, statistics


def fit(
    config: TrainConfig,
    train: Examples,
    valid: Examples,
    *,
    start: State | None = None,
    control: Callable[[], Command] = lambda: None,
) -> Iterator[Event]:
    """Train a network, yielding a `Step` each step, an `Epoch` each epoch, and one end.

    Parameters
    ----------
    train, valid : what to learn from and what to check with; `valid` may be empty.
    start : go on from here; the same bits come out as if there had been no pause.
    control : called before each step.

    Raises
    ------
    UserError
        The device asked for is not there.
    """
    device = find_device(config.device)
    images, labels = to_tensors(train, device)
    checks = to_tensors(valid, device)
    if start is None:
        n_classes = int(max(e.labels.max() for e in (train, valid) if len(e))) + 1
        start = begin(config, images, n_classes)
    learner = Learner(config, start, images, labels)
    lr, step, tally = start.lr, start.step, start.tally
    total = steps_per_epoch(config, len(labels)) * config.epochs
    schedule = SCHEDULES[config.schedule]

    for epoch in range(start.epoch + 1, config.epochs + 1):
        for rows in batches(config, epoch, len(labels), device)[tally.seen // config.batch_size :]:
            command = control()
            while command == "pause":
                command = control()
            if command == "stop":
                yield Stopped(learner.state(lr, step, epoch - 1, tally))
                return
            lr = command if command is not None else lr

            began = time.perf_counter()
            xb, yb = learner.batch(rows)
            loss, logits, grads = learner.gradients(xb, yb)
            if not math.isfinite(loss):
                state = learner.state(lr, step, epoch - 1, tally)
                yield Diverged(step + 1, _cause("loss", loss, step + 1), state)
                return
            step += 1
            step_lr = lr * schedule((step - 1) / max(1, total - 1))
            is_last = tally.seen + len(yb) == len(labels)
            before = [w.detach().clone() for w, _ in learner.params] if is_last else []
            learner.update(grads, step_lr)
            tally = Tally(
                tally.loss + loss * len(yb),
                tally.correct + int((logits.argmax(dim=1) == yb).sum()),
                tally.seen + len(yb),
                tally.seconds + time.perf_counter() - began,
            )
            yield Step(step, loss, step_lr)

        weights = sum(float(tensor.detach().sum()) for tensor in learner.tensors)
        if not math.isfinite(weights):  # a loss that would tell comes no more, or an epoch late
            state = learner.state(lr, step, epoch - 1, tally)
            yield Diverged(step, _cause("weights", weights, step), state)
            return
        valid_loss, valid_accuracy = evaluate(
            config, learner.params, *checks, learner.mean, learner.std
        )
        done, tally = tally, Tally()
        yield Epoch(
            epoch,
            step,
            done.loss / done.seen,
            done.correct / done.seen,
            valid_loss,
            valid_accuracy,
            done.seconds,
            statistics(config, learner.params, before, grads, learner.sample()),
            learner.state(lr, step, epoch, tally),
        )
    yield Finished(learner.state(lr, step, config.epochs, tally))


def begin(config: TrainConfig, images: Tensor, n_classes: int) -> State:
    """The state before the first step: weights drawn, the optimiser's memory empty."""
    device = images.device
    mean, std = pixel_moments(images) if config.standardise else (0.0, 1.0)
    sizes = [images[0].numel(), *config.hidden, n_classes]
    draw = torch.Generator().manual_seed(config.seed)  # on the CPU: the same on every device
    drawn = flat(init_params(sizes, config.init, config.init_std, draw))
    tensors = [tensor.to(device) for tensor in drawn]
    generator = torch.Generator(device).manual_seed(config.seed)
    opt_state = OPTIMIZERS[config.optimizer].init(tensors)
    return State(pairs(tensors), opt_state, generator.get_state(), mean, std, config.lr)


def batches(
    config: TrainConfig, epoch: int, n: int, device: torch.device | str = "cpu"
) -> tuple[Tensor, ...]:
    """The rows of each batch of an epoch: a shuffle that only the seed and the epoch decide."""
    shuffler = torch.Generator().manual_seed(config.seed * 1_000_003 + epoch)
    return torch.randperm(n, generator=shuffler).to(device).split(config.batch_size)


def steps_per_epoch(config: TrainConfig, n: int) -> int:
    return math.ceil(n / config.batch_size)


def to_tensors(examples: Examples, device: torch.device | str = "cpu") -> tuple[Tensor, Tensor]:
    """Images uint8 (n, 28, 28) and labels int64 (n,), on `device`."""
    images, labels = torch.from_numpy(examples.images), torch.from_numpy(examples.labels)
    return images.to(device), labels.to(device)


def find_device(name: str) -> torch.device:
    """The device of that name.

    Raises
    ------
    UserError
        It is not on this machine.
    """
    if not has_device(name):
        raise UserError(f"device cannot be {name}: this machine has none; choose cpu.")
    return torch.device(name)


@functools.cache  # a page asks each time it is drawn
def has_device(name: str) -> bool:
    there: dict[str, Callable[[], Any]] = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    return bool(there[name]())


def _cause(what: str, value: float, step: int) -> str:
    became = "not a number" if math.isnan(value) else "infinite"
    return f"The {what} became {became} at step {step:,}."
