"""Motion drawn clip by clip: noise flows to the code of a clip, the code to smooth curves."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode_stylegan_v.motion import checked_times
from dynode_stylegan_v.noise import GivenNoise, Noise

_WAVES = 8
_STEPS = 16
_FADE = 1 / 3


@dataclass(frozen=True)
class ClipMotionConfig:
    """Shape of motion that is drawn clip by clip.

    Attributes:
        z_dim: Width of the noise, and of a clip's code.
        length: Frames of a clip.
        coordinates: Width of a motion code.
        curves: Curves that a clip is a sum of.
        hidden: Width of the hidden layers.
    """

    z_dim: int = 12
    length: int = 128
    coordinates: int = 8
    curves: int = 64
    hidden: int = 256

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        least = {"z_dim": 1, "length": 8, "coordinates": 1, "curves": 1, "hidden": 1}
        for name, low in least.items():
            if not getattr(self, name) >= low:
                raise UsageError(
                    f"motion of clips has {name} {getattr(self, name)}; expected {low} or more"
                )

    @property
    def width(self) -> int:
        """Width of a motion code."""
        return self.coordinates

    @property
    def fade(self) -> float:
        """Frames in which a clip passes into the next one."""
        return self.length * _FADE

    @property
    def distance(self) -> float:
        """Frames from the beginning of a clip to that of the next."""
        return self.length - self.fade


class SmoothLayers(nn.Module):
    """Fully connected layers with a smooth bend; computed in the type of what comes in."""

    def __init__(self, inputs: int, hidden: int, outputs: int, *, layers: int) -> None:
        super().__init__()
        sizes = [inputs, *[hidden] * layers, outputs]
        pairs = zip(sizes, sizes[1:], strict=False)
        self.layers = nn.ModuleList(nn.Linear(before, behind) for before, behind in pairs)

    def forward(self, x: Tensor) -> Tensor:
        """Map (..., inputs) to (..., outputs)."""
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, nn.Linear)
            x = F.silu(x) if number else x
            x = F.linear(x, layer.weight.to(x), layer.bias.to(x))
        return x


class Velocity(nn.Module):
    """How the code of a clip flows, at a share of the way from noise."""

    def __init__(self, config: ClipMotionConfig) -> None:
        super().__init__()
        self.layers = SmoothLayers(
            config.z_dim + 1 + 2 * _WAVES, config.hidden, config.z_dim, layers=3
        )

    def forward(self, x: Tensor, share: Tensor) -> Tensor:
        """Return the velocity (..., z_dim) at x (..., z_dim) and share (..., 1) in [0, 1]."""
        angles = share * (math.pi * torch.arange(1, _WAVES + 1, device=x.device, dtype=x.dtype))
        velocity: Tensor = self.layers(torch.cat([x, share, angles.sin(), angles.cos()], dim=-1))
        return velocity


class ClipMotion(nn.Module):
    """Motion codes at any real time from 0 on: one clip after another, each drawn from its own noise.

    Clip i begins at i x `distance`, from rest. Its noise flows along a learned velocity to a code
    (16 steps of Heun's method), the code is decoded to weights of the curves that clips are sums of,
    and the curves are cubic splines: smooth at any time, and without the frequencies that no clip
    has. In its last third a clip passes smoothly into the next one.

    Source:
        Lipman et al. 2023, Flow Matching, arXiv:2210.02747 (noise to codes), in the space of an
        autoencoder as Rombach et al. 2022, arXiv:2112.10752.
        Deviation from StyleGAN-V (arXiv:2112.14683): neither waves between codes nor a judge.
    """

    def __init__(self, config: ClipMotionConfig) -> None:
        super().__init__()
        self.config = config
        self.velocity = Velocity(config)
        self.decoder = SmoothLayers(config.z_dim, config.hidden, config.curves, layers=2)
        knots = config.length + 2
        self.mean: Tensor
        self.curves: Tensor
        self.register_buffer("mean", torch.zeros(knots, config.coordinates))
        self.register_buffer("curves", torch.zeros(config.curves, knots, config.coordinates))

    def forward(self, times: Tensor, noise: Noise | Tensor, c: Tensor | None = None) -> Tensor:
        """Compute motion codes.

        Args:
            times: (n, T) times in frames, 0 or more.
            noise: A source of noise of n videos, or their rows (n, rows, z_dim).
            c: Not used: this motion has no classes.

        Returns:
            (n, T, coordinates), in the type of the weights.

        Raises:
            UsageError: A time is negative or not finite, or noise does not fit.
        """
        times = checked_times(times)
        if isinstance(noise, Tensor):
            noise = GivenNoise(noise, len(times))
        index = (times / self.config.distance).floor()
        within = times - index * self.config.distance
        now, before = index.long().cpu(), (index.long() - 1).clamp(min=0).cpu()
        points = torch.unique(torch.cat([now, before]))
        splines = self._splines(points, noise)
        risen = _risen(within / self.config.fade).where(index > 0, torch.ones(()))
        rows = torch.arange(len(times))[:, None]

        def drawn(clip: Tensor, at: Tensor) -> Tensor:
            return _on_spline(splines, rows, torch.searchsorted(points, clip), at)

        risen = risen.to(splines)[..., None]
        mixed = risen * drawn(now, within)
        mixed = mixed + (1 - risen) * drawn(before, within + self.config.distance)
        return mixed.to(self.mean)

    @torch.no_grad()
    def flow(self, noise: Tensor) -> Tensor:
        """Let noise (..., z_dim) flow to codes of clips, in its own type."""
        x = noise
        for step in range(_STEPS):
            start = self.velocity(x, x.new_full((*x.shape[:-1], 1), step / _STEPS))
            ahead = x + start / _STEPS
            end = self.velocity(ahead, x.new_full((*x.shape[:-1], 1), (step + 1) / _STEPS))
            x = x + (start + end) / (2 * _STEPS)
        return x

    def _splines(self, points: Tensor, noise: Noise) -> Tensor:
        """Draw the clips at grid points: spline coefficients (n, points, knots, coordinates)."""
        width = self.config.z_dim
        rows = torch.cat([noise.rows(int(point), 1, width) for point in points], dim=1)
        weights = self.decoder(self.flow(rows.to(self.mean.device, torch.float64)))
        return self.mean.double() + torch.einsum("npj,jtk->nptk", weights, self.curves.double())


def _risen(share: Tensor) -> Tensor:
    """Rise from 0 to 1 with two continuous derivatives."""
    share = share.clamp(0, 1)
    return share**3 * (share * (share * 6 - 15) + 10)


def _on_spline(splines: Tensor, rows: Tensor, clip: Tensor, at: Tensor) -> Tensor:
    """Read cubic B-splines with a knot a frame: (n, T, coordinates) at frames `at` (n, T)."""
    knot = at.floor().long().clamp(0, splines.shape[2] - 4)
    shares = spline_shares(at - knot).to(splines)
    rows, clip, knot = (index.to(splines.device) for index in (rows, clip, knot))
    read = torch.stack([splines[rows, clip, knot + k] for k in range(4)], dim=-1)
    return (read * shares[..., None, :]).sum(-1)


def spline_shares(u: Tensor) -> Tensor:
    """Return the shares (..., 4) of the four cubic B-splines around a place u in [0, 1]."""
    parts = [(1 - u) ** 3, 3 * u**3 - 6 * u**2 + 4, -3 * u**3 + 3 * u**2 + 3 * u + 1, u**3]
    return torch.stack(parts, dim=-1) / 6


def spline_through(values: Tensor) -> Tensor:
    """Find the cubic spline through values at frames, whose third derivative does not jump at the ends.

    Args:
        values: (t, ...) float64, t of 4 or more.

    Returns:
        (t + 2, ...) coefficients of B-splines with a knot a frame.
    """
    frames = len(values)
    system = torch.zeros(frames + 2, frames + 2, dtype=values.dtype)
    for frame in range(frames):
        system[frame, frame : frame + 3] = values.new_tensor([1, 4, 1]) / 6
    for row, first in ((frames, 0), (frames + 1, frames - 3)):
        system[row, first : first + 5] = values.new_tensor([1, -4, 6, -4, 1])
    right = torch.cat([values.flatten(1), values.new_zeros(2, values[0].numel())])
    found: Tensor = torch.linalg.solve(system, right)
    return found.view(frames + 2, *values.shape[1:])
