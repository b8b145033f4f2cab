"""Motion without anchors: white noise under low-pass filters of many widths."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.noise import Noise
from dynode_stylegan_v.time_encoder import PlainLinear

_ROWS_A_PERIOD = 8
_MOST_ROWS = 4096
# Keeps the variance of normal values: E silu(x)^2 = 0.356. It has no kink, which motion would have.
_GAIN = 0.356**-0.5


class FilteredNoise(nn.Module):
    """Codes of times from noise on a fine grid: one filter a channel, then two layers.

    Filters are bells (1 - (d / r)^2)^3 over the distance d in frames, of unit energy on the grid,
    with reaches r from three quarters of the shortest period to three quarters of the longest. So
    each channel is stationary, of variance about 1, never repeats, has two derivatives, and depends
    on noise nearby alone.

    Args:
        config: Widths and periods.

    Source:
        Brooks et al. 2022, Generating Long Videos of Dynamic Scenes, arXiv:2206.03429 (temporal
        noise under a bank of low-pass filters). Deviation: bells of finite reach, and any real time.
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        self.channels = config.z_dim
        self.spacing = config.min_period / _ROWS_A_PERIOD
        self.reaches = 0.75 * config.min_period, 0.75 * config.max_period
        self.margin = math.ceil(self.reaches[1] / self.spacing) + 1
        self.first = PlainLinear(config.z_dim, config.v_dim)
        self.last = PlainLinear(config.v_dim, config.width)

    def forward(self, times: Tensor, noise: Noise) -> Tensor:
        """Map times (n, T) float64 in frames to codes (n, T, width), in the type of the weights."""
        hidden = F.silu(self.first(self.filtered(times, noise))) * _GAIN
        codes: Tensor = self.last(hidden)
        return codes

    def filtered(self, times: Tensor, noise: Noise) -> Tensor:
        """Filter the noise around times: (n, T, channels)."""
        begin, end = (int(float(edge) // self.spacing) for edge in (times.amin(), times.amax()))
        count = end - begin + 2 * self.margin + 1
        if count > _MOST_ROWS and times.shape[1] > 1:  # far apart: memory must not depend on it
            columns = times.split(1, dim=1)
            return torch.cat([self.filtered(column, noise) for column in columns], dim=1)
        like = self.first.weight
        rows = noise.rows(begin, count, self.channels).to(like.device, torch.float64)
        places = (torch.arange(begin, begin + count) - self.margin) * self.spacing
        places = places.to(rows)
        shortest, longest = (math.log2(reach) for reach in self.reaches)
        reach = 2 ** torch.linspace(shortest, longest, self.channels).to(rows)
        found = []
        for time in times.to(rows).unbind(1):
            away = (places[None, :, None] - time[:, None, None]) / reach
            bell = (1 - away.square()).clamp(min=0) ** 3
            bell = bell / bell.norm(dim=1, keepdim=True)
            found.append((bell * rows).sum(1))
        return torch.stack(found, dim=1).to(like)
