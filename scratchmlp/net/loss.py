"""How wrong an answer is: cross-entropy in nats, the right way and the way that breaks.

`log_softmax` and `cross_entropy_loss` are the post's. Logits are (B, classes), targets (B,).
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor


def softmax(logits: Tensor) -> Tensor:
    """e^z / sum e^z, as defined: in float32 e^89 is infinite, and inf / inf is NaN."""
    e = logits.exp()
    return e / e.sum(dim=1, keepdim=True)


def plain_log_softmax(logits: Tensor) -> Tensor:
    """The same as `log_softmax` on paper, and in float32 where the post met NaN."""
    return softmax(logits).log()


def log_softmax(logits: Tensor) -> Tensor:
    """z - log sum e^z. Taking the largest z out first changes nothing but keeps e^z below 1."""
    z = logits - logits.detach().amax(dim=1, keepdim=True)
    return z - z.exp().sum(dim=1, keepdim=True).log()


# How a loss comes by the logarithms of the probabilities.
LOSSES: dict[str, Callable[[Tensor], Tensor]] = {
    "log-softmax": log_softmax,
    "plain-softmax": plain_log_softmax,
}


def nll(log_probs: Tensor, targets: Tensor) -> Tensor:
    """The mean of minus the logarithm of the probability given to the truth."""
    return -log_probs.gather(1, targets[:, None]).mean()


def nll_slope(log_probs: Tensor, targets: Tensor) -> Tensor:
    """d loss / d logits = (probabilities - one-hot targets) / B, of shape (B, classes)."""
    return (log_probs.exp() - F.one_hot(targets, log_probs.shape[1])) / len(targets)


def cross_entropy_loss(logits: Tensor, targets: Tensor, loss: str = "log-softmax") -> Tensor:
    """Negative log-likelihood of the targets."""
    return nll(LOSSES[loss](logits), targets)
