"""A run to take away: the network as a file or a script, its training as a script, its curves.

The scripts need Python, torch and numpy, and nothing of this program: they are made of its own
source, with the entries of its tables that the configuration uses.
"""

import base64
import io

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.images.datasets import Dataset
from scratchmlp.insight.listing import Listing, closure
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint, standalone

_USAGE = """
PICTURES is one of
  a folder with MNIST's own files (train-images-idx3-ubyte, t10k-images-idx3-ubyte, also as .gz),
  a folder with training/<class>/*.png and testing/<class>/*.png, 28 x 28 greys,
  an .npz file with x_train, y_train, x_test, y_test."""


def network_file(network: Network) -> bytes:
    """The network as safetensors; `checkpoint.loads` reads it again."""
    return checkpoint.dumps(network)


def pictures_file(dataset: Dataset) -> bytes:
    """A dataset as the .npz file that the scripts read, named as Keras names MNIST's arrays."""
    out = io.BytesIO()
    arrays: dict[str, NDArray] = {}
    for part in ("train", "test"):
        examples = getattr(dataset, part)
        arrays |= {f"x_{part}": examples.images, f"y_{part}": examples.labels}
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()


def curves_csv(steps: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """A line a step; the figures of an epoch stand on the line of its last step.

    Parameters
    ----------
    steps : columns step, loss, lr.
    epochs : columns epoch, step, train_loss and so on; statistics are left out.
    """
    figures = epochs.drop(columns=["statistics"], errors="ignore")
    if "step" not in figures:
        return steps.to_csv(index=False)
    joined = steps.merge(figures, on="step", how="left")
    return joined.astype({"epoch": "Int64"}).to_csv(index=False)


def training_script(config: TrainConfig) -> str:
    """A script that trains this network again, bit for bit, given the same pictures."""
    listing = closure([(standalone.__name__, "train")], config)
    doc = f"""Trains a digit classifier from its own parts: python train.py PICTURES
{_USAGE}

On {config.dataset} it takes the same steps as the run that this script was made from."""
    return _script(doc, listing, config, "", "train(CONFIG)")


def inference_script(network: Network) -> str:
    """A script that is this network: it reads pictures and says how many it gets right."""
    config = network.config
    listing = closure([(standalone.__name__, "answer"), (_MODEL, "pairs")], config)
    doc = f"""A trained digit classifier, in one file: python classify.py PICTURES
{_USAGE}

Layers of {", ".join(map(str, _sizes(network)))} units, after {network.epoch} epochs of training.
The weights stand at the end."""
    tensors = flat(network.params)
    numbers = np.concatenate([t.detach().cpu().numpy().astype("<f4").ravel() for t in tensors])
    text = base64.b64encode(numbers.tobytes()).decode()
    lines = _wrapped(text)
    rest = f'''MEAN, STD = {network.mean!r}, {network.std!r}
CLASSES = {list(network.classes)!r}
SHAPES = {[tuple(t.shape) for t in tensors]!r}


def unpack(text: str) -> Params:
    """The weights and biases, from float32 in base64."""
    numbers = torch.frombuffer(bytearray(base64.b64decode(text)), dtype=torch.float32)
    parts = numbers.split([math.prod(shape) for shape in SHAPES])
    return pairs([part.reshape(shape) for part, shape in zip(parts, SHAPES)])


WEIGHTS = """
{lines}
"""
'''
    imports = sorted({*listing.imports, "import base64", "import math"})
    return _script(
        doc,
        Listing(imports, listing.pieces),
        config,
        rest,
        "answer(unpack(WEIGHTS), MEAN, STD, CONFIG, CLASSES)",
    )


_MODEL = "scratchmlp.net.model"


def _sizes(network: Network) -> list[int]:
    return [network.params[0][0].shape[0], *(w.shape[1] for w, _ in network.params)]


def _wrapped(text: str, width: int = 100) -> str:
    return "\n".join(text[i : i + width] for i in range(0, len(text), width))


def _script(doc: str, listing: Listing, config: TrainConfig, rest: str, call: str) -> str:
    settings = "".join(f"    {k}={v!r},\n" for k, v in vars(config).items())
    parts = [
        f'"""{doc}\n"""',
        "from __future__ import annotations",
        "\n".join(sorted({*listing.imports, "from types import SimpleNamespace"})),
        *(piece.source for piece in listing.pieces),
        f"CONFIG = SimpleNamespace(\n{settings})",
        *([rest.strip()] if rest else []),
        f'if __name__ == "__main__":\n    {call}',
    ]
    return "\n\n\n".join(parts) + "\n"
