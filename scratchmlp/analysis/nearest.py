"""The training pictures most similar to a picture: a small index, and an exact second look.

Similarity is the cosine of two pictures' outputs of the last hidden layer. The index keeps these
outputs at length 1 in half precision, and projects long ones onto their main directions. So it
takes at most 512 bytes a picture, whatever the network. It finds candidates, whose similarity is
then computed in full.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from scratchmlp.analysis.explanation import hidden_activations
from scratchmlp.net.network import Network

MAX_DIRECTIONS = 256
SAMPLE = 4096  # pictures that the main directions are computed from
CANDIDATES = 64
CHUNK = 4096


class Index(NamedTuple):
    """`outputs` (n, d) are half precision; `directions` (units, d) is None for short outputs."""

    network: Network
    images: Tensor  # uint8 (n, 28, 28)
    directions: Tensor | None
    outputs: Tensor


def build(network: Network, images: NDArray[np.uint8]) -> Index:
    pictures = torch.from_numpy(images)
    directions = _main_directions(_unit_outputs(network, pictures[:: _stride(len(pictures))]))
    parts = [_project(_unit_outputs(network, x), directions) for x in pictures.split(CHUNK)]
    return Index(network, pictures, directions, torch.cat(parts))


def search(index: Index, image: Tensor, n: int = 8) -> NDArray[np.int64]:
    """Rows of the `n` pictures most similar to `image`, (28, 28), the most similar first."""
    ours = _unit_outputs(index.network, image[None])
    nearly = index.outputs @ _project(ours, index.directions)[0]
    candidates = nearly.topk(min(CANDIDATES, len(nearly))).indices.sort().values
    similarity = _unit_outputs(index.network, index.images[candidates]) @ ours[0]
    best = similarity.topk(min(n, len(candidates))).indices
    rows: NDArray[np.int64] = candidates[best].numpy()
    return rows


def _stride(n: int) -> int:
    return max(1, n // SAMPLE)


def _unit_outputs(network: Network, images: Tensor) -> Tensor:
    """(n, units), each row of length 1; a network that has gone wrong has zeros for NaN."""
    outputs = hidden_activations(network, images).nan_to_num(0.0, 0.0, 0.0)
    return outputs / outputs.norm(dim=1, keepdim=True).clamp_min(1e-12)


def _main_directions(outputs: Tensor) -> Tensor | None:
    """The directions of largest second moment, (units, d): they keep most of each dot product."""
    if outputs.shape[1] <= MAX_DIRECTIONS:
        return None
    _, directions = torch.linalg.eigh(outputs.T @ outputs)  # ascending
    return directions[:, -MAX_DIRECTIONS:].contiguous()


def _project(outputs: Tensor, directions: Tensor | None) -> Tensor:
    return (outputs if directions is None else outputs @ directions).half()
