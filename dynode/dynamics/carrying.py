"""Edit the first frame and let the trajectory carry the edit."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.dynamics.integrate import Solver, solve, solve_tangent
from dynode.dynamics.modes import MODES, Mode
from dynode.dynamics.trajectory import Rollout, Trajectory
from dynode.errors import UnknownNameError
from dynode.latents.latents import Latents


def carry(
    trajectory: Trajectory,
    first: Latents,
    edited: Latents,
    times: Tensor,
    *,
    mode: Mode = "transport",
    solver: Solver | None = None,
    keep_residual: bool = True,
) -> Rollout:
    """Carry an edit of the first frame through the clip.

    The part of the edit that the dynamic space does not span never touches the motion and is added to
    every frame; the part inside the space is carried by the mode:

    - `transport` adds it unchanged to every state;
    - `reintegrate` integrates the same field from the edited start, as the paper does;
    - `tangent` pushes it through the Jacobian of the flow, the linear part of `reintegrate`.

    Args:
        trajectory: The fitted clip.
        first: Latents of its first frame, one picture.
        edited: The same after the edit, which may be of any space: StyleSpace and parameter-space
            offsets are added to every frame as they are.
        times: (m,) any real times.
        mode: One of `MODES`.
        solver: Method and tolerances.
        keep_residual: See `Trajectory.rollout`.

    Returns:
        The edited clip; with `edited` equal to `first`, that of `Trajectory.rollout`.

    Raises:
        UnknownNameError: There is no such mode.
    """
    if mode not in MODES:
        raise UnknownNameError("mode of carrying an edit", mode, MODES)
    trajectory.warn_outside(times)
    with torch.no_grad():
        delta = edited.w - first.w
        inside = trajectory.space.encode_offset(delta)
        outside = delta - trajectory.space.decode_offset(inside)
        states, evaluations = _states(trajectory, inside, times, mode, solver)

    def ride(latents: Latents) -> Latents:
        return _with_offsets(latents.with_w(latents.w + outside), first, edited)

    return Rollout(trajectory, times, states, evaluations, keep_residual, ride)


def _states(
    trajectory: Trajectory, inside: Tensor, times: Tensor, mode: Mode, solver: Solver | None
) -> tuple[Tensor, int]:
    pieces, start, begin = trajectory.pieces, trajectory.start, trajectory.begin
    if mode == "reintegrate":
        solution = solve(pieces, start + inside, begin, times, solver)
        return solution.states[:, 0], solution.evaluations
    if mode == "tangent":
        solution, pushed = solve_tangent(pieces, start, inside, begin, times, solver)
        return (solution.states + pushed)[:, 0], solution.evaluations
    solution = solve(pieces, start, begin, times, solver)
    return solution.states[:, 0] + inside, solution.evaluations


def _with_offsets(moved: Latents, first: Latents, edited: Latents) -> Latents:
    """Add to every frame what the edit added to the first frame's other offsets."""
    count = len(moved)
    added = {
        name: part - first.styles[name] if name in first.styles else part
        for name, part in edited.styles.items()
    }
    moved = moved.add_styles({name: part.expand(count, -1) for name, part in added.items()})
    for offset in edited.weights:
        before = next((known for known in first.weights if known.is_like(offset)), None)
        amount = offset.coefficients
        if before is not None:
            amount = amount - before.coefficients
        if bool(amount.any()):
            moved = moved.add_weights(offset.with_coefficients(amount.expand(count, -1)))
    return moved
