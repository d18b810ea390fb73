"""Measures our training loop: it and its rivals train the same epoch in turns.

Machines are noisy, so the rivals take turns, and the result is the ratio to the floor: the five
matrix products that every way to train this network needs, two forward and three backward.
All train 784-128-10 with ReLU by plain SGD with batches of 256 on the post's 48,000 images.
"""

import dataclasses
import itertools
import statistics
import time
from collections.abc import Callable, Iterator

import torch
from torch import nn

from scratchmlp.bench import Line, accuracy
from scratchmlp.bench.data import HIDDEN, Data, data_of, module
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import events, presets, training

BATCH = 256
LR = 0.05
CONFIG = dataclasses.replace(
    presets.PRESETS["blog-as-printed"].config, init="he", lr=LR, standardise=True
)


Rival = Callable[[Data], Callable[[], None]]
"""Prepares everything for the data and returns a function that trains one epoch."""


def floor(data: Data) -> Callable[[], None]:
    """Only the matrix products, always of the same batch."""
    xb = data.x[:BATCH].clone()
    w1, w2 = torch.randn(xb.shape[1], HIDDEN), torch.randn(HIDDEN, data.n_classes)
    dz = torch.randn(BATCH, data.n_classes)

    def epoch() -> None:
        for _ in range(len(data.x) // BATCH):
            h = xb @ w1
            _ = h @ w2
            dh = dz @ w2.T
            _ = h.T @ dz
            _ = xb.T @ dh

    return epoch


def ours(backward: str) -> Rival:
    """`fit` itself, one epoch at a time."""

    def rival(data: Data) -> Callable[[], None]:
        config = dataclasses.replace(CONFIG, backward=backward)
        nothing = data.valid.take(data.valid.labels[:0])
        states: list[events.State | None] = [None]

        def epoch() -> None:
            done = states[-1].epoch if states[-1] else 0
            run = dataclasses.replace(
                config, epochs=done + 1, precision=torch.get_float32_matmul_precision()
            )
            for event in training.fit(run, data.train, nothing, start=states[-1]):
                if isinstance(event, events.Finished):
                    states.append(event.state)

        return epoch

    return rival


def post(data: Data) -> Callable[[], None]:
    """The post's loop: fastai's DataLoader over pairs, tensors updated by their `.grad`."""
    from fastai.data.load import DataLoader

    loader = DataLoader(list(zip(data.x, data.y, strict=True)), batch_size=BATCH, shuffle=True)
    w1 = (torch.randn(data.x.shape[1], HIDDEN) * 0.05).requires_grad_()
    w2 = (torch.randn(HIDDEN, data.n_classes) * 0.12).requires_grad_()
    b1, b2 = (torch.zeros(n).requires_grad_() for n in (HIDDEN, data.n_classes))
    params = w1, b1, w2, b2

    def epoch() -> None:
        for xb, yb in loader:
            logits = (xb @ w1 + b1).relu() @ w2 + b2
            log_probs = logits - logits.logsumexp(dim=1, keepdim=True)
            loss = -log_probs[range(len(yb)), yb].mean()
            loss.backward()
            with torch.no_grad():
                for p in params:
                    p -= LR * p.grad  # type: ignore[operator]
                    p.grad.zero_()  # type: ignore[union-attr]

    return epoch


def torch_nn(data: Data) -> Callable[[], None]:
    """The way of PyTorch's tutorials: nn.Linear, DataLoader, optim.SGD."""
    from torch.utils.data import DataLoader, TensorDataset

    loader = DataLoader(TensorDataset(data.x, data.y), batch_size=BATCH, shuffle=True)
    model, loss_of = module(data), nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=LR)

    def epoch() -> None:
        for xb, yb in loader:
            loss = loss_of(model(xb), yb)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def fastai_learner(data: Data) -> Callable[[], None]:
    """fastai's own loop, without its progress bar and its output."""
    import fastai.callback.progress  # adds `no_bar` to Learner
    from fastai.data.core import DataLoaders
    from fastai.learner import Learner
    from fastai.optimizer import SGD
    from torch.utils.data import DataLoader, TensorDataset

    loader = DataLoader(TensorDataset(data.x, data.y), batch_size=BATCH, shuffle=True)
    none = DataLoader(TensorDataset(data.x[:BATCH], data.y[:BATCH]), batch_size=BATCH)
    _ = fastai.callback.progress
    learner = Learner(
        DataLoaders(loader, none),
        module(data),
        loss_func=nn.CrossEntropyLoss(),
        opt_func=SGD,
        lr=LR,
    )

    def epoch() -> None:
        with learner.no_bar(), learner.no_logging():
            learner.fit(1)

    return epoch


def sklearn_mlp(data: Data) -> Callable[[], None]:
    """scikit-learn's MLPClassifier, one epoch at a time."""
    from sklearn.neural_network import MLPClassifier

    x, y = data.x.numpy(), data.y.numpy()
    model = MLPClassifier(
        (HIDDEN,), solver="sgd", batch_size=BATCH, learning_rate_init=LR, momentum=0, alpha=0
    )
    classes = list(range(data.n_classes))
    return lambda: model.partial_fit(x, y, classes=classes) and None


RIVALS: dict[str, Rival] = {
    "matrix products alone": floor,
    "ours, by hand": ours("by-hand"),
    "ours, autograd": ours("autograd"),
    "scikit-learn MLPClassifier": sklearn_mlp,
    "nn.Linear + DataLoader + SGD": torch_nn,
    "the post's loop": post,
    "fastai Learner": fastai_learner,
}
FLOOR = next(iter(RIVALS))


def run(dataset: Dataset, rounds: int = 5) -> Iterator[Line]:
    """Measure everything; yield each line as soon as it is known."""
    data = data_of(dataset)
    cores = torch.get_num_threads()
    yield Line({"bench": "epoch", "images": len(data.x)}, _HEADING)
    try:
        for threads, precision in itertools.product(sorted({1, cores}), ("highest", "medium")):
            torch.set_float32_matmul_precision(precision)
            yield from _side_by_side(data, threads, precision, rounds)
        torch.set_float32_matmul_precision("highest")
        torch.set_num_threads(1)
        yield from _to_accuracy(data, dataset)
        yield from accuracy.run(data, rounds)
    finally:
        torch.set_num_threads(cores)
        torch.set_float32_matmul_precision("highest")


_HEADING = "{:30} {:>7} {:>9} {:>8} {:>8} {:>6}".format(
    "seconds an epoch", "threads", "precision", "median", "least", "ratio"
)


def _side_by_side(data: Data, threads: int, precision: str, rounds: int) -> Iterator[Line]:
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(threads)
    with threadpool_limits(threads):
        torch.manual_seed(0)
        epochs = {name: rival(data) for name, rival in RIVALS.items()}
        seconds: dict[str, list[float]] = {name: [] for name in RIVALS}
        for turn in range(rounds + 1):
            for name, epoch in epochs.items():
                torch.set_float32_matmul_precision(precision)
                began = time.perf_counter()
                epoch()
                if turn:  # the first is a warm-up
                    seconds[name].append(time.perf_counter() - began)
    # The ratio is computed for each round, because the speed of the machine varies over time.
    for name, taken in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(taken, seconds[FLOOR], strict=True))
        median, least = statistics.median(taken), min(taken)
        yield Line(
            {
                "bench": "epoch",
                "loop": name,
                "threads": threads,
                "precision": precision,
                "seconds": median,
                "least": least,
                "ratio": ratio,
            },
            f"{name:30} {threads:7} {precision:>9} {median:8.3f} {least:8.3f} {ratio:6.2f}",
        )


def _to_accuracy(data: Data, dataset: Dataset) -> Iterator[Line]:
    """Seconds of training until a validation accuracy is reached, at the end of an epoch."""
    yield Line({"bench": "accuracy"}, "\nseconds of training, one thread")
    for name in ("modern", "blog-as-reported"):
        config = dataclasses.replace(presets.find(name).config, dataset=dataset.name)
        spent, reached = 0.0, dict.fromkeys((0.97, 0.98))
        for event in training.fit(config, data.train, data.valid):
            if isinstance(event, events.Epoch):
                spent += event.seconds
                for goal in reached:
                    if (event.valid_accuracy or 0) >= goal and reached[goal] is None:
                        reached[goal] = spent
        for goal, seconds in reached.items():
            shown = "not reached" if seconds is None else f"{seconds:.2f}"
            yield Line(
                {"bench": "accuracy", "preset": name, "goal": goal, "seconds": seconds},
                f"{name + f' to {goal:.0%}':30} {shown}",
            )
        yield Line(
            {"bench": "accuracy", "preset": name, "goal": None, "seconds": spent},
            f"{name + ', whole':30} {spent:.2f}",
        )
