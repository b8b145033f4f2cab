"""The change of a generator's weights that is tuned: factors of low rank, or whole weights."""

from __future__ import annotations

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
        random: Draws the narrow convolutions.
    """

    def __init__(self, generator: Generator, rank: int, random: torch.Generator) -> None:
        self.whole: dict[str, Tensor] = {}
        self.factors: dict[str, tuple[Tensor, Tensor]] = {}
        for layer, (outputs, *kernel) in generator.info.conv_layers.items():
            device, dtype = generator.device, generator.dtype
            inputs = kernel[0] * kernel[1] * kernel[2]
            if rank == 0 or rank * (inputs + outputs) >= inputs * outputs:
                zeros = torch.zeros(1, outputs, *kernel, device=device, dtype=dtype)
                self.whole[layer] = zeros.requires_grad_(True)
                continue
            # Unit rows keep a step of `up` as large in the weight as a step of the weight itself.
            down = torch.randn(rank, *kernel, generator=random) * (kernel[0] / inputs) ** 0.5
            up = torch.zeros(outputs, rank)
            self.factors[layer] = (
                down.to(device, dtype).requires_grad_(True),
                up.to(device, dtype).requires_grad_(True),
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
