"""The latent ODE and what anybody would do without it, on clips of a world whose truth is known."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from dynode.dynamics import (
    BASELINES,
    MODES,
    FitOptions,
    Trajectory,
    carry,
    fit_trajectory,
    interpolate_codes,
)
from dynode.generator import Generator, loaded
from dynode.latents import Latents
from dynode.plugins import Progress, silent
from dynode_bench.comparison import Comparison, Row
from dynode_bench.variant import Budget
from dynode_bench.world import World
from dynode_encoders.training import psnr

_CLIPS = {"small": 3, "full": 12}
_FRAMES, _EVERY = 24, 2  # frames that are seen, of twice as many moments
_SEED = 95_000
_FEWEST_FRAMES_A_S = 15.0

Figures = dict[str, float]


def bench_dynamics(
    generator: Generator | str | Path | None = None,
    *,
    attributes: Sequence[str] = (),
    budget: Budget = "small",
    seed: int = 0,
    device: str | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare the latent ODE with interpolation and with edits of every frame, where the truth is known.

    *Between*: the codes of every second moment of a clip are given, the others are drawn and compared with
    the truth. *Edit*: the first frame is edited along the world's own axis of each attribute by one
    deviation, the edit is carried through the clip, and every frame is compared with the clip in which that
    attribute is another one. Codes are the world's own.

    Args:
        generator: One whose scorer knows the world behind it; the bundled one if absent.
        attributes: Attributes that are edited; the first two that the scorer has texts for if empty.
        budget: `small`: 3 clips of 24 frames; `full`: 12.
        seed: Seed of everything random; the same seed gives the same figures but the seconds.
        device: Where to compute.
        progress: Called after every clip.

    Raises:
        UnknownNameError: No such attribute.
        MissingWeightsError: Nobody knows the world behind the generator.
    """
    drawing = loaded(generator, device=device)
    world = World.of(drawing, list(attributes), pictures=_CLIPS[budget], seed=seed)
    edited = list(world.attributes) if attributes else list(world.attributes)[:2]
    fps = min(world.truth.fps, _FEWEST_FRAMES_A_S)
    found = _measured(world, edited, fps, progress)
    spec = {k: v for k, v in world.spec(budget).items() if k != "pictures"}
    told = f"{world.pictures} of {_FRAMES} frames, {fps:g} frames a second, codes of the world"
    rows = [_row(task, method, figures) for (task, method), figures in found.items()]
    across = ("method", "seconds", "attribute error (σ)")
    return Comparison("dynamics", spec | {"clips": told}, rows, across)


def _measured(
    world: World, edited: Sequence[str], fps: float, progress: Progress
) -> dict[tuple[str, str], list[Figures]]:
    """Try everything on every clip: figures by task and method."""
    moments = torch.arange(_FRAMES * _EVERY - 1, dtype=torch.float64) / (fps * _EVERY)
    found: dict[tuple[str, str], list[Figures]] = {}
    for index in range(world.pictures):
        shown = world.truth.clips(world.pictures, moments, seed=_SEED + world.seed)[index]
        clip = _Clip(world, shown, moments)
        for key, figures in (*clip.between(), *clip.edits(edited)):
            found.setdefault(key, []).append(figures)
        progress(index + 1, world.pictures, "clips")
    return found


@dataclass(frozen=True)
class _Clip:
    """One clip: what it shows at every moment, of which every second one is a frame."""

    world: World
    shown: Tensor
    moments: Tensor
    _fits: dict[str, tuple[Trajectory, float]] = field(default_factory=dict)

    @property
    def times(self) -> Tensor:
        return self.moments[::_EVERY]

    def codes(self, attributes: Tensor) -> Latents:
        info = self.world.generator.info
        w = self.world.truth.codes(attributes)[:, None].repeat(1, info.num_layers, 1)
        return Latents(w.to(self.world.generator.device))

    def fitted(self, smoothing: str) -> tuple[Trajectory, float]:
        if smoothing not in self._fits:
            started = time.process_time()
            frames, options = self.codes(self.shown[::_EVERY]), FitOptions(smoothing=smoothing)
            found = fit_trajectory(frames, self.times, options=options, seed=self.world.seed)
            self._fits[smoothing] = (found, time.process_time() - started)
        return self._fits[smoothing]

    def between(self) -> list[tuple[tuple[str, str], Figures]]:
        """Draw the moments that were not given."""
        wanted = self.moments[1::_EVERY]
        truth = self.shown[1::_EVERY]
        frames = self.codes(self.shown[::_EVERY])
        found = []
        for smoothing in ("none", "auto"):
            trajectory, seconds = self.fitted(smoothing)
            latents = trajectory.rollout(wanted).latents
            found.append((f"ode, smoothing {smoothing}", latents, seconds))
        for how in BASELINES:
            w = interpolate_codes(frames.w, self.times, wanted, how)
            found.append((how, Latents(w), 0.0))
        return [
            (("between", name), self.compared(latents, truth) | {"seconds": seconds})
            for name, latents, seconds in found
        ]

    def edits(self, attributes: Sequence[str]) -> list[tuple[tuple[str, str], Figures]]:
        """Carry an edit of the first frame through the clip."""
        trajectory, fit_s = self.fitted("none")
        found = []
        for name in attributes:
            column = self.world.model.model.attributes.index(name)
            step = -self.world.model.model.deviations[column] * self.shown[0, column].sign()
            truth = self.shown[::_EVERY].clone()
            truth[:, column] += step
            for way, (latents, own_s) in self._ways(trajectory, column, float(step)).items():
                seconds = own_s + (fit_s if way in MODES else 0.0)
                figures = self.compared(latents, truth, column) | {"seconds": seconds}
                found.append((("edit", way), figures))
        return found

    def _ways(
        self, trajectory: Trajectory, column: int, step: float
    ) -> Mapping[str, tuple[Latents, float]]:
        """Edit each frame, and the first frame in every mode."""
        truth = self.world.truth
        one = torch.zeros(1, self.shown.shape[1])
        one[0, column] = step
        axis = truth.codes(one) - truth.codes(torch.zeros_like(one))
        frames = self.codes(self.shown[::_EVERY])
        found = {
            "each frame": (frames.with_w(frames.w + axis[:, None].to(frames.w)), 0.0),
            "not edited": (frames, 0.0),
        }
        first = trajectory.observed[0]
        moved = first.with_w(first.w + axis[:, None].to(first.w))
        for mode in MODES:
            started = time.process_time()
            carried = carry(trajectory, first, moved, self.times, mode=mode).latents
            found[mode] = (carried, time.process_time() - started)
        return found

    def compared(self, latents: Latents, truth: Tensor, column: int | None = None) -> Figures:
        """Compare what is drawn with what the world shows."""
        generator, scorer = self.world.generator, self.world.model.model
        deviations = torch.tensor(scorer.deviations)
        shown = self.world.truth.draw(truth).to(generator.device)
        with torch.inference_mode():
            drawn = torch.cat([generator.synthesize(part) for part in _parts(latents)])
            off = (scorer.score(drawn) - scorer.score(shown)).abs().cpu() / deviations
        exact = self.codes(truth).w
        error = (latents.w - exact).square().mean() / exact.var()
        chosen = off if column is None else off[:, column : column + 1]
        return {
            "codes, share of variance": float(error),
            "attribute error (σ)": float(chosen.mean()),
            "all attributes (σ)": float(off.mean()),
            "PSNR (dB)": float(psnr(drawn, shown).mean()),
            "jitter": float(drawn.clamp(-1, 1).diff(n=2, dim=0).abs().mean()),
        }


def _parts(latents: Latents) -> list[Latents]:
    return [latents[start : start + 8] for start in range(0, len(latents), 8)]


def _row(task: str, method: str, figures: list[Figures]) -> Row:
    means = {name: sum(one[name] for one in figures) / len(figures) for name in figures[0]}
    return {"task": task, "method": method} | {
        name: float(f"{value:.4g}") for name, value in means.items()
    }
