"""Directions of one layer's weight: vectors that are combined, and the coefficients of each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.errors import GeneratorMismatchError, UsageError
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset

_LEAST_NORM = 1e-12


class WeightBasis(ABC):
    """Vectors in the space of one layer's weight.

    Attributes:
        shape: (out, in, kh, kw) of the weight.
    """

    shape: tuple[int, ...]

    @abstractmethod
    def __len__(self) -> int:
        """Count the vectors."""

    @abstractmethod
    def combine(self, coefficients: Tensor) -> Tensor:
        """Combine the vectors: (n, k) -> (n, out, in, kh, kw), not normalised."""

    @abstractmethod
    def to(self, like: Tensor) -> WeightBasis:
        """Return it on the device and in the type of a tensor."""


class FixedBasis(WeightBasis):
    """Stored vectors, such as eigenvectors.

    Args:
        vectors: (k, out, in, kh, kw); they need neither be orthogonal nor of unit length.
    """

    def __init__(self, vectors: Tensor) -> None:
        self.vectors = vectors
        self.shape = tuple(vectors.shape[1:])

    def __len__(self) -> int:
        """Count the vectors."""
        return len(self.vectors)

    def combine(self, coefficients: Tensor) -> Tensor:
        """See `WeightBasis.combine`."""
        return (coefficients @ self.vectors.flatten(1)).view(-1, *self.shape)

    def to(self, like: Tensor) -> FixedBasis:
        """See `WeightBasis.to`."""
        return FixedBasis(self.vectors.to(like))


class SingularBasis(WeightBasis):
    """Pairs of singular vectors of the weight as a matrix with rows (kh, kw, in), columns out.

    Args:
        u: (kh * kw * in, k).
        vh: (k, out).
        shape: Of the weight.

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786, and its published code.
    """

    def __init__(self, u: Tensor, vh: Tensor, shape: Sequence[int]) -> None:
        self.u, self.vh = u, vh
        self.shape = tuple(shape)

    @classmethod
    def of(cls, weight: Tensor) -> SingularBasis:
        """Decompose a weight (out, in, kh, kw), in double precision as published."""
        matrix = weight.detach().double().permute(2, 3, 1, 0).reshape(-1, weight.shape[0])
        u, _, vh = torch.linalg.svd(matrix, full_matrices=False)
        return cls(u.to(weight.dtype), vh.to(weight.dtype), weight.shape)

    def __len__(self) -> int:
        """Count the pairs."""
        return len(self.vh)

    def combine(self, coefficients: Tensor) -> Tensor:
        """See `WeightBasis.combine`."""
        outputs, inputs, height, width = self.shape
        matrices = (self.u * coefficients[:, None, :]) @ self.vh
        return matrices.view(-1, height, width, inputs, outputs).permute(0, 4, 3, 1, 2)

    def to(self, like: Tensor) -> SingularBasis:
        """See `WeightBasis.to`."""
        return SingularBasis(self.u.to(like), self.vh.to(like), self.shape)


@dataclass(frozen=True, eq=False)
class LayerDirections:
    """Directions of one layer, each a combination of a basis brought to unit length.

    A batch may hold a different direction and shift for every picture.

    Attributes:
        layer: Name of the convolution.
        basis: What is combined.
        coefficients: (directions, k).

    Source:
        Cherepkov et al. 2021, NaviGAN, arXiv:2011.13786.
    """

    layer: str
    basis: WeightBasis
    coefficients: Tensor

    @classmethod
    def plain(cls, layer: str, basis: WeightBasis, like: Tensor) -> LayerDirections:
        """Make every vector of a basis a direction of its own."""
        return cls(layer, basis.to(like), torch.eye(len(basis)).to(like))

    def __len__(self) -> int:
        """Count the directions."""
        return len(self.coefficients)

    def units(self, directions: Tensor) -> Tensor:
        """Return unit shifts (n, out, in, kh, kw) of some directions (n,) by number."""
        combined = self.basis.combine(self.coefficients[directions])
        norms = combined.flatten(1).norm(dim=1).clamp(min=_LEAST_NORM)
        units: Tensor = combined / norms[:, None, None, None, None]
        return units

    def offset(self, directions: Tensor | int, shifts: Tensor | float, n: int) -> WeightOffset:
        """Make the offset of a batch.

        Args:
            directions: Numbers (n,), or one for all.
            shifts: Signed lengths (n,) in raw weights, or one for all.
            n: Pictures in the batch.

        Raises:
            UsageError: There is no such direction, or another number of them than pictures.
        """
        like = self.coefficients
        which = _for_each("directions", torch.as_tensor(directions, device=like.device), n)
        amounts = _for_each("shifts", torch.as_tensor(shifts).to(like), n)
        if bool(((which < 0) | (which >= len(self))).any()):
            raise UsageError(
                f"direction {int(which.max() if which.min() >= 0 else which.min())} does not exist; "
                f"the directions of {self.layer} are 0 to {len(self) - 1}"
            )
        used, places = torch.unique(which, return_inverse=True)
        chosen = torch.nn.functional.one_hot(places, len(used)).to(like)
        return WeightOffset(self.layer, self.units(used), chosen * amounts[:, None])

    def move(self, latents: Latents, directions: Tensor | int, shifts: Tensor | float) -> Latents:
        """Add a direction with a shift to every picture; see `offset`."""
        return latents.add_weights(self.offset(directions, shifts, len(latents)))

    def check(self, info: GeneratorInfo) -> None:
        """Check that the layer exists and has this shape.

        Raises:
            GeneratorMismatchError: It does not.
        """
        check_shape(info, self.layer, self.basis.shape)


def layer_weight(generator: Generator, layer: str) -> Tensor:
    """Read the stored weight (out, in, kh, kw) of a layer.

    Raises:
        UsageError: The generator does not show its weights.
    """
    own = getattr(generator, "layer_weight", None)
    if own is not None:
        return own(layer)  # type: ignore[no-any-return]
    network = getattr(generator, "network", None)
    if network is None:
        raise UsageError(
            f"{generator.info.name} does not show its weights; expected a StyleGAN2, a wrapped module, "
            f"or a generator with a method layer_weight"
        )
    weight: Tensor = network.synthesis.layer(layer).weight.detach()
    return weight


def factor_weight(delta: Tensor, largest_error: float) -> tuple[Tensor, Tensor]:
    """Factor a shift of a weight, in half precision and the lowest rank within an error.

    Args:
        delta: (out, in, kh, kw).
        largest_error: Relative error that is allowed, in lengths; that of half precision is less.

    Returns:
        Left (kh * kw * in, r) and right (r, out), float16, each with half of the magnitude.
    """
    matrix = delta.detach().double().cpu().permute(2, 3, 1, 0).reshape(-1, delta.shape[0])
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    lost = s.square().flip(0).cumsum(0).flip(0).sqrt() / s.norm().clamp(min=1e-300)
    rank = max(1, int((lost > largest_error).sum()))
    share = s[:rank].sqrt()
    return (u[:, :rank] * share).half(), (share[:, None] * vh[:rank]).half()


def multiply_factors(left: Tensor, right: Tensor, shape: Sequence[int]) -> Tensor:
    """Multiply factors back: (out, in, kh, kw) float32."""
    outputs, inputs, height, width = shape
    matrix = left.float() @ right.float()
    return matrix.view(height, width, inputs, outputs).permute(3, 2, 0, 1).contiguous()


def check_shape(info: GeneratorInfo, layer: str, shape: Sequence[int]) -> None:
    """Check that a generator has a layer of this shape.

    Raises:
        GeneratorMismatchError: It has none.
    """
    wanted = info.conv_layers.get(layer)
    if wanted is None or tuple(wanted) != tuple(shape):
        raise GeneratorMismatchError(
            f"the directions move {layer} by a {tuple(shape)} weight, generator {info.name} has "
            f"{wanted or 'no such layer'}; use directions of this generator"
        )


def _for_each(what: str, values: Tensor, n: int) -> Tensor:
    if values.numel() not in (1, n) or values.ndim > 1:
        raise UsageError(
            f"{what} have shape {tuple(values.shape)}; expected one value, or one for each of {n} "
            f"pictures"
        )
    return values.reshape(-1).expand(n)
