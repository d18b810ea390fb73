"""A network of PyTorch as a safetensors file: the state of `nn.Sequential` or of named `Linear`s.

The shapes of its tensors tell the layers. What the file does not say is asked: `Unsaid`. Nothing is
ever unpickled, so every other kind of file is refused by its name.
"""

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor

from scratchmlp.data import mnist
from scratchmlp.data.types import MAX_CLASS_NAME, MAX_CLASSES, is_class_name
from scratchmlp.errors import UserError
from scratchmlp.file_kinds import kind_of
from scratchmlp.ink.types import SIDE
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import Params
from scratchmlp.net.network import Network

PIXELS = SIDE * SIDE
HOW_TO_SAVE = """\
from safetensors.torch import save_file
save_file(torch.load("net.pt", weights_only=True), "net.safetensors")"""
DTYPES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


@dataclass(frozen=True)
class Unsaid:
    """What the file of a state does not say; the defaults are MNIST's usual.

    Attributes
    ----------
    mean, std : pixels x from 0 to 1 become (x - mean) / std.
    classes : their names in the order of the outputs; none for numbers from 0.
    dataset : the dataset whose test pictures measure the network.
    """

    activation: str = "relu"
    mean: float = mnist.MEAN
    std: float = mnist.STD
    classes: tuple[str, ...] = ()
    dataset: str = "mnist"


def is_state(data: bytes) -> bool:
    """Whether a file is safetensors of somebody else's.

    Raises
    ------
    UserError
        It is no safetensors file: the sentence says what it is.
    """
    try:
        length = int.from_bytes(data[:8], "little")
        header = json.loads(data[8 : 8 + length]) if 2 <= length <= len(data) - 8 else None
        assert isinstance(header, dict)
    except (ValueError, RecursionError, AssertionError) as error:
        raise refusal(data) from error
    metadata = header.get("__metadata__")
    return not (isinstance(metadata, dict) and "config" in metadata)


def refusal(data: bytes) -> UserError:
    """Why these bytes are no safetensors file: what they are instead."""
    kind = kind_of(data)
    named = f"This is {kind}" if kind else "This is not a safetensors file, or it is incomplete"
    return UserError(f"{named}. A network is loaded from a safetensors file, which holds no code.")


def sizes(params: Params) -> list[int]:
    """Units of every layer, input and output included."""
    return [params[0][0].shape[0], *(weights.shape[1] for weights, _ in params)]


def read(data: bytes) -> Params:
    """The layers in the file of a state, from the pixels to the outputs.

    Raises
    ------
    UserError
        The tensors are not those of linear layers that follow each other: the sentence says why.
    """
    try:
        tensors = load(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise refusal(data) from error
    layers = _layers(tensors)
    order = _chain(layers)
    if order is None:
        shapes = ", ".join(f"{name} {w.shape[1]} → {w.shape[0]}" for name, (w, _) in layers.items())
        raise UserError(
            f"The layers of this file do not follow each other from {PIXELS} pixels: {shapes}."
        )
    found = (layers[name] for name in order)
    params = [(w.float().T.contiguous(), b.float().contiguous()) for w, b in found]
    if not all(bool(t.isfinite().all()) for pair in params for t in pair):
        raise UserError("Not all numbers of this network are finite: save another state of it.")
    return params


def network(params: Params, unsaid: Unsaid) -> Network:
    """The network of these layers.

    Raises
    ------
    UserError
        The layers are too many or too wide, or what was not said cannot be.
    """
    _, *hidden, n = sizes(params)
    classes = unsaid.classes or tuple(map(str, range(n)))
    if len(classes) != n:
        raise UserError(
            f"This network has {n:,} outputs: name as many classes, not {len(classes)}."
        )
    if not 2 <= n <= MAX_CLASSES or len(set(classes)) < n:
        raise UserError(f"A network has 2 to {MAX_CLASSES:,} classes, each with a name of its own.")
    if not all(map(is_class_name, classes)):
        raise UserError(f"The name of a class is text of 1 to {MAX_CLASS_NAME} letters.")
    if not (math.isfinite(unsaid.mean) and math.isfinite(unsaid.std) and unsaid.std > 0):
        raise UserError("The standard deviation must be above 0.")
    config = TrainConfig(
        dataset=unsaid.dataset,
        hidden=tuple(hidden),
        activation=unsaid.activation,
        standardise=(unsaid.mean, unsaid.std) != (0, 1),
    )
    return Network(config, params, unsaid.mean, unsaid.std, classes, 0, 0)


Layer = tuple[Tensor, Tensor]
"""Weights (out, in) and bias (out,) of a linear layer."""


def _layers(tensors: Mapping[str, Tensor]) -> dict[str, Layer]:
    """The linear layers, by the names of their modules, in the natural order of these."""
    for name, tensor in tensors.items():
        kind = name.rpartition(".")[2]
        if kind == "weight" and tensor.ndim == 4:
            raise UserError(f"{name} is a convolution: this laboratory has only linear layers.")
        if kind not in ("weight", "bias") or tensor.ndim != (2 if kind == "weight" else 1):
            raise UserError(
                f"{name} is no weight or bias of a linear layer: this laboratory has no others."
            )
        if tensor.dtype not in DTYPES:
            raise UserError(f"{name} holds {tensor.dtype}: its numbers must be floating-point.")
    found = {}
    modules = {name.rpartition(".")[0] for name in tensors}
    for module in sorted(modules, key=_natural):
        prefix = f"{module}." if module else ""
        weight = tensors.get(f"{prefix}weight")
        if weight is None:
            raise UserError(f"{prefix}bias has no {prefix}weight in this file.")
        bias = tensors.get(f"{prefix}bias", torch.zeros(weight.shape[0]))
        if bias.shape != weight.shape[:1]:
            raise UserError(f"{prefix}weight and {prefix}bias do not fit together.")
        found[module] = weight, bias
    if not found:
        raise UserError("This file holds no tensors: save the state of a network.")
    return found


def _natural(name: str) -> list[tuple[str, int]]:
    """A sort key: 2 before 10, fc1 before fc2."""
    parts = re.findall(r"(\D*)(\d{0,9})", name)
    return [(text, int(number or 0)) for text, number in parts]


def _chain(layers: Mapping[str, Layer]) -> Sequence[str] | None:
    """The order in which each layer takes what the last one gives; by name where several do."""
    names = list(layers)
    if _fits(layers, names):
        return names
    if len(names) > 7:  # 5,040 orders at most
        return None
    return next((o for o in itertools.permutations(names) if _fits(layers, o)), None)


def _fits(layers: Mapping[str, Layer], order: Sequence[str]) -> bool:
    shapes = [layers[name][0].shape for name in order]
    takes, gives = [s[1] for s in shapes], [s[0] for s in shapes]
    return takes == [PIXELS, *gives[:-1]]
