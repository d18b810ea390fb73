"""Measures the time to an accuracy: whole trainings of 784-128-10, ours and those of others.

Each contender trains with the best recipe that we know for it, on one thread, on the same pictures;
seconds are of training alone. Ours and the two with PyTorch's parts have the same recipe, `modern`:
what differs is the loop. scikit-learn has no schedule, so it trains until it reaches the goal.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn

from scratchmlp.bench import Line
from scratchmlp.bench.data import HIDDEN, Data, module
from scratchmlp.net import events, presets, training
from scratchmlp.net.devices import matmul_precision

GOAL = 0.98  # validation accuracy
MODERN = presets.MODERN
MAX_EPOCHS = 30  # of a contender without a schedule


class Reached(NamedTuple):
    seconds: float
    accuracy: float  # on the validation pictures, at the end


Contender = Callable[[Data, int], Reached]
"""A whole training with this seed."""


def ours(data: Data, seed: int) -> Reached:
    config = dataclasses.replace(MODERN, seed=seed)
    done = [e for e in training.fit(config, data.train, data.valid) if isinstance(e, events.Epoch)]
    return Reached(sum(epoch.seconds for epoch in done), done[-1].valid_accuracy or 0.0)


def torch_nn(data: Data, seed: int) -> Reached:
    """nn.Linear, DataLoader, AdamW and OneCycleLR, as in PyTorch's tutorials."""
    from torch.utils.data import DataLoader, TensorDataset

    torch.manual_seed(seed)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=MODERN.batch_size, shuffle=True)
    model, loss_of = module(data), nn.CrossEntropyLoss()
    optimizer = torch.optim.AdamW(model.parameters(), MODERN.lr, weight_decay=MODERN.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, MODERN.lr, epochs=MODERN.epochs, steps_per_epoch=len(batches), pct_start=0.25
    )
    began = time.perf_counter()
    for _ in range(MODERN.epochs):
        for xb, yb in batches:
            loss = loss_of(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return Reached(time.perf_counter() - began, _accuracy(model, data))


def fastai_learner(data: Data, seed: int) -> Reached:
    """fastai's `fit_one_cycle` with its Adam, without its progress bar and its output."""
    import fastai.callback.progress
    import fastai.callback.schedule  # both add methods to Learner
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from torch.utils.data import DataLoader, TensorDataset

    _ = fastai.callback.progress, fastai.callback.schedule
    torch.manual_seed(seed)
    batches = DataLoader(TensorDataset(data.x, data.y), batch_size=MODERN.batch_size, shuffle=True)
    none = DataLoader(TensorDataset(data.x[:1], data.y[:1]), batch_size=1)
    model = module(data)
    learner = Learner(DataLoaders(batches, none), model, loss_func=nn.CrossEntropyLoss())
    began = time.perf_counter()
    with learner.no_bar(), learner.no_logging():
        learner.fit_one_cycle(MODERN.epochs, MODERN.lr, wd=MODERN.weight_decay)
    return Reached(time.perf_counter() - began, _accuracy(model, data))


def sklearn_mlp(data: Data, seed: int) -> Reached:
    """scikit-learn's MLPClassifier with its Adam, an epoch at a time, until it is there."""
    from sklearn.neural_network import MLPClassifier

    x, y = data.x.numpy(), data.y.numpy()
    model = MLPClassifier((HIDDEN,), batch_size=128, random_state=seed)
    classes, seconds, accuracy = list(range(data.n_classes)), 0.0, 0.0
    for _ in range(MAX_EPOCHS):
        began = time.perf_counter()
        model.partial_fit(x, y, classes=classes)
        seconds += time.perf_counter() - began
        accuracy = float(model.score(data.valid_x.numpy(), data.valid_y.numpy()))
        if accuracy >= GOAL:
            break
    return Reached(seconds, accuracy)


def _accuracy(model: nn.Module, data: Data) -> float:
    with torch.no_grad():
        logits: Tensor = model(data.valid_x)
    return float((logits.argmax(dim=1) == data.valid_y).double().mean())


CONTENDERS: dict[str, Contender] = {
    "ours, modern": ours,
    "scikit-learn MLPClassifier": sklearn_mlp,
    "nn.Linear + DataLoader + AdamW": torch_nn,
    "fastai Learner": fastai_learner,
}
OURS = next(iter(CONTENDERS))
_HEADING = "{:30} {:>8} {:>8} {:>6}".format(
    "a whole training, one thread", "seconds", "accuracy", "ratio"
)


def run(data: Data, rounds: int) -> Iterator[Line]:
    """All contenders in turns, with a new seed for each round."""
    from threadpoolctl import threadpool_limits

    yield Line({"bench": "to accuracy", "goal": GOAL}, "\n" + _HEADING)
    reached: dict[str, list[Reached]] = {name: [] for name in CONTENDERS}
    with threadpool_limits(1), matmul_precision(MODERN.precision):
        for seed in range(rounds):
            for name, train in CONTENDERS.items():
                reached[name].append(train(data, seed))
    for name, all_of in reached.items():
        ratio = statistics.median(
            a.seconds / b.seconds for a, b in zip(all_of, reached[OURS], strict=True)
        )
        seconds = statistics.median(one.seconds for one in all_of)
        accuracy = statistics.mean(one.accuracy for one in all_of)
        yield Line(
            {
                "bench": "to accuracy",
                "loop": name,
                "seconds": seconds,
                "accuracy": accuracy,
                "ratio": ratio,
            },
            f"{name:30} {seconds:8.2f} {accuracy:8.2%} {ratio:6.2f}",
        )
