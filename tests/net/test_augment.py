import pytest
import torch

from scratchmlp.data.datasets import Dataset
from scratchmlp.net import augment, choices


def pictures(digits: Dataset, n: int = 64) -> torch.Tensor:
    return torch.from_numpy(digits.train.images[:n]).float() / 255


def test_the_table_is_complete() -> None:
    assert tuple(augment.AUGMENTATIONS) == tuple(choices.AUGMENTATIONS)


@pytest.mark.parametrize("name", ["affine", "elastic"])
def test_augmented_pictures_are_other_pictures_of_the_same_ink(name: str, digits: Dataset) -> None:
    before = pictures(digits)
    after = augment.AUGMENTATIONS[name](before, torch.Generator().manual_seed(0), 1.0)
    assert after.shape == before.shape
    assert 0 <= after.min() and after.max() <= 1 + 1e-5
    assert not torch.equal(after, before)
    assert float(after.sum()) == pytest.approx(float(before.sum()), rel=0.1)
    moved = (after - before).abs().mean(dim=(1, 2))
    assert moved.min() > 0.005


def test_the_same_seed_augments_the_same_way(digits: Dataset) -> None:
    a, b = (augment.elastic(pictures(digits), torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(a, b)


def test_amplitudes_of_zero_are_the_identity(
    monkeypatch: pytest.MonkeyPatch, digits: Dataset
) -> None:
    for name in ("ROTATION", "SCALE", "SHEAR", "SHIFT", "AMPLITUDE"):
        monkeypatch.setattr(augment, name, 0.0)
    same = augment.elastic(pictures(digits), torch.Generator())
    torch.testing.assert_close(same, pictures(digits), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["affine", "elastic"])
def test_the_strength_scales_every_change(name: str, digits: Dataset) -> None:
    before, warp = pictures(digits), augment.AUGMENTATIONS[name]
    none, half, usual, twice = (
        warp(before, torch.Generator().manual_seed(0), strength) for strength in (0, 0.5, 1, 2)
    )
    torch.testing.assert_close(none, before, atol=1e-4, rtol=0)
    moved = [(after - before).abs().mean() for after in (half, usual, twice)]
    assert moved == sorted(moved)
    assert torch.equal(usual, warp(before, torch.Generator().manual_seed(0), 1.0))


def test_a_shift_is_at_most_a_pixel_and_a_half(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ROTATION", "SCALE", "SHEAR", "AMPLITUDE"):
        monkeypatch.setattr(augment, name, 0.0)
    dot = torch.zeros(500, 28, 28)
    dot[:, 14, 14] = 1
    moved = augment.affine(dot, torch.Generator().manual_seed(0))
    columns = (moved.sum(dim=1) * torch.arange(28)).sum(dim=1) / moved.sum(dim=(1, 2))
    assert (columns - 14).abs().max() == pytest.approx(1.5, abs=0.05)
