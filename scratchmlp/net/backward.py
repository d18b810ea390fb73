"""The gradients of a batch's loss: by PyTorch, or by the chain rule written out.

Both have the same form, `(params, xb, yb, activation, loss) -> (loss, logits, grads)`, with grads
in the order of `flat(params)`, and agree to 1e-6. Only of the plain softmax, once a probability is
0, autograd's gradients are not numbers (0 times infinity), while by hand the slope is that of the
two in one piece.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from scratchmlp.net.loss import LOSSES, cross_entropy_loss, nll, nll_slope
from scratchmlp.net.model import ACTIVATIONS, Params, flat, layers, predict

Gradients = tuple[Tensor, Tensor, list[Tensor]]


def autograd(params: Params, xb: Tensor, yb: Tensor, activation: str, loss: str) -> Gradients:
    """What the post does: PyTorch remembers the forward pass and goes back through it."""
    leaves = [tensor.requires_grad_() for tensor in flat(params)]
    logits = predict(params, xb, activation)
    value = cross_entropy_loss(logits, yb, loss)
    return value.detach(), logits.detach(), list(torch.autograd.grad(value, leaves))


def by_hand(params: Params, xb: Tensor, yb: Tensor, activation: str, loss: str) -> Gradients:
    """What PyTorch does: from d loss / d logits back through each layer, last to first.

    Of z = h_in @ w + b and the slope d = d loss / d z (B, n_out):
    d loss / d w = h_in^T @ d, d loss / d b = sum of d over the batch, d loss / d h_in = d @ w^T.
    Rumelhart, Hinton & Williams 1986.
    """
    with torch.no_grad():
        seen = layers(params, xb, activation)
        logits = seen[-1][0]
        log_probs = LOSSES[loss](logits)
        d = slopes(params, seen, nll_slope(log_probs, yb), activation)
        came_in = [xb, *(h for _, h in seen[:-1])]
        pairs = zip(came_in, d, strict=True)
        grads = [grad for h_in, d in pairs for grad in (h_in.T @ d, d.sum(dim=0))]
    return nll(log_probs, yb), logits, grads


def slopes(
    params: Params, seen: list[tuple[Tensor, Tensor]], d: Tensor, activation: str
) -> list[Tensor]:
    """d loss / d z of each layer, (B, n_out), from that of the last one, `d`."""
    found = [d]
    for (weights, _), (z, h) in zip(params[:0:-1], seen[-2::-1], strict=True):
        found.insert(0, (found[0] @ weights.T) * ACTIVATIONS[activation].slope(z, h))
    return found


BACKWARDS: dict[str, Callable[[Params, Tensor, Tensor, str, str], Gradients]] = {
    "autograd": autograd,
    "by-hand": by_hand,
}
