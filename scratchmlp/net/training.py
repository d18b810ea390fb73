"""The training loop: a generator that yields what happens, so that others can show or store it.

`fit` never prints, plots, stores, or imports a user interface. Steps and epochs count from 1,
losses are in nats, accuracies in [0, 1], seconds are of training alone.
"""

import math
from collections.abc import Callable, Iterator

from scratchmlp.data.datasets import Examples
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.devices import find_device, to_tensors
from scratchmlp.net.events import Command, Diverged, Event, Finished, State, Step, Stopped
from scratchmlp.net.learner import Learner, initial_state


def fit(
    config: TrainConfig,
    train: Examples,
    valid: Examples,
    *,
    start: State | None = None,
    control: Callable[[], Command] = lambda: None,
) -> Iterator[Event]:
    """Train a network: yield a `Step` for each step, an `Epoch` for each epoch, and one end.

    Parameters
    ----------
    train, valid : samples to learn from and to validate with; `valid` may be empty.
    start : resume from here. The run continues as if it had not been interrupted, bit for bit.
    control : called before each step.

    Raises
    ------
    UserError
        This machine does not have the device.
    """
    device = find_device(config.device)
    images, labels = to_tensors(train, device)
    valid_images, valid_labels = to_tensors(valid, device)
    start = start or initial_state(config, images, count_classes(train, valid))
    learner = Learner(config, start, images, labels)

    for _ in range(learner.epoch, config.epochs):
        for rows in learner.batches():
            if not obey(control, learner):
                yield Stopped(learner.state())
                return
            xb, yb = learner.batch(rows)
            loss, logits, grads = learner.gradients(xb, yb)
            if not math.isfinite(loss):
                yield diverged("loss", loss, learner.step + 1, learner.state())
                return
            learner.update(grads)
            learner.count(loss, logits, yb)
            yield Step(learner.step, loss, learner.step_lr)
        weights = learner.weight_sum()
        if not math.isfinite(weights):  # the next loss would show it, but there may be none
            yield diverged("weights", weights, learner.step, learner.state())
            return
        yield learner.end_epoch(valid_images, valid_labels)
    yield Finished(learner.state())


def obey(control: Callable[[], Command], learner: Learner) -> bool:
    """Ask what to do, and again during a pause. Returns False if the run must stop."""
    command = control()
    while command == "pause":
        command = control()
    if command == "stop":
        return False
    learner.lr = learner.lr if command is None else command
    return True


def count_classes(*splits: Examples) -> int:
    return 1 + max(int(examples.labels.max()) for examples in splits if len(examples))


def diverged(what: str, value: float, step: int, state: State) -> Diverged:
    became = "NaN" if math.isnan(value) else "infinite"
    return Diverged(step, f"The {what} became {became} at step {step:,}.", state)
