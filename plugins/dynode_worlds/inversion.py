"""Codes of a world's pictures: its encoder, then a short refinement, shared within a clip."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent

if TYPE_CHECKING:
    from dynode_worlds.inverter import EncoderOptions

_RATE = 0.05
_WARM_RATE = 0.01
_MOMENTA = (0.1, 0.8)  # a few steps leave no time for longer memories
_ANCHOR = 0.002
_LEAST_GAIN = 0.01  # of the error a step; below it has converged
_MOST_LOSS_DB, _GOOD_DB, _PLAIN_GAIN_DB = 1.5, 38.0, 0.5
WORST_DB = 17.0
_WINDOW, _DEGREE = 7, 2  # frames a parabola is laid through
_CUT, _MEAN_CUT = 4.0, 3.0  # times the usual and the mean step between frames


@dataclass(frozen=True)
class Inversion:
    """A generator of a world, and the encoder that reads its codes.

    Pictures are (n, 3, h, w) float in [-1, 1] at the generator's resolution; decibels are those of
    pictures drawn again, (n,).
    """

    generator: Generator
    encoder: nn.Module

    def read(self, images: Tensor) -> Tensor:
        """Read codes (n, num_layers, w_dim) off pictures, in one pass."""
        with torch.no_grad():
            codes: Tensor = self.encoder(images.float())
        return codes.to(self.generator.dtype)

    def redrawn(self, images: Tensor, w: Tensor) -> Tensor:
        """Return how well codes draw pictures again, in decibels."""
        with torch.no_grad():
            return psnr(self.generator.synthesize(Latents(w)), images)

    def invert(
        self, images: Tensor, options: EncoderOptions, *, progress: Progress
    ) -> tuple[Tensor, Tensor]:
        """Find codes that draw the given pictures, each refined by itself.

        Args:
            images: The pictures.
            options: See `EncoderOptions`.
            progress: Called after every step of the refinement.

        Returns:
            Codes and their decibels.
        """
        return refine(self.generator, images, self.read(images), options.steps, progress)

    def invert_next(
        self, images: Tensor, options: EncoderOptions, *, before: tuple[Tensor, Latents] | None
    ) -> tuple[Tensor, Tensor]:
        """Find codes of the next frames of a clip.

        What the encoder misses is a matter of who or what is seen and changes slowly. So one frame is
        refined: of the first frames that in the middle, whose correction all of them get; later the last
        one, and in between corrections are interpolated. Frames this does not suit, as after a cut, are
        refined alone.

        Args:
            images: The frames.
            options: See `EncoderOptions`.
            before: The frame before these, (1, 3, h, w), and its code; None for the first ones.

        Returns:
            Codes and their decibels.
        """
        read = self.read(images)
        w, drawn, key = self._corrected(images, read, before, options.steps)
        strayed = drawn < (drawn[key] - _MOST_LOSS_DB).clamp_max(_GOOD_DB)
        if bool(strayed.any()) and options.steps:
            alone = refine(self.generator, images[strayed], read[strayed], options.steps, silent)
            w[strayed], drawn[strayed] = alone
        return w, drawn

    def _corrected(
        self, images: Tensor, read: Tensor, before: tuple[Tensor, Latents] | None, steps: int
    ) -> tuple[Tensor, Tensor, int]:
        """Correct what was read by one refined frame; codes, their decibels, the number of that frame."""
        key = len(read) - 1
        w, drawn, expected = read, read.new_zeros(len(read)), _GOOD_DB
        if before is not None:
            expected = self._expected(*before)
            w = self._continued(images, read, before, steps)
            drawn = self.redrawn(images, w)
        if float(drawn[key]) < expected:  # nothing is known, or it was of another face or scene
            key = len(read) // 2
            anew = read + self._correction(images, read, key, steps)
            drawn_anew = self.redrawn(images, anew)
            if float(drawn_anew.mean()) > float(drawn.mean()) + _PLAIN_GAIN_DB:
                w, drawn = anew, drawn_anew
        return w, drawn, key

    def _continued(
        self, images: Tensor, read: Tensor, before: tuple[Tensor, Latents], steps: int
    ) -> Tensor:
        """Correct what was read from the correction of the frame before to that of the last one."""
        known = before[1].w.to(read) - self.read(before[0])
        reached = self._correction(images, read, len(read) - 1, steps, known)
        share = torch.arange(1, len(read) + 1).to(read)[:, None, None] / len(read)
        return read + torch.lerp(known, reached, share)

    def _expected(self, image: Tensor, code: Latents) -> float:
        """Return how well the frames after one are drawn again at least, if they show the same."""
        reproduced = self.redrawn(image, code.w.to(image))
        return min(_GOOD_DB, float(reproduced) - _MOST_LOSS_DB)

    def _correction(
        self, images: Tensor, read: Tensor, key: int, steps: int, known: Tensor | None = None
    ) -> Tensor:
        """Refine one frame and return what was added to its code, (1, num_layers, w_dim)."""
        mine, picture = read[key : key + 1], images[key : key + 1]
        if known is None:
            return refine(self.generator, picture, mine, steps, silent)[0] - mine
        begun = mine + known
        return refine(self.generator, picture, begun, steps, silent, rate=_WARM_RATE)[0] - mine


def evened(codes: Tensor) -> Tensor:
    """Lay parabolas through the codes (n, …) of frames that follow each other, 7 at a time.

    What is read off frames trembles, most where the clip was compressed; this takes two thirds of it.
    At both ends, and beside a step four times as long as usual (a cut, a blink), the parabola of the
    nearest frames on this side is taken; fewer than 4 frames stay as they are.

    Source:
        Savitzky and Golay 1964, Analytical Chemistry 36(8).
    """
    steps = (codes[1:] - codes[:-1]).flatten(1).norm(dim=1)
    if not len(steps):
        return codes
    cuts = (
        torch.nonzero(
            steps > torch.maximum(_CUT * steps.median(), _MEAN_CUT * steps.mean())
        ).flatten()
        + 1
    ).tolist()
    ends = [0, *cuts, len(codes)]
    parts = [codes[begin:end] for begin, end in itertools.pairwise(ends)]
    return torch.cat([_smooth(part) for part in parts])


def _smooth(codes: Tensor) -> Tensor:
    """Give each frame the value there of the parabola through it and its neighbours."""
    count = len(codes)
    window = min(_WINDOW, count - 1 + count % 2)
    half = window // 2
    if window <= _DEGREE + 1:
        return codes
    powers = np.vander(np.arange(-half, half + 1), _DEGREE + 1).astype(float)
    fit = torch.from_numpy(powers @ np.linalg.pinv(powers)).to(codes)
    smooth = torch.empty_like(codes)
    smooth[:half] = torch.tensordot(fit[:half], codes[:window], dims=1)
    smooth[half : count - half] = sum(
        weight * codes[at : count - window + 1 + at] for at, weight in enumerate(fit[half])
    )
    smooth[count - half :] = torch.tensordot(fit[half + 1 :], codes[-window:], dims=1)
    return smooth


def refine(
    generator: Generator,
    images: Tensor,
    first: Tensor,
    steps: int,
    progress: Progress,
    *,
    rate: float = _RATE,
) -> tuple[Tensor, Tensor]:
    """Lower the pixel error from a first guess, staying near it, until it hardly falls any more.

    Args:
        generator: What draws.
        images: (n, 3, h, w).
        first: (n, num_layers, w_dim).
        steps: Steps at most.
        progress: Called after every step.
        rate: Rate of Adam at the first step; it falls to 0 along a line.

    Returns:
        Codes like `first`, and how well they draw the pictures at least: (n,) dB, those before the last
        step, whose drawing is saved.
    """
    if not steps:
        with torch.no_grad():
            return first, psnr(generator.synthesize(Latents(first)), images)
    w = first.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([w], lr=rate, betas=_MOMENTA)
    last = torch.inf
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        error = (generator.synthesize(Latents(w)) - images).square().mean((1, 2, 3)).sqrt()
        distance = (w - first).square().mean((1, 2))
        optimizer.zero_grad()
        (error + _ANCHOR * distance).sum().backward()
        optimizer.step()
        mean = error.mean().item()
        progress(step + 1, steps, f"error {mean:.3f}")
        if 0 <= last - mean < _LEAST_GAIN * last:
            break
        last = mean
    return w.detach(), _decibels(error.detach())


def psnr(first: Tensor, second: Tensor) -> Tensor:
    """Return the peak signal-to-noise ratio (n,) in dB of pictures in [-1, 1] (peak 2)."""
    error = (first.clamp(-1, 1) - second.clamp(-1, 1)).square().mean((1, 2, 3))
    return _decibels(error.sqrt())


def _decibels(error: Tensor) -> Tensor:
    return 20 * torch.log10(2 / error.clamp_min(1e-5))
