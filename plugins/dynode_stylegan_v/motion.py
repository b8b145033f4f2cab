"""The motion network: noise on a time grid, and times, to motion codes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode.stylegan2 import SLOPE, MappingNetwork
from dynode_stylegan_v.config import MotionConfig
from dynode_stylegan_v.filtered import FilteredNoise
from dynode_stylegan_v.noise import GivenNoise, Noise
from dynode_stylegan_v.recurrent import RecurrentCodes
from dynode_stylegan_v.time_encoder import TimeEncoder

_LR = 0.01


@dataclass(frozen=True)
class GridCodes:
    """The codes around some times.

    Attributes:
        left: (n, T, width) code at the grid point before each time.
        right: Code at the one behind.
        t_left: (n, T) float64, time of the point before.
        weight: (n, T) float64, share of the way to the point behind.
    """

    left: Tensor
    right: Tensor
    t_left: Tensor
    weight: Tensor


class NoiseConvolution(nn.Module):
    """1-D convolution without padding at equalised learning rate, leaky ReLU without gain."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel) / _LR)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.scale = _LR * (inputs * kernel) ** -0.5

    def forward(self, x: Tensor) -> Tensor:
        """Map (n, inputs, length) to (n, outputs, length - kernel + 1)."""
        weight, bias = self.weight.to(x) * self.scale, self.bias.to(x) * _LR
        return F.leaky_relu(F.conv1d(x, weight, bias), SLOPE)


class MotionNetwork(nn.Module):
    """Motion codes at any real time from 0 on, from noise on a time grid.

    A code is a function of the noise nearby (`conv`, `filtered`), or of all noise before
    (`autoregressive`).
    Only the stretches of the grid that the times touch are computed: memory does not depend on how
    far they are, time only with an LSTM. In evaluation mode codes are computed in float64: the waves
    multiply a code's rounding by the time, and float32 would make frames jump where a long clip is
    drawn in parts.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683.
        Tulyakov et al. 2018, MoCoGAN, arXiv:1707.04993 (the LSTM).
        Deviation: the published network computes the codes of the whole clip in every call.
    """

    def __init__(self, config: MotionConfig) -> None:
        super().__init__()
        self.config = config
        if config.strategy == "none":
            return
        if config.strategy == "filtered":
            self.filtered = FilteredNoise(config)
            return
        inputs = config.z_dim + config.c_dim
        if config.strategy == "conv":
            shapes = [(inputs, config.z_dim), (config.z_dim, config.v_dim)]
            layers = [NoiseConvolution(*shape, config.kernel) for shape in shapes]
            self.conv = nn.Sequential(*layers)
        else:
            self.rnn = RecurrentCodes(inputs, config.z_dim)
        if config.has_time_encoder:
            self.time_encoder = TimeEncoder(
                config.code_width, config.frequencies, config.min_period, config.max_period
            )
        else:
            self.mapping = MappingNetwork(
                config.code_width, config.c_dim, config.v_dim, layers=2, has_mean=False
            )

    def trajectory_length(self, last: float, *, max_frames: int = 1) -> tuple[int, int]:
        """Count the codes of a clip, and the rows of noise they need.

        Args:
            last: Largest time, in frames.
            max_frames: Frames a clip has at least.
        """
        codes = math.ceil(max(max_frames - 1, last) / self.config.distance) + 2
        return codes, codes + self.config.reach

    def grid_codes(
        self, times: Tensor, noise: Noise | Tensor, c: Tensor | None = None
    ) -> GridCodes:
        """Compute the codes around times.

        Args:
            times: (n, T) times in frames, 0 or more; float64 where they are large and fractional.
            noise: A source of noise of n videos, or their rows (n, rows, z_dim).
            c: (n, c_dim) labels, where the network takes them.

        Raises:
            UsageError: A time is negative or not finite, noise or labels do not fit.
        """
        times = checked_times(times)
        if isinstance(noise, Tensor):
            noise = GivenNoise(noise, len(times))
        index = (times / self.config.distance).floor()
        t_left = index * self.config.distance
        weight = (times - t_left) / self.config.distance
        points = index.long().cpu()
        table = self._codes(torch.unique(torch.cat([points, points + 1])), noise, c, len(times))
        rows = torch.arange(len(times))[:, None]
        found = [table.take(rows, wanted) for wanted in (points, points + 1)]
        device = found[0].device
        return GridCodes(found[0], found[1], t_left.to(device), weight.to(device))

    def forward(self, times: Tensor, noise: Noise | Tensor, c: Tensor | None = None) -> Tensor:
        """Compute motion codes.

        Args:
            times: (n, T); see `grid_codes`.
            noise: See `grid_codes`.
            c: See `grid_codes`.

        Returns:
            (n, T, width), in the type of the weights.
        """
        if self.config.strategy == "none":
            return torch.zeros(*checked_times(times).shape, 0)
        if self.config.strategy == "filtered":
            drawn = GivenNoise(noise, len(times)) if isinstance(noise, Tensor) else noise
            found: Tensor = self.filtered(checked_times(times), drawn)
            return found
        codes = self.grid_codes(times, noise, c)
        if self.config.has_time_encoder:
            encoded: Tensor = self.time_encoder(
                codes.left, codes.right, codes.t_left, codes.weight, distance=self.config.distance
            )
            return encoded.to(self._like)
        mixed = torch.lerp(codes.left, codes.right, codes.weight.to(codes.left)[..., None])
        mixed = mixed.to(self._like)
        labels = None if c is None else c.to(mixed).repeat_interleave(times.shape[1], 0)
        mapped: Tensor = self.mapping(mixed.flatten(0, 1), labels)
        return mapped.view(*times.shape, -1)

    def _codes(self, points: Tensor, noise: Noise, c: Tensor | None, n: int) -> _Table:
        """Compute the codes at increasing grid points, a stretch without large gaps at a time."""
        if self.config.strategy == "autoregressive":
            read = self._reader(noise, c, n)
            return _Table([(points, self.rnn.at(points.tolist(), read))])
        cuts = [0, *((points.diff() > self.config.reach).nonzero()[:, 0] + 1).tolist(), len(points)]
        parts = []
        for start, stop in zip(cuts, cuts[1:], strict=False):
            first, last = int(points[start]), int(points[stop - 1])
            rows = self._reader(noise, c, n)(first, last - first + 1 + self.config.reach)
            parts.append((torch.arange(first, last + 1), self.conv(rows.mT).mT))
        return _Table(parts)

    def _reader(self, noise: Noise, c: Tensor | None, n: int) -> _LabelledNoise:
        width = self.config.c_dim
        if width and (c is None or c.shape != (n, width)):
            found = "none" if c is None else tuple(c.shape)
            raise UsageError(
                f"the motion is conditional and got labels of shape {found}; pass c of shape "
                f"({n}, {width})"
            )
        dtype = self._like.dtype if self.training else torch.float64
        like = self._like.new_empty(0, dtype=dtype)
        return _LabelledNoise(noise, c if width else None, self.config.z_dim, like)

    @property
    def _like(self) -> Tensor:
        return next(self.parameters())


@dataclass(frozen=True)
class _LabelledNoise:
    """Reads noise onto the network's device, the class label behind every row."""

    noise: Noise
    c: Tensor | None
    width: int
    like: Tensor

    def __call__(self, first: int, count: int) -> Tensor:
        rows = self.noise.rows(first, count, self.width).to(self.like)
        if self.c is None:
            return rows
        return torch.cat([rows, self.c.to(rows)[:, None].expand(-1, count, -1)], dim=2)


class _Table:
    """Codes by grid point: stretches of points with (n, points, width) codes."""

    def __init__(self, parts: list[tuple[Tensor, Tensor]]) -> None:
        self._points = torch.cat([points for points, _ in parts])
        self._codes = torch.cat([codes for _, codes in parts], dim=1)

    def take(self, rows: Tensor, points: Tensor) -> Tensor:
        device = self._codes.device
        where = torch.searchsorted(self._points, points)
        return self._codes[rows.to(device), where.to(device)]


def checked_times(times: Tensor) -> Tensor:
    """Return times (n, T) as float64.

    Raises:
        UsageError: They have another shape, or one is negative or not finite.
    """
    if times.ndim != 2:
        raise UsageError(
            f"times have shape {tuple(times.shape)}; expected (videos, frames), in frames"
        )
    times = times.double()
    if not bool((times.isfinite() & (times >= 0)).all()):
        raise UsageError("a time is negative or not finite; expected 0 or more, in frames")
    return times
