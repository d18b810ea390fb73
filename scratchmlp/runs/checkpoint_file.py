"""A trained network as a file: safetensors, which hold numbers and no code.

Tensors `w1, b1, w2, b2, …`; metadata: format, config, mean, std, classes, step, epoch. What is
needed only to go on training (optimiser, generator) is a second file of the same kind.
"""

import itertools
import json
import math
from dataclasses import asdict
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from scratchmlp.data.types import MAX_CLASS_NAME
from scratchmlp.errors import UserError
from scratchmlp.ink.preparation import SIDE
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import State, Tally
from scratchmlp.net.model import Params, flat, pairs
from scratchmlp.net.network import Network

FORMAT = "1"
MOST_STEPS = 2**31 - 1  # what a database column holds


def of_state(state: State, config: TrainConfig, classes: tuple[str, ...]) -> Network:
    return Network(config, state.params, state.mean, state.std, classes, state.step, state.epoch)


def is_finite(params: Params) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in flat(params))


def dumps(network: Network) -> bytes:
    """The bytes of a network's file."""
    tensors = {
        f"{kind}{layer}": tensor.detach().cpu().contiguous()
        for layer, pair in enumerate(network.params, start=1)
        for kind, tensor in zip("wb", pair, strict=True)
    }
    metadata = {
        "config": network.config.asdict(),
        "mean": network.mean,
        "std": network.std,
        "classes": list(network.classes),
        "step": network.step,
        "epoch": network.epoch,
    }
    return _save(tensors, metadata)


def loads(data: bytes) -> Network:
    """The network in a file's bytes.

    Raises
    ------
    UserError
        It is no such file, or its tensors' names, shapes or values do not make a network.
    """
    tensors, metadata = _load(data)
    try:
        config = TrainConfig.from_mapping(metadata["config"])
        classes = tuple(str(name) for name in metadata["classes"])
        sizes = [SIDE * SIDE, *config.hidden, len(classes)]
        params = []
        for layer, shape in enumerate(itertools.pairwise(sizes), start=1):
            weights, bias = tensors[f"w{layer}"], tensors[f"b{layer}"]
            if weights.shape != shape or bias.shape != shape[1:]:
                raise _damaged(f"layer {layer} is not {shape[0]} x {shape[1]}")
            params.append((weights, bias))
        mean, std = float(metadata["mean"]), float(metadata["std"])
        step, epoch = int(metadata["step"]), int(metadata["epoch"])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise _damaged(f"{str(error)[:80]} is missing or wrong") from error
    if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
        raise _damaged("its mean or its standard deviation is no such number")
    if not (0 <= step <= MOST_STEPS and 0 <= epoch <= MOST_STEPS):
        raise _damaged("its step or its epoch is out of range")
    if len(set(classes)) < len(classes) or any(len(name) > MAX_CLASS_NAME for name in classes):
        raise _damaged("its classes have names that are alike or too long")
    if len(classes) < 2:
        raise _damaged("it tells fewer than two classes apart")
    if len(tensors) != 2 * len(params):
        raise _damaged("it holds more than a network")
    if any(tensor.dtype != torch.float32 for tensor in tensors.values()):
        raise _damaged("its numbers are not float32")
    if not is_finite(params):
        raise _damaged("its numbers are not all finite")
    return Network(config, params, mean, std, classes, step, epoch)


def dump_progress(state: State) -> bytes:
    """What a checkpoint lacks of a `State`."""
    tensors = {"generator": state.generator}
    for key, values in state.optimizer.items():
        tensors |= {f"{key}.{i}": value.cpu().contiguous() for i, value in enumerate(values)}
    return _save(tensors, {"lr": state.lr, "tally": asdict(state.tally)})


def load_state(network: Network, progress: bytes) -> State:
    """The `State` of which `of_state` made the network and `dump_progress` these bytes."""
    tensors, metadata = _load(progress)
    if "generator" not in tensors or not {"lr", "tally"} <= metadata.keys():
        raise _damaged("what it needs to go on is missing")
    optimizer: dict[str, list[Tensor]] = {}
    for name in sorted(tensors, key=lambda n: (n.split(".")[0], int(n.partition(".")[2] or 0))):
        if name != "generator":
            optimizer.setdefault(name.split(".")[0], []).append(tensors[name])
    return State(
        params=pairs(flat(network.params)),
        optimizer=optimizer,
        generator=tensors["generator"],
        mean=network.mean,
        std=network.std,
        lr=metadata["lr"],
        step=network.step,
        epoch=network.epoch,
        tally=Tally(**metadata["tally"]),
    )


def _save(tensors: dict[str, Tensor], metadata: dict[str, Any]) -> bytes:
    text = {key: json.dumps(value) for key, value in metadata.items()}
    return save(tensors, {"format": FORMAT} | text)


def _load(data: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    try:
        tensors = load(data)
        length = int.from_bytes(data[:8], "little")  # safetensors: length, JSON header, numbers
        text = json.loads(data[8 : 8 + length]).get("__metadata__", {})
        if text.pop("format", None) != FORMAT:
            raise _damaged("its format is not one this version reads")
        return tensors, {key: json.loads(value) for key, value in text.items()}
    except (SafetensorError, ValueError, RecursionError) as error:
        raise _damaged("it is cut short or not a safetensors file") from error


def _damaged(why: str) -> UserError:
    return UserError(f"This checkpoint cannot be used: {why}. Take another, or train again.")
