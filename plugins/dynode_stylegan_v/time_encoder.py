"""Waves between motion codes that never repeat: the aligned time encoder."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PlainLinear(nn.Module):
    """Fully connected layer without bias at equalised learning rate."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        return F.linear(x, self.weight.to(x) * self.weight.shape[1] ** -0.5)


def frequencies_between(shortest: float, longest: float, count: int) -> tuple[Tensor, Tensor]:
    """Space periods geometrically.

    Args:
        shortest: Shortest period in frames.
        longest: Longest one.
        count: How many.

    Returns:
        Angular frequencies in radians a frame, increasing, and the scale of each one's phase, from
        1 to longest / shortest; both (1, count) float32.
    """
    exponents = torch.linspace(
        math.log2(shortest), math.log2(longest), count, dtype=torch.float64, device="cpu"
    )
    frequencies = (2 * math.pi / 2**exponents).flip(0)
    scales = longest * frequencies / (2 * math.pi)
    return frequencies[None].float(), scales[None].float()


class TimeEncoder(nn.Module):
    """Encode times between two codes: exact at the codes, continuous everywhere, never periodic.

    Between codes u_left and u_right, at share a of the way,

        e(s) = [sin, cos](freqs (tanh(P u_left) + 1) s + phase_scales (Phi u_left))
        v(t) = e(t) - (1 - a) e(t_left) - a e(t_right) + (1 - a) A u_left + a A u_right.

    Both ends use the waves of the left code, so v is A u at every code and nothing repeats.

    Args:
        inputs: Width of a code.
        frequencies: Number of waves.
        shortest: Shortest period at rest, in frames.
        longest: Longest one.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683.
        Deviation: the waves' arguments are computed in float64; float32, as published, loses the
        time between two frames after some ten thousand of them.
    """

    def __init__(self, inputs: int, frequencies: int, shortest: float, longest: float) -> None:
        super().__init__()
        values, scales = frequencies_between(shortest, longest, frequencies)
        self.freqs: Tensor
        self.phase_scales: Tensor
        self.register_buffer("freqs", values)
        self.register_buffer("phase_scales", scales)
        self.periods_predictor = PlainLinear(inputs, frequencies)
        self.phase_predictor = PlainLinear(inputs, frequencies)
        self.aligners_predictor = PlainLinear(inputs, 2 * frequencies)

    def forward(
        self, left: Tensor, right: Tensor, t_left: Tensor, weight: Tensor, *, distance: float
    ) -> Tensor:
        """Encode times.

        Args:
            left: (..., inputs) code before each time.
            right: Code behind it.
            t_left: (...) float64, time of the code before, in frames.
            weight: (...) float64, share of the way to the code behind, in [0, 1).
            distance: Frames between two codes.

        Returns:
            (..., 2 frequencies) motion codes, in the type of `left`.
        """
        speed = (self.freqs * (self.periods_predictor(left).tanh() + 1)).double()
        phase = (self.phase_scales * self.phase_predictor(left)).double()

        def waves(time: Tensor) -> Tensor:
            angles = speed * time[..., None] + phase
            return torch.cat([angles.sin(), angles.cos()], dim=-1)

        share = weight[..., None]
        line = (1 - share) * waves(t_left) + share * waves(t_left + distance)
        rest = (waves(t_left + weight * distance) - line).to(left)
        share = share.to(left)
        ends = torch.lerp(self.aligners_predictor(left), self.aligners_predictor(right), share)
        return rest + ends
