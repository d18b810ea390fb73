"""The post's recipe, written as the post writes it, against `fit` with `blog-as-printed`."""

from dataclasses import replace

import pytest
import torch

from scratchmlp.data.datasets import Dataset
from scratchmlp.data.splits import train_valid_split
from scratchmlp.net import learner, presets
from scratchmlp.net.events import Epoch, Step
from scratchmlp.net.model import flat
from scratchmlp.net.training import fit


def log_softmax(x):
    return x - x.logsumexp(-1, keepdim=True)


def cross_entropy_loss(preds, targets):
    return -log_softmax(preds)[range(len(targets)), targets].mean()


def test_an_epoch_of_the_post_step_by_step(mnist: Dataset) -> None:
    config = replace(presets.find("blog-as-printed").config, epochs=1)
    train, valid = (mnist.train.take(rows) for rows in train_valid_split(60_000, 0.2, 42))
    x = torch.from_numpy(train.images).view(-1, 28 * 28).float() / 255
    y = torch.from_numpy(train.labels)
    start = learner.initial_state(config, torch.from_numpy(train.images), 10)
    w1, b1, w2, b2 = (t.clone().requires_grad_() for t in flat(start.params))

    expected = []
    for rows in learner.shuffled_batches(config, 1, len(y)):
        preds = (x[rows] @ w1 + b1).relu() @ w2 + b2
        loss = cross_entropy_loss(preds, y[rows])
        loss.backward()
        with torch.no_grad():
            for p in (w1, b1, w2, b2):
                p -= 0.001 * p.grad
                p.grad.zero_()
        expected.append(loss.item())

    events = list(fit(config, train, valid))
    ours = [event.loss for event in events if isinstance(event, Step)]
    assert len(ours) == len(expected) == 188
    assert ours == pytest.approx(expected, rel=1e-5)
    assert next(e for e in events if isinstance(e, Epoch)).valid_loss < 60
