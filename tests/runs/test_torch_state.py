"""Networks of PyTorch: brought in from safetensors, taken out again, and what is refused."""

import itertools
import os
import pickle
import runpy
import subprocess
import sys
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save
from torch import nn

from scratchmlp.data.datasets import Dataset
from scratchmlp.errors import UserError
from scratchmlp.net import choices
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import init_params
from scratchmlp.net.network import Network
from scratchmlp.runs import export, network_import, torch_state
from scratchmlp.runs.store import Store
from scratchmlp.runs.torch_state import Unsaid


def state_of(module: nn.Module) -> bytes:
    return save({name: tensor.contiguous() for name, tensor in module.state_dict().items()})


def sequential(*sizes: int, **options: bool) -> nn.Sequential:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Flatten()]
    for n_in, n_out in itertools.pairwise(sizes):
        layers += [nn.Linear(n_in, n_out, **options), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def named(**layers: nn.Module) -> nn.Module:
    return nn.Sequential(OrderedDict(layers))


@pytest.mark.parametrize(
    ("module", "sizes"),
    [
        (sequential(784, 10), [784, 10]),
        (sequential(784, 64, 32, 10), [784, 64, 32, 10]),
        (sequential(784, 64, 10, bias=False), [784, 64, 10]),
        (sequential(784, *[16] * 6, 26), [784, *[16] * 6, 26]),  # 11 comes after 3
        (sequential(784, 64, 10).double(), [784, 64, 10]),
        (sequential(784, 64, 10).half(), [784, 64, 10]),
        (named(fc1=nn.Linear(784, 20), fc2=nn.Linear(20, 20), fc10=nn.Linear(20, 10)), None),
        (named(output=nn.Linear(20, 10), hidden=nn.Linear(784, 20)), [784, 20, 10]),
        (named(a=nn.Linear(30, 10), z=nn.Linear(784, 20), m=nn.Linear(20, 30)), None),
    ],
)
def test_the_shapes_tell_the_layers(module: nn.Module, sizes: list[int] | None) -> None:
    params = torch_state.read(state_of(module))
    assert sizes is None or torch_state.sizes(params) == sizes
    assert all(t.dtype == torch.float32 for pair in params for t in pair)
    if sizes and module[1].weight.dtype == torch.float32 and isinstance(module[0], nn.Flatten):
        x = torch.rand(5, 784)
        network = torch_state.network(params, Unsaid(mean=0, std=1))
        ours = network.logits((x * 255).round().to(torch.uint8).reshape(5, 28, 28))
        theirs = module((x * 255).round() / 255).detach()
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)


def test_layers_of_one_shape_are_in_the_order_of_their_names() -> None:
    module = named(fc1=nn.Linear(784, 20), fc2=nn.Linear(20, 20), fc10=nn.Linear(20, 20))
    module.add_module("out", nn.Linear(20, 10))
    params = torch_state.read(state_of(module))
    assert torch.equal(params[1][0], module.fc2.weight.T)
    assert torch.equal(params[2][0], module.fc10.weight.T)


def test_a_state_becomes_a_run_with_its_score(store: Store, digits: Dataset) -> None:
    """A network that is trained with PyTorch's parts reaches the same as a run."""
    module = sequential(784, 32, 10)
    x = torch.from_numpy(digits.train.images).flatten(1) / 255
    y = torch.from_numpy(digits.train.labels)
    optimizer = torch.optim.Adam(module.parameters(), 0.01)
    for _ in range(40):
        optimizer.zero_grad()
        nn.functional.cross_entropy(module((x - 0.1307) / 0.3081), y).backward()
        optimizer.step()
    tested = (torch.from_numpy(digits.test.images).flatten(1) / 255 - 0.1307) / 0.3081
    expected = (module(tested).argmax(1).numpy() == digits.test.labels).mean()
    network = torch_state.network(torch_state.read(state_of(module)), Unsaid(dataset="digits"))
    _, accuracy = network_import.measure(network)
    assert accuracy == pytest.approx(expected, abs=0.003) and expected > 0.9
    run = store.run(network_import.add(store, network, "mine"))
    assert (run.test_accuracy, run.name, run.status) == (accuracy, "mine", "finished")


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({}, "holds no tensors"),
        ({"0.weight": torch.zeros(10, 3072)}, "from 784 pixels:  0 3072 → 10|0 3072 → 10"),
        ({"0.weight": torch.zeros(20, 784), "2.weight": torch.zeros(10, 30)}, "do not follow"),
        ({"conv1.weight": torch.zeros(8, 1, 3, 3)}, "conv1.weight is a convolution"),
        ({"bn.running_mean": torch.zeros(8)}, "bn.running_mean is no weight or bias"),
        ({"bn.weight": torch.zeros(8)}, "bn.weight is no weight or bias"),
        ({"0.bias": torch.zeros(8)}, "0.bias has no 0.weight"),
        ({"0.weight": torch.zeros(10, 784), "0.bias": torch.zeros(9)}, "do not fit together"),
        ({"0.weight": torch.zeros(10, 784, dtype=torch.int8)}, "must be floating-point"),
        ({"0.weight": torch.full((10, 784), np.inf)}, "Not all numbers"),
    ],
)
def test_other_tensors_are_refused_by_name(tensors: dict[str, torch.Tensor], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        torch_state.read(save(tensors))


@pytest.mark.parametrize(
    ("unsaid", "sentence"),
    [
        (Unsaid(classes=("a", "b")), "has 10 outputs: name as many classes, not 2"),
        (Unsaid(classes=tuple("abcdefghia")), "a name of its own"),
        (Unsaid(classes=(*"abcdefghi", "\x1b")), "is text of 1 to 200"),
        (Unsaid(std=0), "above 0"),
        (Unsaid(mean=float("nan")), "above 0"),
        (Unsaid(activation="swish"), "activation cannot be swish"),
    ],
)
def test_what_is_said_about_a_state_is_checked(unsaid: Unsaid, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        torch_state.network(torch_state.read(state_of(sequential(784, 10))), unsaid)


class Bomb:
    """An object whose pickle makes a file when it is read."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.file),)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("pt", "a file of torch.save"),
        ("pickle", "a pickle"),
        (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a Git LFS pointer"),
        (b"<!doctype html><title>404</title>", "an HTML page"),
        (b"", "an empty file"),
    ],
)
def test_other_files_are_named_and_never_unpickled(
    kind: str | bytes, said: str, tmp_path: Path, store: Store
) -> None:
    trap, file = tmp_path / "trap", tmp_path / "net.safetensors"
    if kind == "pt":
        torch.save({"0.weight": torch.zeros(1), "x": Bomb(trap)}, file)
    else:
        file.write_bytes(pickle.dumps(Bomb(trap)) if kind == "pickle" else bytes(kind))  # type: ignore[arg-type]
    data = file.read_bytes()
    for read in (torch_state.is_state, torch_state.read):
        with pytest.raises(UserError, match=f"This is {said}"):
            read(data)
    with pytest.raises(UserError, match=f"cannot be used: it is {said}"):
        network_import.import_network(store, data, "hostile")
    assert not trap.exists()
    assert store.runs() == []


def test_how_to_save_a_state_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The two lines that a refusal shows make a file that is read."""
    monkeypatch.chdir(tmp_path)
    module = sequential(784, 16, 10)
    torch.save(module.state_dict(), "net.pt")
    exec(torch_state.HOW_TO_SAVE, {"torch": torch})
    data = Path("net.safetensors").read_bytes()
    assert torch_state.is_state(data)
    assert torch.equal(torch_state.read(data)[0][0], module[1].weight.T)


@pytest.mark.parametrize("activation", choices.ACTIVATIONS)
def test_an_exported_script_makes_the_network_of_pytorch_s_parts(
    digits: Dataset, tmp_path: Path, activation: str
) -> None:
    config = TrainConfig(dataset="digits", hidden=(16, 8), activation=activation)
    generator = torch.Generator().manual_seed(0)
    params = init_params([784, 16, 8, 10], "he", generator=generator)
    network = Network(config, params, 0.1, 0.3, digits.classes, 0, 0)
    file = tmp_path / "classify.py"
    file.write_text(export.inference_script(network))
    made = runpy.run_path(str(file))
    module = made["as_torch"]()
    assert type(module) is nn.Sequential
    pixels = torch.from_numpy(digits.test.images[:50])
    theirs = module((pixels / 255 - made["MEAN"]) / made["STD"]).detach()
    torch.testing.assert_close(theirs, network.logits(pixels), rtol=1e-4, atol=1e-4)
    if activation == "relu":
        run = [sys.executable, str(file), "--torch", str(tmp_path / "net.pt")]
        subprocess.run(run, check=True)
        state = torch.load(tmp_path / "net.pt", weights_only=True)
        again = torch_state.network(torch_state.read(save(state)), Unsaid(mean=0.1, std=0.3))
        assert all(
            torch.equal(a, b)
            for pair in zip(again.params, network.params, strict=True)
            for a, b in zip(*pair, strict=True)
        )
