"""Augmentations of what the discriminator sees, the same for all frames of a clip."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_adversarial.batch import Batch
from dynode_adversarial.warping import warp

SETS = ("none", "easy", "bgc")
_LUMA = torch.full((3,), 3**-0.5)


@dataclass(frozen=True)
class Augmentation:
    """A set of augmentations, each applied with a probability.

    Attributes:
        name: `none`; `easy`: small shifts, scales and rotations, brightness, contrast, saturation and
            a little hue; `bgc`: the published set, with mirroring, turns by 90 degrees, any rotation,
            flipped luma and any hue.
        mirrors: Whether `bgc` may mirror.

    Source:
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676 (appendix B).
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683 (one draw for all frames of a clip).
        Deviation: pictures are resampled bicubically instead of through wavelet filters; rotations
        before and after scaling are one; the set `easy` is ours: turns by 90 degrees and flipped luma
        leak into small data sets of portraits.
    """

    name: str
    mirrors: bool = True

    def __call__(
        self,
        batch: Batch,
        probability: float,
        random: torch.Generator,
        total: int,
        items: Sequence[int],
    ) -> Batch:
        """Augment a batch.

        Args:
            batch: Clips; not changed.
            probability: Of each augmentation, for each clip.
            random: Where chance comes from.
            total: Clips of the whole batch, which chance is drawn for.
            items: Which of them these are.
        """
        if self.name == "none" or probability <= 0:
            return batch
        chance = _Chance(random, total, probability)
        moved, coloured = self._geometry(chance), self._colour(chance)
        frames = list(items)
        matrices = moved[frames].repeat_interleave(batch.frames, 0)
        colours = coloured[frames].repeat_interleave(batch.frames, 0).to(batch.images)
        images = warp(batch.images, matrices[:, :2])
        n, channels, h, w = images.shape
        flat = torch.baddbmm(
            colours[:, :3, 3:], colours[:, :3, :3], images.reshape(n, channels, -1)
        )
        return batch.showing(flat.view(n, channels, h, w))

    def _geometry(self, chance: _Chance) -> Tensor:
        """Draw maps from the result to the picture: (n, 3, 3)."""
        is_wild = self.name == "bgc"
        matrix = torch.eye(3).expand(chance.count, 3, 3)
        if is_wild:
            mirrored = 1 - 2 * chance.often(chance.pick(2)) * self.mirrors
            matrix = matrix @ _scaled(mirrored, torch.ones_like(mirrored))
            matrix = matrix @ _turned(chance.often(chance.pick(4)) * math.pi / 2)
            matrix = matrix @ _shifted(
                chance.often(chance.even(0.125)), chance.often(chance.even(0.125))
            )
        scale = 2 ** chance.often(chance.normal(0.2 if is_wild else 0.1))
        matrix = matrix @ _scaled(scale, scale)
        matrix = matrix @ _turned(chance.often(chance.even(math.pi if is_wild else math.pi / 18)))
        stretch = 2 ** chance.often(chance.normal(0.2 if is_wild else 0.05))
        matrix = matrix @ _scaled(stretch, 1 / stretch)
        shift = 0.125 if is_wild else 0.05
        across, down = chance.often(chance.normal(shift)), chance.often(chance.normal(shift))
        return matrix @ _shifted(across, down)

    def _colour(self, chance: _Chance) -> Tensor:
        """Draw affine maps of colours: (n, 4, 4)."""
        is_wild = self.name == "bgc"
        matrix = torch.eye(4).repeat(chance.count, 1, 1)
        brightness = chance.often(chance.normal(0.2))
        lifted = matrix.clone()
        lifted[:, :3, 3] += brightness[:, None]
        contrast = torch.eye(4).repeat(chance.count, 1, 1)
        contrast[:, :3, :3] *= (2 ** chance.often(chance.normal(0.5)))[:, None, None]
        matrix = contrast @ lifted
        if is_wild:
            matrix = _luma_flipped(chance.often(chance.pick(2))) @ matrix
        hue = chance.often(chance.even(math.pi if is_wild else math.pi / 18))
        matrix = _hue_turned(hue) @ matrix
        return _saturated(2 ** chance.often(chance.normal(1.0 if is_wild else 0.5))) @ matrix


@dataclass(frozen=True)
class _Chance:
    """Draws for every clip of a batch; `often` makes them rare.

    Attributes:
        random: Where chance comes from.
        count: Clips.
        probability: How often a draw is used; else it is 0.
    """

    random: torch.Generator
    count: int
    probability: float

    def often(self, values: Tensor) -> Tensor:
        used = torch.rand(self.count, generator=self.random) < self.probability
        return torch.where(used, values, torch.zeros_like(values))

    def pick(self, choices: int) -> Tensor:
        return torch.randint(choices, (self.count,), generator=self.random).float()

    def even(self, most: float) -> Tensor:
        return (2 * torch.rand(self.count, generator=self.random) - 1) * most

    def normal(self, deviation: float) -> Tensor:
        return torch.randn(self.count, generator=self.random) * deviation


def _rows(*rows: Sequence[Tensor | float], like: Tensor) -> Tensor:
    filled = [
        [part if isinstance(part, Tensor) else torch.full_like(like, part) for part in row]
        for row in rows
    ]
    return torch.stack([torch.stack(row, dim=-1) for row in filled], dim=-2)


def _scaled(across: Tensor, down: Tensor) -> Tensor:
    return _rows((across, 0.0, 0.0), (0.0, down, 0.0), (0.0, 0.0, 1.0), like=across)


def _turned(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return _rows((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0), like=angle)


def _shifted(across: Tensor, down: Tensor) -> Tensor:
    """Shift by parts of the picture's side, which is 2 wide."""
    return _rows((1.0, 0.0, 2 * across), (0.0, 1.0, 2 * down), (0.0, 0.0, 1.0), like=across)


def _within(colours: Tensor) -> Tensor:
    """Make (n, 3, 3) maps of colours affine ones (n, 4, 4)."""
    whole = torch.eye(4).repeat(len(colours), 1, 1)
    whole[:, :3, :3] = colours
    return whole


def _luma_flipped(flipped: Tensor) -> Tensor:
    return _within(torch.eye(3) - 2 * flipped[:, None, None] * torch.outer(_LUMA, _LUMA))


def _hue_turned(angle: Tensor) -> Tensor:
    """Turn colours around the grey axis (Rodrigues' formula)."""
    along = torch.outer(_LUMA, _LUMA)
    x, y, z = _LUMA.tolist()
    across = torch.tensor([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    cos, sin = angle.cos()[:, None, None], angle.sin()[:, None, None]
    return _within(cos * torch.eye(3) + sin * across + (1 - cos) * along)


def _saturated(factor: Tensor) -> Tensor:
    along = torch.outer(_LUMA, _LUMA)
    return _within(along + (torch.eye(3) - along) * factor[:, None, None])


class Strength:
    """How often augmentations are applied, steered by how sure the discriminator is of real clips.

    Args:
        kind: `ada` adapts it, `fixed` keeps it, `none` keeps it at 0.
        start: First value, and that of `fixed`.
        target: Mean sign of the real logits that is aimed at.
        ceiling: Largest value; the published code has none.
        clips_to_full: Real clips in which it may go from 0 to 1.

    Source:
        Karras et al. 2020, StyleGAN2-ADA, arXiv:2006.06676. Deviation: the ceiling.
    """

    def __init__(
        self, kind: str, start: float, target: float, ceiling: float, clips_to_full: float
    ) -> None:
        self.kind, self.target, self.ceiling = kind, target, ceiling
        self.clips_to_full = clips_to_full
        self.value = 0.0 if kind == "none" else min(start, ceiling)
        self.signs, self.seen = 0.0, 0

    def observe(self, sign: float, clips: int) -> None:
        """Note the mean sign of the real logits of a batch."""
        self.signs, self.seen = self.signs + sign * clips, self.seen + clips

    def adapt(self) -> None:
        """Move towards the target by what was seen since the last time."""
        if self.kind == "ada" and self.seen:
            direction = math.copysign(1.0, self.signs / self.seen - self.target)
            moved = self.value + direction * self.seen / self.clips_to_full
            self.value = min(max(moved, 0.0), self.ceiling)
        self.signs, self.seen = 0.0, 0

    def state_dict(self) -> dict[str, float]:
        """Return where it is."""
        return {"value": self.value, "signs": self.signs, "seen": self.seen}

    def load_state_dict(self, state_dict: dict[str, float]) -> None:
        """Go on from there."""
        self.value, self.signs = state_dict["value"], state_dict["signs"]
        self.seen = int(state_dict["seen"])
