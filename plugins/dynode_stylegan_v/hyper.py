"""Time distances that modulate the whole discriminator, not only its last product."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor, nn

from dynode.stylegan2 import Linear, MappingNetwork


class TimeModulation(nn.Module):
    """Scales of every block's input channels by the time distances; all 1 when new.

    Args:
        width: Width of the vector of time distances.
        hidden: Width of its mapped form.
        channels: Block -> channels into its first convolution.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683, names a hypernetwork; the released
        code has none. Deviation: ours, started as the released discriminator: the first
        convolution's input channels are scaled by 1 + affine(p), p a mapping of two layers, without
        demodulation.
    """

    def __init__(self, width: int, hidden: int, channels: Mapping[str, int]) -> None:
        super().__init__()
        self.mapping = MappingNetwork(0, width, hidden, layers=2, has_mean=False)
        for name, count in channels.items():
            affine = Linear(hidden, count)
            nn.init.zeros_(affine.weight)
            self.add_module(name, affine)
        self._names = tuple(channels)

    def forward(self, distances: Tensor) -> dict[str, Tensor]:
        """Map distances (n, width) to scales: block -> (n, channels)."""
        mapped = self.mapping(None, distances)
        return {name: 1 + self.get_submodule(name)(mapped) for name in self._names}
