"""Fit a trajectory to the codes of a clip."""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor

from dynode.dynamics.field import MLPField
from dynode.dynamics.integrate import Piece
from dynode.dynamics.losses import PictureLoss
from dynode.dynamics.matching import (
    PictureTerm,
    Target,
    is_good_enough,
    match_velocities,
    rollout_error,
    shoot,
)
from dynode.dynamics.path import SmoothPath
from dynode.dynamics.published import EXACT, RELAXED, train_published
from dynode.dynamics.settings import FitOptions
from dynode.dynamics.space import DynamicSpace
from dynode.dynamics.trajectory import Trajectory
from dynode.errors import OptionError
from dynode.latents.latents import Latents
from dynode.plugins.methods import Progress, silent

_CONTEXT = 8  # frames beyond a piece that its path may see
_MOST_WAVES = 64


def fit_trajectory(
    latents: Latents,
    times: Tensor | None = None,
    *,
    options: FitOptions | None = None,
    seed: int = 0,
    fingerprint: str = "",
    pictures: PictureLoss | None = None,
    progress: Progress = silent,
) -> Trajectory:
    """Fit a trajectory to the latents of a clip.

    Components of the codes are found, a smooth path is drawn through them, and fields are fitted to
    its velocities, one for every `options.chunk` frame intervals. Each piece starts where the piece
    before it ended, so the trajectory is one continuous solution.

    Args:
        latents: Codes of the frames, at least 2.
        times: (n,) increasing, at any spacing; None counts the frames from 0.
        options: See `FitOptions`.
        seed: Seed of the fields and their training.
        fingerprint: Fingerprint of the generator the latents are for; it is kept in the file.
        pictures: Loss on drawn frames, added in shooting; None fits the codes alone.
        progress: Called while fitting.

    Raises:
        OptionError: There are fewer than 2 frames, or the times are not increasing.
    """
    chosen = options or FitOptions()
    when = _checked_times(latents, times)
    with torch.inference_mode(False), torch.enable_grad():
        latents = latents.detach()
        fit = _fit_published if chosen.published else _fit_pieces
        trajectory = fit(latents, when, chosen, seed, pictures, progress)
    plain = dataclasses.asdict(chosen) | {"seed": seed}
    return dataclasses.replace(trajectory, fingerprint=fingerprint, options=plain)


def _checked_times(latents: Latents, times: Tensor | None) -> Tensor:
    count = len(latents)
    if count < 2:
        raise OptionError(f"the clip has {count} frame; a trajectory needs at least 2")
    if times is None:
        return torch.arange(count, dtype=torch.float64, device=latents.device)
    when = torch.as_tensor(times, dtype=torch.float64, device=latents.device)
    if when.shape != (count,):
        raise OptionError(f"{len(when)} times for {count} frames; give one time a frame")
    if not bool(torch.isfinite(when).all()) or not bool((when.diff() > 0).all()):
        raise OptionError("the times of the frames are not increasing; sort the frames by time")
    return when


def _fit_published(
    latents: Latents,
    times: Tensor,
    options: FitOptions,
    seed: int,
    pictures: PictureLoss | None,
    progress: Progress,
) -> Trajectory:
    field = train_published(
        latents.w.float(),
        times.tolist(),
        iterations=options.iterations,
        seed=seed,
        solver=EXACT if options.exact else RELAXED,
        progress=progress,
    )
    space = DynamicSpace.identity(latents.w.float())
    start = latents.w[:1].float().flatten(1)
    pieces = [Piece(float(times[0]), float(times[-1]), field.requires_grad_(False))]
    return Trajectory(latents, times, space, start, pieces)


def _fit_pieces(
    latents: Latents,
    times: Tensor,
    options: FitOptions,
    seed: int,
    pictures: PictureLoss | None,
    progress: Progress,
) -> Trajectory:
    w = latents.w.float()
    space = DynamicSpace.of_clip(w, rank=options.rank, variance=options.variance)
    states = space.encode(w)
    borders = _borders(len(w), options.chunk)
    noise = torch.Generator().manual_seed(seed)
    pieces = list[Piece]()
    start = first = None
    for index, (low, high) in enumerate(zip(borders[:-1], borders[1:], strict=True)):
        target = _target(states, times, low, high, options, start)
        if first is None:
            first = target.at(target.knots[:1])[0]

        def report(step: int, index: int = index) -> None:
            progress(index * options.steps + step, (len(borders) - 1) * options.steps, "fitting")

        field = _field(space.rank, target.knots, options, noise).to(w.device)
        match_velocities(
            field, target, steps=options.steps, tube=options.tube, noise=noise, report=report
        )
        error, start = rollout_error(field, target)
        if options.shooting and (pictures is not None or not is_good_enough(error)):
            term = _picture_term(pictures, space, w, low)
            _refine(field, target, options.shooting, noise, pictures, term)
            _, start = rollout_error(field, target)
        knots = target.knots
        pieces.append(Piece(float(knots[0]), float(knots[-1]), field.requires_grad_(False)))
    assert first is not None
    return Trajectory(latents, times, space, first, pieces)


def _borders(count: int, chunk: int) -> list[int]:
    """Return the frames at which pieces begin and end, of even length, at most `chunk` intervals."""
    number = math.ceil((count - 1) / chunk)
    return [round(index * (count - 1) / number) for index in range(number + 1)]


def _target(
    states: Tensor,
    times: Tensor,
    low: int,
    high: int,
    options: FitOptions,
    start: Tensor | None,
) -> Target:
    seen = slice(max(0, low - _CONTEXT), high + 1 + _CONTEXT)
    smoothing = options.smoothing == "auto"
    path = SmoothPath.through(times[seen], states[seen], smoothing=smoothing)
    knots = times[low : high + 1]
    on_path = path.value(knots[:1])[0].float()
    jump = torch.zeros_like(on_path) if start is None else start[0] - on_path
    return Target(path, knots, jump)


def _field(rank: int, knots: Tensor, options: FitOptions, noise: torch.Generator) -> MLPField:
    """Make a field whose first weights come from `noise`, whatever the global generator."""
    with torch.random.fork_rng():
        torch.manual_seed(int(torch.randint(2**31, (), generator=noise)))
        return MLPField(
            rank,
            float(knots[0]),
            float(knots[-1]),
            width=options.width,
            depth=options.depth,
            waves=min(len(knots), _MOST_WAVES),
            autonomous=options.autonomous,
        )


def _refine(
    field: MLPField,
    target: Target,
    steps: int,
    noise: torch.Generator,
    pictures: PictureLoss | None,
    term: PictureTerm | None,
) -> None:
    every, frames = (pictures.every, pictures.frames) if pictures else (1, 0)
    shoot(field, target, steps=steps, noise=noise, pictures=term, every=every, frames=frames)


def _picture_term(
    pictures: PictureLoss | None, space: DynamicSpace, w: Tensor, low: int
) -> PictureTerm | None:
    if pictures is None:
        return None

    def term(states: Tensor, knots: Tensor) -> Tensor:
        frames = knots.to(w.device) + low
        return pictures(space.decode(states) + space.residual(w[frames]), frames)

    return term
