"""The judge of motion: a small network that sees a few frames' coordinates and how they change."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dynode.stylegan2 import SLOPE
from dynode_stylegan_v.distances import TimeDistances

_DIFFERENCE_SCALE = 6.0
_WIDTH = 256
_TIME_WIDTH = 32


class MotionJudge(nn.Module):
    """Tell real from made motion by evenly spaced frames, first and second differences.

    Args:
        coordinates: Coordinates of a frame.
        frames: Frames it sees.
        length: Frames of a clip.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683 (few frames, told their distance).
        Deviation: it sees codes instead of pictures, and their differences: without the second
        ones slow motion trembles.
    """

    def __init__(self, coordinates: int, frames: int, length: int) -> None:
        super().__init__()
        self.distances = TimeDistances(length, _TIME_WIDTH, 1)
        inputs = coordinates * (3 * frames - 3) + self.distances.width
        sizes = [inputs, _WIDTH, _WIDTH, _WIDTH]
        layers: list[nn.Module] = []
        for before, behind in zip(sizes, sizes[1:], strict=False):
            layers += [nn.Linear(before, behind), nn.LeakyReLU(SLOPE)]
        self.layers = nn.Sequential(*layers, nn.Linear(_WIDTH, 1))

    def forward(self, seen: Tensor, times: Tensor) -> Tensor:
        """Judge motions.

        Args:
            seen: (n, frames, coordinates).
            times: (n, frames), evenly spaced, in frames.

        Returns:
            (n,) logits, high for real.
        """
        first = seen.diff(dim=1) * _DIFFERENCE_SCALE
        second = first.diff(dim=1)
        parts = [seen.flatten(1), first.flatten(1), second.flatten(1), self.distances(times)]
        logits: Tensor = self.layers(torch.cat(parts, dim=1))[:, 0]
        return logits
