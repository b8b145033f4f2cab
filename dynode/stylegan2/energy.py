"""Sums over the kernel of products of weights, kept until the weights change."""

from __future__ import annotations

import weakref
from typing import Any

import torch
from torch import Tensor
from torch.autograd import forward_ad

_Stamp = tuple[Any, ...]


def energy(weight: Tensor) -> Tensor:
    """Sum the squares over the kernel: (..., o, i, kh, kw) -> (..., o, i)."""
    return weight.square().sum((-2, -1))


def cross_energy(bases: Tensor, others: Tensor) -> Tensor:
    """Sum products over the kernel: (j, o, i, kh, kw), (k, o, i, kh, kw) -> (j, k, o, i)."""
    return (bases[:, None] * others[None]).sum((-2, -1))


class EnergyCache:
    """Energies of the weights of one layer.

    A value is kept only while nobody can change its weights unseen: weights that require gradients
    or carry tangents are summed anew every time, so that training and autograd see the truth; others
    are summed again when their version counter, storage, device or dtype changes. Writing through
    `tensor.data` is invisible to the version counter: call `clear` afterwards.
    """

    def __init__(self) -> None:
        self._kept: dict[
            tuple[int, ...], tuple[tuple[weakref.ref[Tensor], ...], _Stamp, Tensor]
        ] = {}

    def __deepcopy__(self, memo: dict[int, object]) -> EnergyCache:
        return EnergyCache()

    def __reduce__(self) -> tuple[type[EnergyCache], tuple[()]]:
        return EnergyCache, ()

    def clear(self) -> None:
        """Forget everything."""
        self._kept.clear()

    def of(self, weight: Tensor) -> Tensor:
        """Give `energy(weight)`."""
        return self._get(weight)

    def between(self, bases: Tensor, others: Tensor) -> Tensor:
        """Give `cross_energy(bases, others)`."""
        return self._get(bases, others)

    def _get(self, *weights: Tensor) -> Tensor:
        # A compiler folds the sum of constant weights itself, and cannot trace addresses.
        if torch.compiler.is_compiling() or not all(_is_constant(weight) for weight in weights):
            return _compute(weights)
        key = tuple(id(weight) for weight in weights)
        stamp = tuple(_stamp(weight) for weight in weights)
        kept = self._kept.get(key)
        if kept is not None and kept[1] == stamp and _are(kept[0], weights):
            return kept[2]
        with torch.inference_mode(False), torch.no_grad():
            value = _compute(weights)
        self._kept = {k: v for k, v in self._kept.items() if all(ref() is not None for ref in v[0])}
        self._kept[key] = (tuple(weakref.ref(weight) for weight in weights), stamp, value)
        return value


def _compute(weights: tuple[Tensor, ...]) -> Tensor:
    return energy(weights[0]) if len(weights) == 1 else cross_energy(*weights)


def _is_constant(weight: Tensor) -> bool:
    """Say whether a weight neither takes part in a differentiation nor changes unseen."""
    if torch._C._are_functorch_transforms_active() or weight.is_inference():
        return False
    return not weight.requires_grad and forward_ad.unpack_dual(weight).tangent is None


def _stamp(weight: Tensor) -> _Stamp:
    return weight._version, weight.data_ptr(), weight.dtype, weight.device


def _are(references: tuple[weakref.ref[Tensor], ...], weights: tuple[Tensor, ...]) -> bool:
    return all(ref() is weight for ref, weight in zip(references, weights, strict=True))
