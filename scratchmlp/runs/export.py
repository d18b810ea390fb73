"""Exports a run: the network as a file or a script, its training as a script, its curves as CSV.

The scripts need Python, torch and numpy, but not this program: they consist of its own source, with
those entries of its tables that the configuration uses.
"""

import base64
import io
from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scratchmlp.analysis.source_listing import Listing, closure
from scratchmlp.data.datasets import Dataset
from scratchmlp.net import presets
from scratchmlp.net.config import TrainConfig
from scratchmlp.net.model import flat
from scratchmlp.net.network import Network
from scratchmlp.runs import checkpoint_file, standalone

LINE_WIDTH = 100  # characters of base64

_USAGE = """
PICTURES is one of
  a folder with MNIST's own files (train-images-idx3-ubyte, t10k-images-idx3-ubyte, also as .gz),
  a folder with training/<class>/*.png and testing/<class>/*.png, 28 x 28 pixels, grey,
  an .npz file with x_train, y_train, x_test, y_test; and with times_train where some pictures
  count several times in an epoch."""


# The module of PyTorch for each activation, as an expression.
TORCH_ACTIVATIONS = {
    "relu": "ReLU()",
    "leaky-relu": "LeakyReLU()",
    "elu": "ELU()",
    "gelu": "GELU()",
    "tanh": "Tanh()",
    "sigmoid": "Sigmoid()",
    "identity": "Identity()",
}
_AS_TORCH = '''
def as_torch():
    """The same network of PyTorch's own parts; its input is (pixels / 255 - MEAN) / STD."""
    layers = [torch.nn.Flatten()]
    for weights, bias in unpack_params(WEIGHTS, SHAPES):
        linear = torch.nn.Linear(*weights.shape)
        linear.load_state_dict({{"weight": weights.T, "bias": bias}})
        layers += [linear, torch.nn.{activation}]
    return torch.nn.Sequential(*layers[:-1])  # without an activation of the logits
'''


def network_file(network: Network) -> bytes:
    """The network as a safetensors file, which `checkpoint_file.loads` reads."""
    return checkpoint_file.dumps(network)


def dataset_file(dataset: Dataset) -> bytes:
    """The dataset as an .npz file for the scripts; its arrays have the names that Keras uses."""
    out = io.BytesIO()
    arrays: dict[str, NDArray] = {}
    for part in ("train", "test"):
        examples = getattr(dataset, part)
        arrays |= {f"x_{part}": examples.images, f"y_{part}": examples.labels}
    if dataset.parts:
        arrays["times_train"] = dataset.times
    np.savez_compressed(out, allow_pickle=False, **arrays)
    return out.getvalue()


def curves_csv(steps: pd.DataFrame, epochs: pd.DataFrame) -> str:
    """One line per step; the figures of an epoch are on the line of its last step.

    Parameters
    ----------
    steps : columns step, loss, lr.
    epochs : columns epoch, step, train_loss and so on; the column statistics is left out.
    """
    figures = epochs.drop(columns=["statistics"], errors="ignore")
    if "step" not in figures:
        return steps.to_csv(index=False)
    figures = figures.astype({"step": steps["step"].dtype})  # either may be empty
    joined = steps.merge(figures, on="step", how="left")
    return joined.astype({"epoch": "Int64"}).to_csv(index=False)


def training_script(config: TrainConfig, lr_changes: Mapping[int, float] | None = None) -> str:
    """A script that trains the same network again, bit for bit, from the same pictures.

    Parameters
    ----------
    lr_changes : learning rates that were set while the run trained, by the number of steps that
        were done before.
    """
    listing = closure([(standalone.__name__, "train")], config)
    doc = f"""Trains a digit classifier from its own parts: python train.py PICTURES

The settings are those of {presets.in_words(config)}.
{_USAGE}

With the same pictures it takes the same steps as the run that this script was exported from, bit
for bit on the same machine, and continues to the last epoch."""
    changes = f"LR_CHANGES = {dict(lr_changes or {})!r}  # {{steps done: new learning rate}}"
    return _script(doc, listing, config, changes, "train(CONFIG, LR_CHANGES)")


def inference_script(network: Network) -> str:
    """A script that contains this network and evaluates it on the test pictures of a dataset."""
    roots = [(standalone.__name__, "classify"), (standalone.__name__, "unpack_params")]
    doc = f"""A trained digit classifier, in one file: python classify.py PICTURES
{_USAGE}

python classify.py --torch net.pt saves the state of the same network as torch.nn.Sequential;
as_torch() makes that network.

Layers of {", ".join(map(str, network.sizes))} units, after {network.epoch} epochs of training
with the settings of {presets.in_words(network.config)}. The weights are at the end."""
    call = "classify(unpack_params(WEIGHTS, SHAPES), MEAN, STD, CONFIG, CLASSES)"
    config = network.config
    save = "torch.save(as_torch().state_dict(), sys.argv[2])"
    call = f'{save} if sys.argv[1:2] == ["--torch"] else {call}'
    as_torch = _AS_TORCH.format(activation=TORCH_ACTIVATIONS[config.activation])
    constants = f"{_constants(network)}\n{as_torch}".rstrip()
    return _script(doc, closure(roots, config), config, constants, call)


def _constants(network: Network) -> str:
    tensors = [t.detach().cpu().numpy().astype("<f4") for t in flat(network.params)]
    text = base64.b64encode(b"".join(t.tobytes() for t in tensors)).decode()
    lines = "\n".join(text[i : i + LINE_WIDTH] for i in range(0, len(text), LINE_WIDTH))
    return f'''MEAN, STD = {network.mean!r}, {network.std!r}
CLASSES = {list(network.classes)!r}
SHAPES = {[t.shape for t in tensors]!r}
WEIGHTS = """
{lines}
"""'''


def _script(doc: str, listing: Listing, config: TrainConfig, constants: str, call: str) -> str:
    """All parts in one file. `doc` must not contain text from outside: it is not escaped."""
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
