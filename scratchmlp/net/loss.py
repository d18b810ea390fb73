"""The loss: cross-entropy in nats, computed in a safe way and in the way that breaks.

`log_softmax` and `cross_entropy_loss` are the post's. Logits are (B, classes), targets (B,).
"""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from scratchmlp.net import choices


def softmax(logits: Tensor) -> Tensor:
    """e^z / sum e^z, as defined: in float32 e^89 is infinite, and inf / inf is NaN."""
    e = logits.exp()
    return e / e.sum(dim=1, keepdim=True)


def plain_log_softmax(logits: Tensor) -> Tensor:
    """The same as `log_softmax` on paper. In float32 it gives the NaN that the post met."""
    return softmax(logits).log()


def log_softmax(logits: Tensor) -> Tensor:
    """z - log sum e^z. The largest z is subtracted first: same result, and e^z stays below 1."""
    z = logits - logits.detach().amax(dim=1, keepdim=True)
    return z - z.exp().sum(dim=1, keepdim=True).log()


# From logits to the logarithms of the probabilities.
LOSSES: dict[str, Callable[[Tensor], Tensor]] = choices.implemented(choices.LOSSES, globals())


def nll(log_probs: Tensor, targets: Tensor) -> Tensor:
    """Negative log-likelihood: the mean of minus the log-probability of the target."""
    return -log_probs.gather(1, targets[:, None]).mean()


def nll_slope(log_probs: Tensor, targets: Tensor) -> Tensor:
    """d loss / d logits = (probabilities - one-hot targets) / B, of shape (B, classes)."""
    return (log_probs.exp() - F.one_hot(targets, log_probs.shape[1])) / len(targets)


def cross_entropy_loss(logits: Tensor, targets: Tensor, loss: str = "log-softmax") -> Tensor:
    """Mean cross-entropy of the targets, in nats."""
    return nll(LOSSES[loss](logits), targets)
