"""A fitted clip: its space, its fields and its observed codes; the codes at any time."""

from __future__ import annotations

import copy
import dataclasses
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode.dynamics.baselines import interpolate_latents, neighbours
from dynode.dynamics.integrate import Piece, Solver, solve
from dynode.dynamics.space import DynamicSpace
from dynode.latents.latents import Latents


def _unchanged(latents: Latents) -> Latents:
    return latents


@dataclass(frozen=True, eq=False)
class Rollout:
    """States along a trajectory; their latents are made when they are asked for.

    Attributes:
        trajectory: The trajectory.
        times: (m,) the asked times.
        states: (m, rank).
        evaluations: Calls of the field.
        keep_residual: See `Trajectory.rollout`.
        edit: What is done to the latents of each time, for a carried edit.
    """

    trajectory: Trajectory
    times: Tensor
    states: Tensor
    evaluations: int
    keep_residual: bool = True
    edit: Callable[[Latents], Latents] = _unchanged

    def __len__(self) -> int:
        """Count the asked times."""
        return len(self.times)

    @property
    def latents(self) -> Latents:
        """The latents of all times."""
        return self.part(0, len(self))

    def part(self, begin: int, end: int) -> Latents:
        """Make the latents of some of the times."""
        plain = self.trajectory.latents_of(
            self.states[begin:end], self.times[begin:end], keep_residual=self.keep_residual
        )
        return self.edit(plain)


@dataclass(frozen=True, eq=False, repr=False)
class Trajectory:
    """A clip as one solution of an ordinary differential equation.

    Attributes:
        observed: The latents the trajectory was fitted to.
        times: (n,) float64, their times, increasing.
        space: Between codes and states.
        start: (1, rank), the state at the first time; everything else follows from it.
        pieces: Fields with the times they are for.
        fingerprint: Fingerprint of the generator; empty for any.
        options: How it was fitted, as plain JSON values.
    """

    observed: Latents
    times: Tensor
    space: DynamicSpace
    start: Tensor
    pieces: Sequence[Piece]
    fingerprint: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)  # JSON values

    def __repr__(self) -> str:
        """Say what it is fitted to, in a line."""
        span = f"{self.begin:g} to {self.end:g}"
        return f"Trajectory({len(self.observed)} codes, times {span}, rank {self.start.shape[1]})"

    @property
    def begin(self) -> float:
        """First observed time."""
        return float(self.times[0])

    @property
    def end(self) -> float:
        """Last observed time."""
        return float(self.times[-1])

    def rollout(
        self, times: Tensor, *, solver: Solver | None = None, keep_residual: bool = True
    ) -> Rollout:
        """Return the latents at any real times.

        Args:
            times: (m,) in any order; outside the observed times the field goes on as it was at the
                end, and a warning says so.
            solver: Method and tolerances.
            keep_residual: Add what the space does not span, interpolated linearly between frames;
                without it the result is the equation's alone. StyleSpace and parameter-space
                offsets of the observed frames are interpolated in any case.

        Returns:
            States at the m times, and their latents.
        """
        self.warn_outside(times)
        with torch.no_grad():
            solution = solve(self.pieces, self.start, self.begin, times, solver)
        states = solution.states[:, 0]
        return Rollout(self, times, states, solution.evaluations, keep_residual)

    def latents_of(self, states: Tensor, times: Tensor, *, keep_residual: bool = True) -> Latents:
        """Return the latents of states (m, rank) at their times (m,)."""
        w = self.space.decode(states)
        if keep_residual:
            w = w + self.residual_at(times)
        return interpolate_latents(self.observed, self.times, times).with_w(w)

    def residual_at(self, times: Tensor) -> Tensor:
        """Return what the space does not span (m, num_layers, w_dim), interpolated linearly."""
        before, after, amount = neighbours(self.times, times)
        first = self.space.residual(self.observed.w[before])
        second = self.space.residual(self.observed.w[after])
        return torch.lerp(first, second, amount.to(first).reshape(-1, 1, 1))

    def warn_outside(self, times: Tensor) -> None:
        """Warn of times before the first or behind the last observed one."""
        low, high = float(times.min()), float(times.max())
        slack = 1e-9 * max(1.0, abs(self.end))
        if low < self.begin - slack or high > self.end + slack:
            warnings.warn(
                f"times from {low:g} to {high:g} go beyond the fitted ones, {self.begin:g} to "
                f"{self.end:g}; what lies outside is extrapolated",
                stacklevel=3,
            )

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Trajectory:
        """Move everything to a device or type; times stay float64."""
        space = dataclasses.replace(
            self.space,
            mean=self.space.mean.to(device, dtype),
            scale=self.space.scale.to(device, dtype),
            basis=None if self.space.basis is None else self.space.basis.to(device, dtype),
        )
        return dataclasses.replace(
            self,
            observed=self.observed.to(device, dtype),
            times=self.times.to(device),
            space=space,
            start=self.start.to(device, dtype),
            pieces=[
                Piece(piece.begin, piece.end, copy.deepcopy(piece.field).to(device, dtype))
                for piece in self.pieces
            ],
        )

    def save(self, path: str | Path) -> None:
        """Write one safetensors file."""
        from dynode.dynamics.trajectory_file import save_trajectory

        save_trajectory(self, Path(path))

    @staticmethod
    def load(path: str | Path, *, fingerprint: str = "") -> Trajectory:
        """Read what `save` wrote.

        Args:
            path: Where from.
            fingerprint: Fingerprint of the generator it is for; empty to skip the check.

        Raises:
            CorruptCheckpointError: The file is no trajectory file.
            GeneratorMismatchError: It belongs to another generator.
        """
        from dynode.dynamics.trajectory_file import read_trajectory

        return read_trajectory(Path(path), fingerprint)
