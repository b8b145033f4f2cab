"""The dynamic space: the few directions in which the codes of a clip move."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_LEAST_SCALE = 0.05


@dataclass(frozen=True, eq=False)
class DynamicSpace:
    """An affine map between codes (n, num_layers, w_dim) and states (n, rank).

    `w = mean + (state * scale) @ basis`; what the basis does not span is the residual of a code.
    The components are scaled to about unit variance over the clip, none by less than a twentieth
    of the first: an edit along a direction that hardly moved must not become a huge state.

    Attributes:
        shape: (num_layers, w_dim).
        mean: (num_layers * w_dim,).
        scale: (rank,).
        basis: (rank, num_layers * w_dim), orthonormal rows; None for the identity, where a state is
            the flattened code (the published demo).
    """

    shape: tuple[int, int]
    mean: Tensor
    scale: Tensor
    basis: Tensor | None

    @property
    def rank(self) -> int:
        """Width of a state."""
        return math.prod(self.shape) if self.basis is None else len(self.basis)

    def encode(self, w: Tensor) -> Tensor:
        """Map codes (n, num_layers, w_dim) to states (n, rank)."""
        return self.encode_offset(w - self.mean.reshape(self.shape))

    def encode_offset(self, offset: Tensor) -> Tensor:
        """Map differences of codes to differences of states."""
        flat = offset.reshape(len(offset), -1)
        return flat if self.basis is None else flat @ self.basis.T / self.scale

    def decode(self, states: Tensor) -> Tensor:
        """Map states (n, rank) to codes (n, num_layers, w_dim)."""
        return self.decode_offset(states) + self.mean.reshape(self.shape)

    def decode_offset(self, states: Tensor) -> Tensor:
        """Map differences of states to differences of codes."""
        flat = states if self.basis is None else (states * self.scale) @ self.basis
        return flat.reshape(len(states), *self.shape)

    def residual(self, w: Tensor) -> Tensor:
        """Return what of the codes (n, num_layers, w_dim) the space does not span."""
        return w - self.decode(self.encode(w))

    @staticmethod
    def identity(w: Tensor) -> DynamicSpace:
        """Make the space whose states are the flattened codes."""
        shape = (w.shape[1], w.shape[2])
        nothing = w.new_zeros(math.prod(shape))
        return DynamicSpace(shape, nothing, w.new_ones(()), None)

    @staticmethod
    def of_clip(w: Tensor, *, rank: int, variance: float) -> DynamicSpace:
        """Find the principal components of the codes of a clip.

        Args:
            w: (n, num_layers, w_dim), n at least 2.
            rank: Largest number of components.
            variance: Stop at the components that explain this fraction of the variance.

        Returns:
            A space of rank at least 1 and at most n - 1; a clip that stands still has rank 1.
        """
        centred = w.flatten(1).double()
        mean = centred.mean(0)
        centred = centred.sub_(mean) if w.dtype != torch.float64 else centred - mean
        # Through the (n, n) products: n is far below num_layers * w_dim for most clips.
        energy, vectors = torch.linalg.eigh(centred @ centred.T)
        energy, vectors = energy.flip(0).clamp_min(0), vectors.flip(1)
        kept = _kept(energy, min(rank, len(w) - 1), variance)
        lengths = energy[:kept].sqrt()
        basis = vectors[:, :kept].T @ centred / lengths.clamp_min(1e-12)[:, None]
        deviations = lengths / math.sqrt(len(w) - 1)
        floor = _LEAST_SCALE * float(deviations[0]) or 1.0
        scale = deviations.clamp_min(floor)
        shape = (w.shape[1], w.shape[2])
        return DynamicSpace(shape, mean.to(w), scale.to(w), basis.to(w))


def _kept(energy: Tensor, most: int, variance: float) -> int:
    """Count the components that explain the fraction, at least 1 and at most `most`."""
    total = float(energy.sum())
    if total == 0:
        return 1
    # Components below rounding carry no direction.
    significant = int((energy > 1e-12 * energy[0]).sum())
    explained = energy.cumsum(0) / total
    needed = int((explained < variance - 1e-12).sum()) + 1
    return max(1, min(needed, most, significant))
