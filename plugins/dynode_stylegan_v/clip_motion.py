"""Motion drawn clip by clip: a kind, noise that flows to the code of a clip, smooth curves of the code."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dynode.errors import UsageError
from dynode_stylegan_v.motion import checked_times
from dynode_stylegan_v.noise import GivenNoise, Noise
from dynode_stylegan_v.splines import spline_shares

_WAVES = 8
_STEPS = 16
_FADE = 1 / 3


@dataclass(frozen=True)
class ClipMotionConfig:
    """Shape of motion that is drawn clip by clip.

    Attributes:
        z_dim: Width of a clip's code.
        length: Frames of a clip.
        coordinates: Width of a motion code.
        curves: Curves of all kinds together; a clip is a sum of those of its kind.
        hidden: Width of the hidden layers.
        kinds: Kinds of clips.
    """

    z_dim: int = 12
    length: int = 128
    coordinates: int = 8
    curves: int = 64
    hidden: int = 256
    kinds: int = 1

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        least = {"length": 8, "z_dim": 1, "coordinates": 1, "curves": 1, "hidden": 1, "kinds": 1}
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
    def condition(self) -> int:
        """Width of what the flow is told: the kind, where the clip rests, and whether this is known."""
        return self.kinds + self.coordinates + 1

    @property
    def noise_width(self) -> int:
        """Width of a row of noise: what flows, and a number that chooses the kind."""
        return self.z_dim + 1

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
    """How the code of a clip of some kind flows, at a share of the way from noise."""

    def __init__(self, config: ClipMotionConfig) -> None:
        super().__init__()
        inputs = config.z_dim + config.condition + 1 + 2 * _WAVES
        self.layers = SmoothLayers(inputs, config.hidden, config.z_dim, layers=3)

    def forward(self, x: Tensor, condition: Tensor, share: Tensor) -> Tensor:
        """Return the velocity (..., z_dim).

        Args:
            x: (..., z_dim), where it is.
            condition: (..., condition), see `ClipMotion.condition`.
            share: (..., 1) in [0, 1].
        """
        angles = share * (math.pi * torch.arange(1, _WAVES + 1, device=x.device, dtype=x.dtype))
        velocity: Tensor = self.layers(
            torch.cat([x, condition, share, angles.sin(), angles.cos()], -1)
        )
        return velocity


class ClipMotion(nn.Module):
    """Motion codes at any real time from 0 on: one clip after another, each drawn from its own noise.

    Clip i begins at i x `distance`, from rest. It is of a kind, drawn as often as it was seen, or, where
    it is told at which coordinates the content rests, as often as it was seen there. Its noise flows
    along a learned velocity to a code (16 steps of Heun's method), and the code is decoded to a size
    and to weights of the curves that clips of its kind are sums of. Curves are cubic splines: smooth at
    any time, and without the frequencies that no clip has. In its last third a clip passes smoothly
    into the next one.

    Source:
        Lipman et al. 2023, Flow Matching, arXiv:2210.02747 (noise to codes), in the space of an
        autoencoder as Rombach et al. 2022, arXiv:2112.10752.
        Deviation from StyleGAN-V (arXiv:2112.14683): neither waves between codes nor a judge.
    """

    def __init__(self, config: ClipMotionConfig) -> None:
        super().__init__()
        self.config = config
        self.velocity = Velocity(config)
        self.chooser = SmoothLayers(config.coordinates, config.hidden, config.kinds, layers=1)
        self.decoder = SmoothLayers(
            config.z_dim + config.kinds, config.hidden, 1 + config.curves, layers=2
        )
        knots, kinds = config.length + 2, config.kinds
        self.mean: Tensor
        self.curves: Tensor
        self.owners: Tensor
        self.shares: Tensor
        self.sizes: Tensor
        self.rests: Tensor
        self.register_buffer("mean", torch.zeros(kinds, knots, config.coordinates))
        self.register_buffer("curves", torch.zeros(config.curves, knots, config.coordinates))
        self.register_buffer("owners", torch.zeros(config.curves, dtype=torch.long))
        self.register_buffer("shares", torch.full((kinds,), 1 / kinds))
        self.register_buffer("sizes", torch.tensor([[1.0, 0.0]]).repeat(kinds, 1))
        self.register_buffer("rests", torch.tensor([[0.0], [1.0]]).repeat(1, config.coordinates))

    def forward(self, times: Tensor, noise: Noise | Tensor, c: Tensor | None = None) -> Tensor:
        """Compute motion codes.

        Args:
            times: (n, T) times in frames, 0 or more.
            noise: A source of noise of n videos, or their rows (n, rows, z_dim + 1).
            c: (n, coordinates) where the contents rest; None where it is not to be told.

        Returns:
            (n, T, coordinates), in the type of the weights.

        Raises:
            UsageError: A time is negative or not finite, or noise or `c` does not fit.
        """
        times = checked_times(times)
        if isinstance(noise, Tensor):
            noise = GivenNoise(noise, len(times))
        index = (times / self.config.distance).floor()
        within = times - index * self.config.distance
        now, before = index.long().cpu(), (index.long() - 1).clamp(min=0).cpu()
        points = torch.unique(torch.cat([now, before]))
        splines = self._splines(points, noise, c)
        risen = _risen(within / self.config.fade).where(index > 0, torch.ones(()))
        rows = torch.arange(len(times))[:, None]

        def drawn(clip: Tensor, at: Tensor) -> Tensor:
            return _on_spline(splines, rows, torch.searchsorted(points, clip), at)

        risen = risen.to(splines)[..., None]
        mixed = risen * drawn(now, within)
        mixed = mixed + (1 - risen) * drawn(before, within + self.config.distance)
        return mixed.to(self.mean)

    def one_hot(self, kinds: Tensor, like: Tensor) -> Tensor:
        """Write kinds (...) as (..., kinds) in the type of `like`."""
        return F.one_hot(kinds, self.config.kinds).to(like)

    def condition(self, kinds: Tensor, rest: Tensor, told: Tensor) -> Tensor:
        """Join kinds (...), standardised rests (..., coordinates) and whether they are told (..., 1)."""
        return torch.cat([self.one_hot(kinds, rest), rest * told, told], dim=-1)

    @torch.no_grad()
    def flow(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Let noise (..., z_dim) flow to codes of clips, in its own type; see `condition`."""
        x = noise
        for step in range(_STEPS):
            start = self.velocity(x, condition, x.new_full((*x.shape[:-1], 1), step / _STEPS))
            ahead = x + start / _STEPS
            share = x.new_full((*x.shape[:-1], 1), (step + 1) / _STEPS)
            x = x + (start + self.velocity(ahead, condition, share)) / (2 * _STEPS)
        return x

    def weights(self, codes: Tensor, kinds: Tensor) -> Tensor:
        """Decode codes (..., z_dim) of clips of these kinds (...) to size and weights (..., 1 + curves)."""
        weights: Tensor = self.decoder(torch.cat([codes, self.one_hot(kinds, codes)], dim=-1))
        return weights

    def _splines(self, points: Tensor, noise: Noise, c: Tensor | None) -> Tensor:
        """Draw the clips at grid points: spline coefficients (n, points, knots, coordinates)."""
        width = self.config.noise_width
        rows = torch.cat([noise.rows(int(point), 1, width) for point in points], dim=1)
        rows = rows.to(self.mean.device, torch.float64)
        rest, told = self._rest(c, rows)
        kinds = self._kinds(rows[..., -1], rest, told)
        codes = self.flow(rows[..., :-1], self.condition(kinds, rest, told))
        weights = self.weights(codes, kinds)
        splines = self.mean.double()[kinds]
        for kind in kinds.unique():
            own, chosen = self.owners == kind, kinds == kind
            weighed = weights[chosen][:, 1:][:, own]
            splines[chosen] += torch.einsum("mj,jtk->mtk", weighed, self.curves[own].double())
        mean, spread = self.sizes.double()[kinds].unbind(-1)
        return splines * (mean + spread * weights[..., 0]).clamp(min=0)[..., None, None]

    def _rest(self, c: Tensor | None, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Standardise where contents rest, (n, points, coordinates), and say whether it is told."""
        if c is None:
            return rows.new_zeros(*rows.shape[:-1], self.config.coordinates), rows.new_zeros(
                *rows.shape[:-1], 1
            )
        if c.shape != (len(rows), self.config.coordinates):
            raise UsageError(
                f"motion was told {tuple(c.shape)} of its content; expected ({len(rows)}, "
                f"{self.config.coordinates}): draw it with this generator"
            )
        mean, spread = self.rests.double()
        rest = ((c.to(rows) - mean) / spread)[:, None].expand(-1, rows.shape[1], -1)
        return rest, rows.new_ones(*rows.shape[:-1], 1)

    def _kinds(self, chance: Tensor, rest: Tensor, told: Tensor) -> Tensor:
        """Choose kinds by standard normal numbers, each as often as it is expected there."""
        expected = self.chooser(rest).softmax(-1)
        bounds = torch.where(told > 0, expected, self.shares.double()).cumsum(-1)
        place = torch.special.ndtr(chance)[..., None] * bounds[..., -1:]
        kinds: Tensor = (place >= bounds[..., :-1]).sum(-1)
        return kinds


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
