"""A trained network as a safetensors file, which holds numbers and no code.

Tensors: `w1, b1, w2, b2, …`. Metadata: format, config, mean, std, classes, step, epoch. The
training state (optimiser, generator), which only resuming needs, is a second safetensors file.
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

from scratchmlp.data.types import MAX_CLASS_NAME, MAX_CLASSES, is_class_name
from scratchmlp.errors import UserError
from scratchmlp.file_kinds import kind_of
from scratchmlp.ink.types import SIDE
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.events import State, Tally
from scratchmlp.net.model import Params, flat, pairs
from scratchmlp.net.network import Network

FORMAT = "1"
MAX_STEPS = 2**31 - 1  # the largest number that a database column holds


def network_from_state(state: State, config: TrainConfig, classes: tuple[str, ...]) -> Network:
    return Network(config, state.params, state.mean, state.std, classes, state.step, state.epoch)


def is_finite(params: Params) -> bool:
    return all(bool(tensor.isfinite().all()) for tensor in flat(params))


def dumps(network: Network, dtype: torch.dtype = torch.float32, **figures: Any) -> bytes:
    """The network as the bytes of a file.

    Parameters
    ----------
    dtype : of the weights in the file.
    figures : what else its metadata says.
    """
    tensors = {
        f"{kind}{layer}": tensor.detach().cpu().to(dtype).contiguous()
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
        "paper": 0,
    }
    return _save(tensors, metadata | figures)


def loads(data: bytes) -> Network:
    """The network in the bytes of a file.

    Raises
    ------
    UserError
        The file is not a network's, or its tensors have wrong names, shapes or values.
    """
    tensors, metadata = _load(data)
    try:
        config = TrainConfig.from_mapping(metadata["config"])
        if len(metadata["classes"]) > MAX_CLASSES:
            raise _damaged(f"it has more than {MAX_CLASSES:,} classes")
        classes = tuple(str(name) for name in metadata["classes"])
        sizes = [SIDE * SIDE, *config.hidden, len(classes)]
        params = []
        for layer, shape in enumerate(itertools.pairwise(sizes), start=1):
            weights, bias = tensors[f"w{layer}"], tensors[f"b{layer}"]
            if weights.shape != shape or bias.shape != shape[1:]:
                raise _damaged(f"layer {layer} is not {shape[0]} x {shape[1]}")
            params.append((weights, bias))
        mean, std = _for_dark_paper(metadata)
        step, epoch = int(metadata["step"]), int(metadata["epoch"])
    except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
        raise _damaged(f"{str(error)[:80]} is missing or wrong") from error
    if not (math.isfinite(mean) and math.isfinite(std) and std != 0):
        raise _damaged("its mean or its standard deviation is not valid")
    if not (0 <= step <= MAX_STEPS and 0 <= epoch <= MAX_STEPS):
        raise _damaged("its step or its epoch is out of range")
    if len(set(classes)) < len(classes):
        raise _damaged("two of its classes have the same name")
    if not all(map(is_class_name, classes)):
        raise _damaged(f"the name of a class is not text of 1 to {MAX_CLASS_NAME} letters")
    if len(classes) < 2:
        raise _damaged("it has fewer than two classes")
    if len(tensors) != 2 * len(params):
        raise _damaged("it holds more tensors than the network has")
    if any(tensor.dtype != torch.float32 for tensor in tensors.values()):
        raise _damaged("its tensors are not float32")
    if not is_finite(params):
        raise _damaged("not all of its numbers are finite")
    return Network(config, params, mean, std, classes, step, epoch)


def _for_dark_paper(metadata: dict[str, Any]) -> tuple[float, float]:
    """Mean and standard deviation for pictures whose paper is 0, as all pictures are.

    Networks of older versions that do not say what their paper was learned from pictures as they
    were. Where most of a picture was light, x became (x - m) / s; 1 - x gives the same by
    (1 - x - m) / s = (x - (1 - m)) / -s.
    """
    mean, std = float(metadata["mean"]), float(metadata["std"])
    if "paper" in metadata or mean <= 0.5:
        return mean, std
    return 1 - mean, -std


def dump_training_state(state: State) -> bytes:
    """The part of a `State` that the network's file does not hold, as the bytes of a file."""
    tensors = {"generator": state.generator}
    for key, values in state.optimizer.items():
        tensors |= {f"{key}.{i}": value.cpu().contiguous() for i, value in enumerate(values)}
    return _save(tensors, {"lr": state.lr, "tally": asdict(state.tally)})


def load_state(network: Network, training_state: bytes) -> State:
    """The `State` that `network_from_state` and `dump_training_state` were called with."""
    tensors, metadata = _load(training_state)
    if "generator" not in tensors or not {"lr", "tally"} <= metadata.keys():
        raise _damaged("the training state is missing")
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
            raise _damaged("this version cannot read its format")
        return tensors, {key: json.loads(value) for key, value in text.items()}
    except (SafetensorError, ValueError, RecursionError) as error:
        kind = kind_of(data)
        why = f"it is {kind}" if kind else "it is incomplete or not a safetensors file"
        raise _damaged(why) from error


def _damaged(why: str) -> UserError:
    return UserError(f"This checkpoint cannot be used: {why}. Use another one, or train again.")
