"""Fit one field to one smooth path: match velocities first, then shoot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.dynamics.field import Field
from dynode.dynamics.path import SmoothPath, subdivided

PictureTerm = Callable[[Tensor, Tensor], Tensor]  # states (k, rank), indices of knots -> loss

_SAMPLES = 12  # velocities compared in each frame interval
_SUBSTEPS = 4  # Runge-Kutta steps in each frame interval
_SEGMENT = 8  # frame intervals of a shot
_MATCHING_RATE = 5e-3
_SHOOTING_RATE = 1e-3
_GOOD_ENOUGH = 0.01  # deviations: 1e-4 of the clip's variance


@dataclass(frozen=True, eq=False)
class Target:
    """The path a field has to follow: a smooth path, entered from where the last piece ended.

    Attributes:
        path: Prior on the path.
        knots: (n,) float64, the observed times of this piece.
        jump: (rank,) start of the piece minus the path there; it dies out within about one frame.
    """

    path: SmoothPath
    knots: Tensor
    jump: Tensor

    def at(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Return states and velocities (m, rank), float32."""
        fading = torch.exp(-(times - self.knots[0]) / self._fade)[:, None] * self.jump.double()
        states = self.path.value(times) + fading
        velocities = self.path.velocity(times) - fading / self._fade
        return states.float(), velocities.float()

    @property
    def _fade(self) -> float:
        return float(self.knots.diff().median())


def match_velocities(
    field: Field,
    target: Target,
    *,
    steps: int,
    tube: float,
    noise: torch.Generator,
    report: Callable[[int], None],
) -> None:
    """Fit the field to the velocities of the path and, around it, within the tube.

    Args:
        field: Modified in place.
        target: The path.
        steps: Steps of Adam, full batch, on a one-cycle schedule.
        tube: Standard deviation of the states' displacement; the velocity wanted beside the path is
            the one on it.
        noise: Random numbers.
        report: Called with the number of each step.
    """
    times = subdivided(target.knots, _SAMPLES)
    states, velocities = target.at(times)
    size = velocities.square().mean().clamp_min(1e-12)
    optimizer, schedule = _descent(field, steps, _MATCHING_RATE)
    for step in range(steps):
        displaced = states + tube * torch.randn(states.shape, generator=noise).to(states)
        loss = (field(times, displaced) - velocities).square().mean() / size
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        report(step + 1)


def shoot(
    field: Field,
    target: Target,
    *,
    steps: int,
    noise: torch.Generator,
    pictures: PictureTerm | None = None,
    every: int = 1,
    frames: int = 2,
) -> None:
    """Refine the field on short rollouts from points of the path, all segments at once.

    Args:
        field: Modified in place.
        target: The path.
        steps: Steps of Adam.
        noise: Random numbers.
        pictures: Loss on drawn frames, see `PictureLoss`.
        every: Steps from one use of `pictures` to the next.
        frames: Frames that are drawn each time.
    """
    count = len(target.knots) - 1
    length = min(_SEGMENT, count)
    begins = torch.tensor(sorted({*range(0, count - length + 1, length), count - length}))
    indices = begins[:, None] + torch.arange(length + 1)  # (segments, length + 1) knots
    states, _ = target.at(target.knots)
    wanted = states[indices.to(states.device)]
    optimizer, schedule = _descent(field, steps, _SHOOTING_RATE)
    for step in range(steps):
        found = _rollouts(field, wanted[:, 0], target.knots[indices.to(states.device)])
        loss = (found - wanted[:, 1:]).square().mean()
        if pictures is not None and step % every == 0:
            rows = torch.randperm(found[..., 0].numel(), generator=noise)[:frames]
            drawn = found.flatten(0, 1)[rows.to(found.device)]
            loss = loss + pictures(drawn, indices[:, 1:].flatten()[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()


def rollout_error(field: Field, target: Target) -> tuple[float, Tensor]:
    """Return the root mean square error of one rollout from the first knot, and its last state."""
    wanted, _ = target.at(target.knots)
    with torch.no_grad():
        found = _rollouts(field, wanted[:1], target.knots[None])[0]
    return float((found - wanted[1:]).square().mean().sqrt()), found[-1:]


def is_good_enough(error: float) -> bool:
    """Say whether a rollout error, in deviations, needs no refinement."""
    return error <= _GOOD_ENOUGH


def _rollouts(field: Field, starts: Tensor, knots: Tensor) -> Tensor:
    """Integrate segments side by side: starts (s, rank), knots (s, k + 1) -> (s, k, rank)."""
    states, state = list[Tensor](), starts
    for now, gap in zip(knots[:, :-1].T, knots.diff(dim=1).T, strict=True):
        step = (gap / _SUBSTEPS).to(torch.float64)
        for part in range(_SUBSTEPS):
            state = _runge_kutta(field, now + part * step, step, state)
        states.append(state)
    return torch.stack(states, 1)


def _runge_kutta(field: Field, time: Tensor, step: Tensor, state: Tensor) -> Tensor:
    h = step[:, None].to(state)
    first = field(time, state)
    second = field(time + step / 2, state + h / 2 * first)
    third = field(time + step / 2, state + h / 2 * second)
    fourth = field(time + step, state + h * third)
    mean: Tensor = (first + 2 * second + 2 * third + fourth) / 6
    return state + h * mean


def _descent(
    field: Field, steps: int, rate: float
) -> tuple[torch.optim.Adam, torch.optim.lr_scheduler.OneCycleLR]:
    optimizer = torch.optim.Adam(field.parameters(), lr=rate)
    # One more step than is taken: the schedule must not be asked beyond its end.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=steps + 1)
    return optimizer, schedule
