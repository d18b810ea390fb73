"""The loss against PyTorch's, and where the plain softmax breaks."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from scratchmlp.net import loss as losses


@given(st.lists(st.floats(-1e4, 1e4, width=32), min_size=2, max_size=12))
def test_log_softmax_equals_torch(row: list[float]) -> None:
    logits = torch.tensor([row])
    expected = F.log_softmax(logits, dim=1)
    torch.testing.assert_close(losses.log_softmax(logits), expected, rtol=1e-5, atol=1e-4)
    assert losses.log_softmax(logits).exp().sum() == pytest.approx(1, abs=1e-4)


def test_plain_softmax_breaks_where_log_softmax_does_not() -> None:
    logits, truth = torch.tensor([[100.0, 0.0]]), torch.tensor([0])
    assert losses.cross_entropy_loss(logits, truth) == 0
    assert losses.cross_entropy_loss(logits, truth, "plain-softmax").isnan()
    small = torch.tensor([[2.0, 1.0]])
    torch.testing.assert_close(
        losses.cross_entropy_loss(small, truth, "plain-softmax"),
        losses.cross_entropy_loss(small, truth),
    )
