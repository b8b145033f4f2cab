"""The change of a generator's weights that is tuned: factors of low rank, or whole weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from dynode.generator import Generator
from dynode.latents import Latents, LowRankOffset, Offset, WeightOffset


class Delta:
    """Offsets of all convolutions of a generator, zero at first.

    Args:
        generator: Whose weights are moved.
        rank: Rank of each convolution's offset; 0 for whole weights. Weights that factors would
            not make smaller, such as those of the toRGB layers, are moved whole.
        gradients: Of the error by the whole weights, by layer (out, in, kh, kw): the narrow
            convolutions see what matters most to it. None tunes whole weights only.

    Source:
        Wang et al. 2024, LoRA-GA, arXiv:2407.05000, for the narrow convolutions; the wide ones
            start at zero, so that the pivot draws what it drew.
    """

    def __init__(
        self, generator: Generator, rank: int, gradients: Mapping[str, Tensor] | None = None
    ) -> None:
        self.whole: dict[str, Tensor] = {}
        self.factors: dict[str, tuple[Tensor, Tensor]] = {}
        for layer, (outputs, *kernel) in generator.info.conv_layers.items():
            device, dtype = generator.device, generator.dtype
            inputs = kernel[0] * kernel[1] * kernel[2]
            is_smaller = rank * (inputs + outputs) < inputs * outputs
            if rank == 0 or gradients is None or not is_smaller:
                zeros = torch.zeros(1, outputs, *kernel, device=device, dtype=dtype)
                self.whole[layer] = zeros.requires_grad_(True)
                continue
            # Rows this long, so that the rate that suits whole weights suits factors too.
            down = 2 * kernel[0] ** 0.5 * _leading_rows(gradients[layer].flatten(1), rank)
            up = torch.zeros(outputs, rank, device=device, dtype=dtype)
            self.factors[layer] = (
                down.view(rank, *kernel).to(device, dtype).requires_grad_(True),
                up.requires_grad_(True),
            )

    @property
    def parameters(self) -> list[Tensor]:
        """Everything that is tuned."""
        return [*self.whole.values(), *(part for pair in self.factors.values() for part in pair)]

    @property
    def count(self) -> int:
        """Number of numbers."""
        return sum(part.numel() for part in self.parameters)

    def on(self, latents: Latents) -> Latents:
        """Put the delta on codes, all of it on every picture."""
        ones = latents.w.new_ones(len(latents), 1)
        for offset in self.offsets(ones):
            latents = latents.add_weights(offset)
        return latents

    def offsets(self, coefficients: Tensor) -> list[Offset]:
        """Return the offsets with given coefficients (n, 1)."""
        dense = [WeightOffset(layer, part, coefficients) for layer, part in self.whole.items()]
        narrow = [
            LowRankOffset(layer, down, up, coefficients)
            for layer, (down, up) in self.factors.items()
        ]
        return [*dense, *narrow]


def _leading_rows(matrix: Tensor, rank: int) -> Tensor:
    """Return the leading right singular vectors of (m, n) as rows (rank, n); m is the small side."""
    exact = matrix.detach().cpu().double()
    _, left = torch.linalg.eigh(exact @ exact.T)
    rows = left[:, -rank:].T @ exact
    # Where the matrix has less rank, QR fills up with any other rows.
    orthonormal: Tensor = torch.linalg.qr(rows.T).Q.T
    return orthonormal
