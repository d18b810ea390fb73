"""The file of a network: what it holds, and that a damaged one is refused."""

import json
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load, save

from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import Epoch, State
from scratchmlp.net.model import flat
from scratchmlp.net.training import fit
from scratchmlp.runs import checkpoint_file
from scratchmlp.runs.checkpoint_file import network_from_state

CONFIG = TrainConfig(dataset="digits", hidden=(16, 8), epochs=1, augment="affine")


def state_of(digits: Dataset, config: TrainConfig = CONFIG) -> State:
    events = fit(config, digits.train, digits.test)
    return next(event for event in events if isinstance(event, Epoch)).state


def file_of(digits: Dataset) -> bytes:
    return checkpoint_file.dumps(network_from_state(state_of(digits), CONFIG, digits.classes))


def changed(data: bytes, tensors: dict | None = None, **metadata: object) -> bytes:
    """The same file with other tensors or metadata."""
    length = int.from_bytes(data[:8], "little")
    old = json.loads(data[8 : 8 + length])["__metadata__"]
    return save(load(data) | (tensors or {}), old | {k: json.dumps(v) for k, v in metadata.items()})


def test_a_network_is_the_same_after_dumps_and_loads(digits: Dataset) -> None:
    state = state_of(digits)
    loaded = checkpoint_file.loads(
        checkpoint_file.dumps(network_from_state(state, CONFIG, digits.classes))
    )
    assert all(
        torch.equal(a, b) for a, b in zip(flat(loaded.params), flat(state.params), strict=True)
    )
    assert (loaded.config, loaded.classes) == (CONFIG, digits.classes)
    assert (loaded.mean, loaded.std, loaded.step, loaded.epoch) == (
        state.mean,
        state.std,
        state.step,
        1,
    )


def test_the_file_is_plain_safetensors(digits: Dataset) -> None:
    tensors = load(file_of(digits))
    assert {name: tuple(t.shape) for name, t in tensors.items()} == {
        "w1": (784, 16),
        "b1": (16,),
        "w2": (16, 8),
        "b2": (8,),
        "w3": (8, 10),
        "b3": (10,),
    }


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_a_state_is_the_same_after_dump_and_load(digits: Dataset, optimizer: str) -> None:
    config = replace(CONFIG, optimizer=optimizer)
    state = state_of(digits, config)
    data = checkpoint_file.dumps(network_from_state(state, config, digits.classes))
    again = checkpoint_file.load_state(
        checkpoint_file.loads(data), checkpoint_file.dump_training_state(state)
    )
    assert again.optimizer.keys() == state.optimizer.keys()
    for key, tensors in state.optimizer.items():
        assert all(torch.equal(a, b) for a, b in zip(tensors, again.optimizer[key], strict=True))
    assert torch.equal(again.generator, state.generator)
    assert (again.lr, again.tally, again.step) == (state.lr, state.tally, state.step)


def test_other_bytes_are_not_a_training_state(digits: Dataset) -> None:
    data = file_of(digits)
    with pytest.raises(UserError, match="the training state is missing"):
        checkpoint_file.load_state(checkpoint_file.loads(data), data)


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_one_sentence(data: bytes) -> None:
    with pytest.raises(UserError, match="This checkpoint cannot be used"):
        checkpoint_file.loads(data)


def test_a_damaged_or_wrong_network_is_refused(digits: Dataset) -> None:
    data = file_of(digits)
    w1 = load(data)["w1"]
    for broken in (
        data[:-10],
        changed(data, {"w1": torch.full_like(w1, float("nan"))}),
        changed(data, {"w1": w1[:-1].clone()}),
        changed(data, {"w1": w1.double()}),
        changed(data, {"w9": w1}),
        changed(data, config=CONFIG.asdict() | {"hidden": [16]}),
        changed(data, classes=["0", "1"]),
        changed(data, classes=["0"] * 10),
        changed(
            data,
            {"w3": torch.zeros(8, 1_001), "b3": torch.zeros(1_001)},
            classes=[str(n) for n in range(1_001)],
        ),
        changed(data, classes=["0" * 1000, *"123456789"]),
        changed(data, classes=["a\ud800", *"123456789"]),
        changed(data, classes=["a\0", *"123456789"]),
        changed(data, classes=["", *"123456789"]),
        changed(data, mean="x"),
        changed(data, mean=float("nan")),
        changed(data, std=0),
        changed(data, step=10**30),
        changed(data, epoch=-1),
        changed(data, epoch=float("inf")),
        changed(data, epoch="9" * 9999),
        changed(data, config=3),
        changed(data, config=[]),
        changed(data, {"w3": torch.zeros(8, 0), "b3": torch.zeros(0)}, classes=[]),
        changed(data, format="99"),
        save({"w1": w1}),
    ):
        with pytest.raises(UserError, match="This checkpoint cannot be used"):
            checkpoint_file.loads(broken)


def test_nested_metadata_does_not_exhaust_the_stack(digits: Dataset) -> None:
    data = file_of(digits)
    length = int.from_bytes(data[:8], "little")
    old = json.loads(data[8 : 8 + length])["__metadata__"]
    with pytest.raises(UserError, match="This checkpoint cannot be used"):
        checkpoint_file.loads(save(load(data), old | {"config": "[" * 100_000}))


def test_an_invalid_config_is_refused_by_the_name_of_its_field(digits: Dataset) -> None:
    with pytest.raises(UserError, match="epochs cannot be 100000"):
        checkpoint_file.loads(
            changed(file_of(digits), config=CONFIG.asdict() | {"epochs": 100_000})
        )


def test_an_older_network_of_light_paper_reads_dark_paper(digits: Dataset) -> None:
    """It learned from black on white as it was; now all pictures are white on black."""
    pixels = torch.from_numpy(digits.test.images[:50])
    network = network_from_state(state_of(digits), CONFIG, digits.classes)
    mean, std = 1 - network.mean, network.std
    of_old = replace(network, mean=mean, std=std).logits(255 - pixels)
    data = checkpoint_file.dumps(replace(network, mean=mean, std=std))
    tensors, metadata = checkpoint_file._load(data)
    metadata.pop("paper")
    old = checkpoint_file.loads(checkpoint_file._save(tensors, metadata))
    assert torch.allclose(old.logits(pixels), of_old, atol=1e-4)
    again = checkpoint_file.loads(checkpoint_file.dumps(old))
    assert (again.mean, again.std) == (old.mean, old.std)
