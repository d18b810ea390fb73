"""A run to take away: the network as a file or a script, its training as a script, its curves.

The scripts need Python, torch and numpy, and nothing of this program: they are made of its own
source, with the entries of its tables that the configuration uses.
"""

import base64
import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.analysis.source_listing import Listing, closure
from scratchmlp.data.datasets import Dataset
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file, standalone

WIDTH = 100  # of a line of weights

_USAGE = """
PICTURES is one of
  a folder with MNIST's own files (train-images-idx3-ubyte, t10k-images-idx3-ubyte, also as .gz),
  a folder with training/<class>/*.png and testing/<class>/*.png, 28 x 28 greys,
  an .npz file with x_train, y_train, x_test, y_test."""


def network_file(network: Network) -> bytes:
    """The network as safetensors; `checkpoint_file.loads` reads it again."""
    return checkpoint_file.dumps(network)


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
    figures = figures.astype({"step": steps["step"].dtype})  # either may be empty
    joined = steps.merge(figures, on="step", how="left")
    return joined.astype({"epoch": "Int64"}).to_csv(index=False)


def training_script(config: TrainConfig, rates: Mapping[int, float] | None = None) -> str:
    """A script that trains this network again, bit for bit, given the same pictures.

    Parameters
    ----------
    rates : learning rates that the run was told while it trained, by the steps done by then.
    """
    listing = closure([(standalone.__name__, "train")], config)
    doc = f"""Trains a digit classifier from its own parts: python train.py PICTURES
{_USAGE}

With the same pictures it takes the same steps as the run that this script was made from, to the
last bit on the same machine, and goes on to the last epoch."""
    told = f"RATES = {dict(rates or {})!r}  # set while it trained, after so many steps"
    return _script(doc, listing, config, told, "train(CONFIG, RATES)")


def inference_script(network: Network) -> str:
    """A script that is this network: it reads pictures and says how many it gets right."""
    roots = [(standalone.__name__, "answer"), (standalone.__name__, "unpack")]
    sizes = [network.params[0][0].shape[0], *(w.shape[1] for w, _ in network.params)]
    doc = f"""A trained digit classifier, in one file: python classify.py PICTURES
{_USAGE}

Layers of {", ".join(map(str, sizes))} units, after {network.epoch} epochs of training. The weights
stand at the end."""
    call = "answer(unpack(WEIGHTS, SHAPES), MEAN, STD, CONFIG, CLASSES)"
    config = network.config
    return _script(doc, closure(roots, config), config, _constants(network), call)


def _constants(network: Network) -> str:
    tensors = [t.detach().cpu().numpy().astype("<f4") for t in flat(network.params)]
    text = base64.b64encode(b"".join(t.tobytes() for t in tensors)).decode()
    lines = "\n".join(text[i : i + WIDTH] for i in range(0, len(text), WIDTH))
    return f'''MEAN, STD = {network.mean!r}, {network.std!r}
CLASSES = {list(network.classes)!r}
SHAPES = {[t.shape for t in tensors]!r}
WEIGHTS = """
{lines}
"""'''


def _script(doc: str, listing: Listing, config: TrainConfig, constants: str, call: str) -> str:
    """Everything in one file. What stands in `doc` must be ours: it is not quoted."""
    settings = "".join(f"    {name}={value!r},\n" for name, value in vars(config).items())
    head = f'"""{doc}\n"""\n\nfrom __future__ import annotations\n\n'
    parts = [
        head + "\n".join([*listing.imports, "from types import SimpleNamespace"]),
        "TrainConfig = SimpleNamespace",
        *(piece.source for piece in listing.pieces),
        f"CONFIG = TrainConfig(\n{settings})",
        *([constants] if constants else []),
        f'if __name__ == "__main__":\n    {call}',
    ]
    return "\n\n\n".join(parts) + "\n"
