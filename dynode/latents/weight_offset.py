"""Offsets of one convolution's weight that a batch of pictures carries, dense or of low rank."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class WeightOffset:
    """An offset of one convolution's weight, different for every sample of a batch.

    Sample i is drawn with `weight + sum_k coefficients[i, k] * basis[k]`; the basis is shared, so a
    batch of different parameter-space edits costs one more convolution and no copies of weights.

    Attributes:
        layer: Name of the convolution, one of `GeneratorInfo.conv_layers`.
        basis: (k, out, in, kh, kw), in the scale of the stored weight.
        coefficients: (n, k).
    """

    layer: str
    basis: Tensor
    coefficients: Tensor

    @property
    def count(self) -> int:
        """Number of bases."""
        return len(self.basis)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight it moves."""
        return tuple(self.basis.shape[1:])

    @property
    def shared(self) -> tuple[Tensor, ...]:
        """What the batch shares: the basis."""
        return (self.basis,)

    def is_like(self, other: Offset) -> bool:
        """Say whether only the coefficients differ: the same layer, and the same basis tensor."""
        return _are_alike(self, other)

    def used(self) -> WeightOffset:
        """Keep the bases that some sample uses; the same object if all are."""
        kept = (self.coefficients != 0).any(0)
        if bool(kept.all()):
            return self
        return WeightOffset(self.layer, self.basis[kept], self.coefficients[:, kept])

    def changes(self, like: Tensor) -> Tensor:
        """Form the offset of every sample, (n, out, in, kh, kw), on the device of `like`."""
        change = self.coefficients.to(like) @ self.basis.to(like).flatten(1)
        return change.view(-1, *self.shape)

    def with_coefficients(self, coefficients: Tensor) -> WeightOffset:
        """Return the same basis with other coefficients, (n, k)."""
        return dataclasses.replace(self, coefficients=coefficients)

    def detach(self) -> WeightOffset:
        """Cut both tensors off their graphs; a basis without one stays the same object."""
        return WeightOffset(self.layer, _cut(self.basis), self.coefficients.detach())

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None) -> WeightOffset:
        """Move both tensors."""
        moved = (part.to(device=device, dtype=dtype) for part in (self.basis, self.coefficients))
        return WeightOffset(self.layer, *moved)


@dataclass(frozen=True, eq=False)
class LowRankOffset:
    """An offset of one convolution's weight as a narrow convolution and a mix of its channels.

    Basis k is `up[:, part] @ down[part]` over the r channels `part` of it: a convolution to r
    channels, then one of a single pixel. It is drawn that way too, so that no dense copy of the
    weight is held, and takes r (in kh kw + out) numbers instead of out in kh kw.

    Attributes:
        layer: Name of the convolution, one of `GeneratorInfo.conv_layers`.
        down: (k r, in, kh, kw), r channels for each basis, one basis after the other.
        up: (out, k r), in the scale of the stored weight.
        coefficients: (n, k).
    """

    layer: str
    down: Tensor
    up: Tensor
    coefficients: Tensor

    def __post_init__(self) -> None:
        k, channels = self.coefficients.shape[1], self.down.shape[0]
        if self.up.shape[1] != channels or (channels % k if k else channels):
            raise ValueError(
                f"an offset of {self.layer} has down {tuple(self.down.shape)}, up "
                f"{tuple(self.up.shape)} and {k} coefficients; expected (k r, in, kh, kw) and (out, k r)"
            )

    @property
    def count(self) -> int:
        """Number of bases."""
        return self.coefficients.shape[1]

    @property
    def rank(self) -> int:
        """Channels of each basis."""
        return len(self.down) // max(1, self.count)

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the weight it moves."""
        return (self.up.shape[0], *self.down.shape[1:])

    @property
    def shared(self) -> tuple[Tensor, ...]:
        """What the batch shares: both factors."""
        return (self.down, self.up)

    @property
    def basis(self) -> Tensor:
        """The bases in full, (k, out, in, kh, kw), formed anew each time."""
        down = self.down.view(self.count, self.rank, *self.down.shape[1:])
        up = self.up.view(-1, self.count, self.rank)
        return torch.einsum("okr,kr...->ko...", up, down)

    def is_like(self, other: Offset) -> bool:
        """Say whether only the coefficients differ: the same layer, and the same factors."""
        return _are_alike(self, other)

    def used(self) -> LowRankOffset:
        """Keep the bases that some sample uses; the same object if all are."""
        kept = (self.coefficients != 0).any(0)
        if bool(kept.all()):
            return self
        channels = kept.repeat_interleave(self.rank)
        return LowRankOffset(
            self.layer, self.down[channels], self.up[:, channels], self.coefficients[:, kept]
        )

    def channel_coefficients(self) -> Tensor:
        """Repeat the coefficients for the channels of each basis, (n, k r)."""
        return self.coefficients.repeat_interleave(self.rank, dim=1)

    def changes(self, like: Tensor) -> Tensor:
        """Form the offset of every sample, (n, out, in, kh, kw), on the device of `like`."""
        mixed = self.up.to(like) * self.channel_coefficients().to(like)[:, None]
        return (mixed @ self.down.to(like).flatten(1)).view(-1, *self.shape)

    def dense(self) -> WeightOffset:
        """Return the same offset with its bases in full."""
        return WeightOffset(self.layer, self.basis, self.coefficients)

    def with_coefficients(self, coefficients: Tensor) -> LowRankOffset:
        """Return the same factors with other coefficients, (n, k)."""
        return dataclasses.replace(self, coefficients=coefficients)

    def detach(self) -> LowRankOffset:
        """Cut all tensors off their graphs; factors without one stay the same objects."""
        return LowRankOffset(self.layer, _cut(self.down), _cut(self.up), self.coefficients.detach())

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None) -> LowRankOffset:
        """Move all tensors."""
        parts = (self.down, self.up, self.coefficients)
        return LowRankOffset(self.layer, *(p.to(device=device, dtype=dtype) for p in parts))


Offset = WeightOffset | LowRankOffset


def _cut(part: Tensor) -> Tensor:
    return part.detach() if part.requires_grad else part


def _are_alike(one: Offset, other: Offset) -> bool:
    if one.layer != other.layer or type(one) is not type(other):
        return False
    return all(a is b for a, b in zip(one.shared, other.shared, strict=True))
