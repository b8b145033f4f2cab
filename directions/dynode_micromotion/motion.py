"""From anchors to a motion: clean them, order them, draw a path through them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode.direction import Direction, DirectionInfo, LinearDirection, PathDirection
from dynode.dynamics import FitOptions, Trajectory, fit_trajectory
from dynode.errors import OptionError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode_micromotion.anchors import Anchors, clip_anchors, text_anchors
from dynode_micromotion.low_rank import explained, randomised, rank_for, truncated
from dynode_micromotion.ordering import coordinate, knots
from dynode_micromotion.robust import Split, published_split, robust_split

if TYPE_CHECKING:
    from dynode_micromotion.options import MicromotionOptions

PUBLISHED_RANK = 4
_CURVE = 3  # degree of the polynomial in time that the path follows
_FIT = FitOptions(rank=8, variance=0.9999, steps=300, width=32, smoothing="none")


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Anchors of few dimensions.

    Attributes:
        codes: (n, rows, width), relative to the start.
        ranks: Components kept, row by row; 0 for a row that does not move.
        shares: Explained by the first component of each row that moves.
        residual: Largest length of what robust PCA left in neither part, relative to the row.
    """

    codes: Tensor
    ranks: tuple[int, ...]
    shares: tuple[float, ...]
    residual: float


def find_motion(
    generator: Generator, options: MicromotionOptions, *, seed: int, progress: Progress
) -> Direction:
    """Find a micromotion; see `Micromotion`.

    Args:
        generator: What draws.
        options: See `MicromotionOptions`.
        seed: Seed of the face, the text method or the inverter, and the fit of the path.
        progress: Called while the anchors are made.

    Returns:
        A direction with its path; in published mode a plain one.

    Raises:
        OptionError: Neither or both of text and clip are given, or one of them cannot be used.
        MediaError: The clip cannot be read, or has fewer than 2 frames.
    """
    has_text = bool(options.text.strip())
    if has_text == (options.clip is not None):
        raise OptionError(
            f"micromotion takes a text or a clip, {'both' if has_text else 'neither'} is given; expected "
            f"one: --text 'a face with a {{degree}} smile', or --clip FILE"
        )
    if options.published and not has_text:
        raise OptionError("--published follows the released steps, which take a text; give --text")
    make = text_anchors if has_text else clip_anchors
    anchors = make(generator, options, seed=seed, progress=progress)
    if options.published:
        delta = published_direction(
            torch.cat([anchors.start[None], anchors.codes]), seed=seed, count=len(anchors.codes)
        )
        return LinearDirection(delta, info=_info(anchors))
    return motion_of(generator, anchors, options, seed=seed)


def motion_of(
    generator: Generator, anchors: Anchors, options: MicromotionOptions, *, seed: int
) -> PathDirection:
    """Clean the anchors and draw the path through them.

    Args:
        generator: Whose codes they are.
        anchors: At least two.
        options: See `MicromotionOptions`.
        seed: Seed of the fit of the path.

    Raises:
        OptionError: The anchors are all the same.
    """
    cleaned = clean(
        anchors.codes - anchors.start,
        robust=options.robust,
        rank=options.rank,
        variance=options.variance,
    )
    along = coordinate(cleaned.codes)
    if float(along.abs().max()) == 0:
        raise OptionError(
            f"nothing moves in {anchors.name!r}: all {len(anchors.codes)} anchors are the same; give "
            f"degrees or a clip in which something changes"
        )
    if anchors.progress is None:
        codes, when = knots(cleaned.codes, along)
    else:
        codes, when = cleaned.codes, anchors.progress
    path = path_through(codes, when, seed=seed, fingerprint=generator.info.fingerprint)
    figures = {
        "anchors": float(len(along)),
        "rank": float(max(cleaned.ranks)),
        "explained_by_first": sum(cleaned.shares) / len(cleaned.shares),
        "residual": cleaned.residual,
    }
    return PathDirection.of(path, _info(anchors, figures))


def clean(offsets: Tensor, *, robust: bool, rank: int, variance: float) -> Cleaned:
    """Take outliers out of each row and reduce it to few components.

    Args:
        offsets: (n, rows, width), relative to the start.
        robust: Whether robust PCA comes first.
        rank: Components to keep of a row; 0 for as many as explain `variance`.
        variance: Share of a row's squared length.

    Source:
        Wu et al. 2022, arXiv:2204.12696, section 3: robust PCA of every row of W+, then few
        components. Deviations: offsets from the start instead of codes, so that the face itself
        takes up no component; robust PCA to convergence; the exact truncation; rows that are equal
        are computed once.
    """
    reduced, ranks, shares, residual = list[Tensor](), list[int](), list[float](), 0.0
    for index in range(offsets.shape[1]):
        row = offsets[:, index]
        if index and torch.equal(row, offsets[:, index - 1]):
            reduced.append(reduced[-1])
            ranks.append(ranks[-1])
            shares += shares[-1:]
            continue
        if not bool(row.any()):
            reduced.append(row)
            ranks.append(0)
            continue
        split = robust_split(row) if robust else Split(row, torch.zeros_like(row), 0, 0.0)
        kept = rank or rank_for(split.low_rank, variance)
        reduced.append(truncated(split.low_rank, kept))
        ranks.append(min(kept, *row.shape))
        shares.append(float(explained(split.low_rank)[0]))
        residual = max(residual, split.residual)
    return Cleaned(torch.stack(reduced, 1), tuple(ranks), tuple(shares or [0.0]), residual)


def path_through(codes: Tensor, when: Tensor, *, seed: int, fingerprint: str = "") -> Trajectory:
    """Draw a smooth path through cleaned anchors.

    Args:
        codes: (n, rows, width), n at least 2.
        when: (n,) increasing from 0 to 1.
        seed: Seed of the fit.
        fingerprint: Fingerprint of the generator.
    """
    fitted = fit_trajectory(
        Latents(_smooth(codes, when)),
        when,
        options=_FIT,
        seed=seed,
        fingerprint=fingerprint,
        progress=silent,
    )
    spanned = fitted.space.decode(fitted.space.encode(fitted.observed.w))
    return dataclasses.replace(fitted, observed=Latents(spanned))


def _smooth(codes: Tensor, when: Tensor) -> Tensor:
    """Replace codes (n, rows, width) by the cubic in time that is nearest to them."""
    flat = codes.flatten(1).cpu().double()
    powers = when.reshape(-1, 1).to(flat) ** torch.arange(min(_CURVE, len(when) - 1) + 1)
    nearest: Tensor = powers @ torch.linalg.lstsq(powers, flat).solution
    return nearest.reshape(codes.shape).to(codes)


def published_direction(codes: Tensor, *, seed: int, count: int) -> Tensor:
    """Run the released clean-up: codes as they are, loose robust PCA, randomised rank 4.

    Args:
        codes: (n, rows, width), the start code first.
        seed: Seed of torch's random state for the randomised factorisation.
        count: Cleaned codes that are kept; the last of them is the end point. The released code
            keeps one fewer than it has, so that the last degree is never reached.

    Returns:
        (rows, width), the last kept minus the first.

    Source:
        Wu et al. 2022, micromotion-styleGAN.
    """
    return published_anchors(codes, seed=seed)[[0, count - 1]].diff(dim=0)[0]


def published_anchors(
    codes: Tensor, *, seed: int, reduce: Callable[[Tensor, int], Tensor] = randomised
) -> Tensor:
    """Clean codes (n, rows, width) as released; torch's random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rows = [
            reduce(published_split(codes[:, index]).low_rank, min(PUBLISHED_RANK, len(codes)))
            for index in range(codes.shape[1])
        ]
    return torch.stack(rows, 1)


def _info(anchors: Anchors, figures: Mapping[str, float] | None = None) -> DirectionInfo:
    return DirectionInfo(name=anchors.name, unit="the whole motion", figures=figures or {})
