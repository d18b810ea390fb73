"""The gradients of a batch's loss: by PyTorch, or by the chain rule written out.

Both have the same form, `(params, xb, yb, activation, loss) -> (loss, logits, grads)`, with grads
in the order of `flat(params)`. They agree to 1e-6, with one exception: where the plain softmax
rounds a probability to 0, autograd's gradients are NaN (0 times infinity). By hand they stay
finite, because the slope of softmax and logarithm together is simple.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from scratchmlp.net import choices
from scratchmlp.net.activations import ACTIVATIONS
from scratchmlp.net.loss import LOSSES, cross_entropy_loss, nll, nll_slope
from scratchmlp.net.model import Params, flat, layers, predict

Gradients = tuple[Tensor, Tensor, list[Tensor]]


def autograd(params: Params, xb: Tensor, yb: Tensor, activation: str, loss: str) -> Gradients:
    """As in the post: PyTorch records the forward pass and goes back through it."""
    leaves = [tensor.requires_grad_() for tensor in flat(params)]
    logits = predict(params, xb, activation)
    value = cross_entropy_loss(logits, yb, loss)
    return value.detach(), logits.detach(), list(torch.autograd.grad(value, leaves))


def by_hand(params: Params, xb: Tensor, yb: Tensor, activation: str, loss: str) -> Gradients:
    """The chain rule, from d loss / d logits back through each layer, last to first.

    For z = h_in @ w + b and dz = d loss / d z, of shape (B, n_out):
    d loss / d w = h_in^T @ dz, d loss / d b = sum of dz over the batch, d loss / d h_in = dz @ w^T.
    Rumelhart, Hinton & Williams 1986.
    """
    with torch.no_grad():
        outputs = layers(params, xb, activation)
        logits = outputs[-1][0]
        log_probs = LOSSES[loss](logits)
        slopes = layer_slopes(params, outputs, nll_slope(log_probs, yb), activation)
        inputs = [xb, *(h for _, h in outputs[:-1])]
        pairs = zip(inputs, slopes, strict=True)
        grads = [grad for h_in, dz in pairs for grad in (h_in.T @ dz, dz.sum(dim=0))]
    return nll(log_probs, yb), logits, grads


def layer_slopes(
    params: Params, outputs: list[tuple[Tensor, Tensor]], last: Tensor, activation: str
) -> list[Tensor]:
    """d loss / d z of each layer, (B, n_out), from that of the last layer.

    Parameters
    ----------
    outputs : the `(z, h)` of each layer, as `model.layers` gives them.
    last : d loss / d logits, (B, classes).
    """
    slopes = [last]
    for (weights, _), (z, h) in zip(params[:0:-1], outputs[-2::-1], strict=True):
        slopes.insert(0, (slopes[0] @ weights.T) * ACTIVATIONS[activation].slope(z, h))
    return slopes


BACKWARDS: dict[str, Callable[[Params, Tensor, Tensor, str, str], Gradients]] = choices.implemented(
    choices.BACKWARDS, globals()
)
