"""Comparing tensors up to rounding, with messages that say by how much they differ."""

from __future__ import annotations

import torch
from torch import Tensor

# Convolutions of a batch and of a single picture add in another order: a few thousand roundings.
_ROUNDINGS = 4096


def tolerance_of(expected: Tensor) -> float:
    """Largest difference that rounding explains: a part of the largest magnitude."""
    size = float(expected.detach().abs().max()) if expected.numel() else 0.0
    precision = torch.finfo(expected.dtype).eps
    if expected.is_cuda and expected.dtype == torch.float32:
        precision = 2.0**-20  # a third of TF32's, which cuDNN uses for float32 by default
    return _ROUNDINGS * precision * max(size, 1.0)


def assert_close(actual: Tensor, expected: Tensor, what: str) -> None:
    """Check that two tensors agree up to rounding.

    Raises:
        AssertionError: They have other shapes, or differ by more.
    """
    assert actual.shape == expected.shape, (
        f"{what}: shape {tuple(actual.shape)}, expected {tuple(expected.shape)}"
    )
    difference = float((actual - expected).detach().abs().max()) if actual.numel() else 0.0
    allowed = tolerance_of(expected)
    assert difference <= allowed, f"{what}: differ by {difference:g}, rounding allows {allowed:g}"


def assert_same(actual: Tensor, expected: Tensor, what: str) -> None:
    """Check that two tensors are equal, value for value.

    Raises:
        AssertionError: They are not.
    """
    assert torch.equal(actual, expected), f"{what}: expected the same values"


def assert_differ(first: Tensor, second: Tensor, what: str) -> None:
    """Check that two tensors differ by more than rounding.

    Raises:
        AssertionError: They do not.
    """
    difference = float((first - second).detach().abs().max())
    assert difference > tolerance_of(first), f"{what}: differ by {difference:g} only"
