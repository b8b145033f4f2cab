"""How good a trajectory is, beside what anybody would do without one."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dynode.dynamics.baselines import BASELINES, interpolate_codes
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.integrate import Solver
from dynode.dynamics.settings import FitOptions
from dynode.dynamics.trajectory import Trajectory
from dynode.latents.latents import Latents
from dynode.plugins.methods import Progress, silent

_LONGEST_CHECK = 97  # frames; a held-out check of a long clip looks at its beginning only
_PART = 64  # frames measured at once, so that a long clip needs no second copy of its codes


@dataclass(frozen=True)
class CodeError:
    """Distance of codes from the true ones.

    Attributes:
        mse: Mean squared difference over all entries.
        relative: Frobenius norm of the difference over that of the true codes.
    """

    mse: float
    relative: float

    @staticmethod
    def of(predicted: Tensor, true: Tensor) -> CodeError:
        """Measure codes (n, num_layers, w_dim)."""
        wrong = size = 0.0
        for found, wanted in zip(predicted.split(_PART), true.split(_PART), strict=True):
            wrong += float((found.double() - wanted.double()).square().sum())
            size += float(wanted.double().square().sum())
        return CodeError(wrong / max(1, true.numel()), math.sqrt(wrong / max(size, 1e-24)))


@dataclass(frozen=True)
class TrajectoryReport:
    """What a trajectory reaches.

    Attributes:
        frames: Observed frames.
        rank: Components of the dynamic space.
        observed: Error of the equation alone at the observed times, one rollout from the first.
        roughness: Mean acceleration of the trajectory's codes at the observed times over that of the
            observed codes; below 1 is smoother.
        evaluations: Calls of the field in that rollout.
        fit_s: Seconds of the fit.
        held_out: Error at frames that were left out (every second one), by method: `ode` and the
            baselines; empty if nothing was left out.
        held_out_frames: How many.
    """

    frames: int
    rank: int
    observed: CodeError
    roughness: float
    evaluations: int
    fit_s: float
    held_out: Mapping[str, CodeError] = field(default_factory=dict)
    held_out_frames: int = 0

    def document(self) -> dict[str, object]:
        """Return it as JSON values."""
        return dataclasses.asdict(self)


def measure(
    trajectory: Trajectory,
    *,
    fit_s: float = 0.0,
    check: bool = True,
    seed: int = 0,
    solver: Solver | None = None,
    progress: Progress = silent,
) -> TrajectoryReport:
    """Measure a trajectory on its own frames and, fitted again without every second, on those.

    Args:
        trajectory: The fitted clip.
        fit_s: Seconds its fit took.
        check: Fit again on every second frame; takes about half as long as the fit.
        seed: Seed of that fit.
        solver: Method and tolerances.
        progress: Called by that fit.
    """
    w = trajectory.observed.w
    rolled = trajectory.rollout(trajectory.times, solver=solver, keep_residual=False)
    codes = rolled.latents.w
    count = min(min(len(w), _LONGEST_CHECK) // 2 * 2 + len(w) % 2, len(w))
    is_checked = check and count >= 5
    held_out = _fitted_again(trajectory, count, seed, progress) if is_checked else {}
    return TrajectoryReport(
        frames=len(w),
        rank=trajectory.space.rank,
        observed=CodeError.of(codes, w),
        roughness=_roughness(codes, w),
        evaluations=rolled.evaluations,
        fit_s=round(fit_s, 3),
        held_out=held_out,
        held_out_frames=(count - 1) // 2 if held_out else 0,
    )


def held_out_errors(
    latents: Latents,
    times: Tensor,
    *,
    options: FitOptions | None = None,
    seed: int = 0,
    progress: Progress = silent,
) -> dict[str, CodeError]:
    """Fit to the frames of even index and measure at the odd ones between them.

    Returns:
        Errors of `ode` (one rollout from the first frame) and of each baseline.
    """
    seen = torch.arange(0, len(latents), 2, device=times.device)
    missing = torch.arange(1, len(latents) - 1, 2, device=times.device)
    true = latents.w[missing]
    fitted = fit_trajectory(
        latents[seen], times[seen], options=options, seed=seed, progress=progress
    )
    rolled = fitted.rollout(times[missing]).latents.w
    errors = {"ode": CodeError.of(rolled, true)}
    for how in BASELINES:
        drawn = interpolate_codes(latents.w[seen], times[seen], times[missing], how)
        errors[how] = CodeError.of(drawn, true)
    return errors


def timed_fit(
    latents: Latents,
    times: Tensor | None = None,
    *,
    options: FitOptions | None = None,
    seed: int = 0,
    fingerprint: str = "",
    progress: Progress = silent,
) -> tuple[Trajectory, float]:
    """Fit a trajectory and return it with the seconds that took."""
    began = time.perf_counter()
    fitted = fit_trajectory(
        latents,
        times,
        options=options,
        seed=seed,
        fingerprint=fingerprint,
        progress=progress,
    )
    return fitted, time.perf_counter() - began


def _fitted_again(
    trajectory: Trajectory, count: int, seed: int, progress: Progress
) -> dict[str, CodeError]:
    """Measure what a fit of every second of the first frames misses on the others."""
    names = {entry.name for entry in dataclasses.fields(FitOptions)}
    options = FitOptions(**{k: v for k, v in trajectory.options.items() if k in names})
    observed, times = trajectory.observed[:count], trajectory.times[:count]
    return held_out_errors(observed, times, options=options, seed=seed, progress=progress)


def _roughness(w: Tensor, reference: Tensor) -> float:
    def acceleration(codes: Tensor) -> float:
        total = 0.0
        for begin in range(0, len(codes) - 2, _PART):
            part = codes[begin : begin + _PART + 2].double().flatten(1)
            total += float(part.diff(n=2, dim=0).norm(dim=1).sum())
        return total / (len(codes) - 2)

    if len(w) < 3:
        return 1.0
    return acceleration(w) / max(acceleration(reference), 1e-12)
