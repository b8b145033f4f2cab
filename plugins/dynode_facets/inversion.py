"""Codes of facets portraits: the bundled encoder, then a short refinement, shared within a clip."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent

if TYPE_CHECKING:
    from dynode_facets.plugin import EncoderOptions

_RATE = 0.05
_WARM_RATE = 0.01
_MOMENTA = (0.1, 0.8)  # a few steps leave no time for longer memories
_ANCHOR = 0.002
_LEAST_GAIN = 0.01  # of the error a step; below it has converged
_MOST_LOSS_DB, _GOOD_DB, _PLAIN_GAIN_DB = 1.5, 38.0, 0.5
_WORST_DB = 17.0
_WINDOW, _DEGREE = 7, 2  # frames a parabola is laid through
_CUT, _MEAN_CUT = 4.0, 3.0  # times the usual and the mean step between frames


def invert(
    generator: Generator, images: Tensor, options: EncoderOptions, *, progress: Progress
) -> Latents:
    """Find codes that draw the given pictures, each refined by itself.

    Args:
        generator: The facets generator.
        images: (n, 3, h, w) float in [-1, 1], at the generator's resolution.
        options: See `EncoderOptions`.
        progress: Called after every step of the refinement.

    Returns:
        Latents of n pictures.

    Raises:
        MediaError: A picture is unlike anything the generator draws, and `any_picture` is off.
    """
    first = _read(generator, images)
    w, drawn = refine(generator, images, first, options.steps, progress)
    if not options.any_picture:
        _refuse_strangers(drawn)
    return Latents(w)


def invert_next(
    generator: Generator,
    images: Tensor,
    options: EncoderOptions,
    *,
    before: tuple[Tensor, Latents] | None,
) -> Latents:
    """Find codes of the next frames of a clip.

    What the encoder misses is a matter of the face and changes slowly. So one frame is refined: of the
    first frames that in the middle, whose correction all of them get; later the last one, and in
    between corrections are interpolated. Frames this does not suit, as after a cut, are refined alone.

    Args:
        generator: See `invert`.
        images: The frames, see `invert`.
        options: See `EncoderOptions`.
        before: The frame before these, (1, 3, h, w), and its code; None for the first ones.

    Raises:
        MediaError: See `invert`.
    """
    read = _read(generator, images)
    w, drawn, key = _corrected(generator, images, read, before, options.steps)
    strayed = drawn < (drawn[key] - _MOST_LOSS_DB).clamp_max(_GOOD_DB)
    if bool(strayed.any()) and options.steps:
        alone = refine(generator, images[strayed], read[strayed], options.steps, silent)
        w[strayed], drawn[strayed] = alone
    if not options.any_picture:
        _refuse_strangers(drawn)
    return Latents(w)


def _corrected(
    generator: Generator,
    images: Tensor,
    read: Tensor,
    before: tuple[Tensor, Latents] | None,
    steps: int,
) -> tuple[Tensor, Tensor, int]:
    """Correct what was read by one refined frame; codes, their decibels and the number of that frame."""
    key = len(read) - 1
    w, drawn, expected = read, read.new_zeros(len(read)), _GOOD_DB
    if before is not None:
        expected = _expected(generator, *before)
        w = _continued(generator, images, read, before, steps)
        drawn = _redrawn(generator, images, w)
    if float(drawn[key]) < expected:  # nothing is known, or it was of another face
        key = len(read) // 2
        anew = read + _correction(generator, images, read, key, steps)
        drawn_anew = _redrawn(generator, images, anew)
        if float(drawn_anew.mean()) > float(drawn.mean()) + _PLAIN_GAIN_DB:
            w, drawn = anew, drawn_anew
    return w, drawn, key


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


def _continued(
    generator: Generator, images: Tensor, read: Tensor, before: tuple[Tensor, Latents], steps: int
) -> Tensor:
    """Correct codes that were read from the correction of the frame before to that of the last one."""
    known = before[1].w.to(read) - _read(generator, before[0])
    reached = _correction(generator, images, read, len(read) - 1, steps, known)
    share = torch.arange(1, len(read) + 1).to(read)[:, None, None] / len(read)
    return read + torch.lerp(known, reached, share)


def _expected(generator: Generator, image: Tensor, code: Latents) -> float:
    """Return how well the frames after one are drawn again at least, if they show the same face."""
    reproduced = _redrawn(generator, image, code.w.to(image))
    return min(_GOOD_DB, float(reproduced) - _MOST_LOSS_DB)


def _correction(
    generator: Generator,
    images: Tensor,
    read: Tensor,
    key: int,
    steps: int,
    known: Tensor | None = None,
) -> Tensor:
    """Refine one frame and return what was added to its code, (1, num_layers, w_dim)."""
    mine, picture = read[key : key + 1], images[key : key + 1]
    if known is None:
        return refine(generator, picture, mine, steps, silent)[0] - mine
    return refine(generator, picture, mine + known, steps, silent, rate=_WARM_RATE)[0] - mine


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
        return first, _redrawn(generator, images, first)
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


def _read(generator: Generator, images: Tensor) -> Tensor:
    """Read codes off pictures, in one pass."""
    from dynode_facets.encoder import load_encoder

    with torch.no_grad():
        codes: Tensor = load_encoder(generator.device)(images.float())
    return codes.to(generator.dtype)


def _redrawn(generator: Generator, images: Tensor, w: Tensor) -> Tensor:
    with torch.no_grad():
        return psnr(generator.synthesize(Latents(w)), images)


def _refuse_strangers(drawn: Tensor) -> None:
    found = float(drawn.min())
    if found < _WORST_DB:
        raise MediaError(
            f"the picture is no portrait of this generator's world: it can be redrawn at {found:.1f} dB "
            f"only, at least {_WORST_DB:g} dB is expected; use a picture from 'dynode facets render', or a "
            f"generator and inverter for photographs with --generator and --inverter"
        )
