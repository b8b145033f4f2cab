"""Integrate fields: forwards and backwards, across pieces, with every evaluation counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.dynamics.field import Field
from dynode.errors import OptionError

METHODS = ("dopri5", "rk4", "dopri8", "bosh3", "midpoint", "euler")
_Velocity = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Solver:
    """How to integrate.

    Attributes:
        method: A method of torchdiffeq, one of `METHODS`.
        rtol: Relative tolerance of adaptive methods.
        atol: Absolute tolerance of adaptive methods, in state units.
        step: Step of the fixed-step methods in units of time; None steps from one asked time to the
            next.
    """

    method: str = "dopri5"
    rtol: float = 1e-5
    atol: float = 1e-6
    step: float | None = None

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise OptionError(
                f"solver is {self.method!r}; expected one of {', '.join(METHODS)}; dopri5 suits most"
            )


@dataclass(frozen=True, eq=False)
class Piece:
    """A field and the times it is for.

    Attributes:
        begin: First time.
        end: Last time, where the next piece begins.
        field: The field; the first and last one also serve the times before and after the clip.
    """

    begin: float
    end: float
    field: Field


@dataclass(frozen=True, eq=False)
class Solution:
    """States at the asked times.

    Attributes:
        states: (times, n, rank), in the order the times were asked.
        evaluations: Calls of a field.
    """

    states: Tensor
    evaluations: int


def solve(
    pieces: Sequence[Piece],
    start: Tensor,
    start_time: float,
    times: Tensor,
    solver: Solver | None = None,
) -> Solution:
    """Integrate from one state to the states at any times.

    Args:
        pieces: Fields with the times they are for, in order.
        start: (n, rank) states at `start_time`.
        start_time: Any real time.
        times: (m,) any real times, before or after `start_time`, in any order.
        solver: Method and tolerances.
    """
    return _solved(pieces, lambda field: field, start, start_time, times, solver or Solver())


def solve_tangent(
    pieces: Sequence[Piece],
    start: Tensor,
    offset: Tensor,
    start_time: float,
    times: Tensor,
    solver: Solver | None = None,
) -> tuple[Solution, Tensor]:
    """Integrate states together with small offsets: the flow and its derivative along them.

    Args:
        pieces: Fields with the times they are for, in order.
        start: (n, rank) states at `start_time`.
        offset: (n, rank) offsets at `start_time`.
        start_time: Any real time.
        times: (m,) any real times.
        solver: Method and tolerances.

    Returns:
        The solution of the states, and the offsets (m, n, rank) pushed through the Jacobian of the
        flow.
    """
    n = len(start)
    joined = torch.cat([start, offset])
    found = _solved(pieces, _variational, joined, start_time, times, solver or Solver())
    return Solution(found.states[:, :n], found.evaluations), found.states[:, n:]


def _variational(field: Field) -> _Velocity:
    def velocity(time: Tensor, joined: Tensor) -> Tensor:
        state, offset = joined.chunk(2)
        return torch.cat(_with_derivative(lambda at: field(time, at), state, offset))

    return velocity


def _with_derivative(
    function: Callable[[Tensor], Tensor], at: Tensor, along: Tensor
) -> tuple[Tensor, Tensor]:
    """Return a function's value and its derivative along a direction: two backward passes.

    Forward-mode differentiation would be one pass, but torch's emits warnings about itself.
    """
    with torch.enable_grad():
        at = at.detach().requires_grad_(True)
        value = function(at)
        weights = torch.zeros_like(value, requires_grad=True)
        (pulled,) = torch.autograd.grad(value, at, weights, create_graph=True)
        (pushed,) = torch.autograd.grad(pulled, weights, along, allow_unused=True)
    return value.detach(), torch.zeros_like(value) if pushed is None else pushed.detach()


def _solved(
    pieces: Sequence[Piece],
    velocity_of: Callable[[Field], _Velocity],
    start: Tensor,
    start_time: float,
    times: Tensor,
    solver: Solver,
) -> Solution:
    wanted = times.detach().double().cpu().contiguous()  # searchsorted warns of strides
    asked = torch.tensor(sorted(set(wanted.tolist())), dtype=torch.float64)
    order = torch.searchsorted(asked, wanted)
    legs = (asked[asked >= start_time], asked[asked < start_time].flip(0))
    forwards, first = _leg(pieces, velocity_of, start, start_time, legs[0], solver)
    backwards, second = _leg(
        list(reversed(pieces)), velocity_of, start, start_time, legs[1], solver
    )
    states = torch.stack([*reversed(backwards), *forwards])
    return Solution(states[order.to(states.device)], first + second)


def _leg(
    pieces: Sequence[Piece],
    velocity_of: Callable[[Field], _Velocity],
    start: Tensor,
    start_time: float,
    times: Tensor,
    solver: Solver,
) -> tuple[list[Tensor], int]:
    """Go through the pieces in one direction; `times` run away from `start_time`."""
    if not len(times):
        return [], 0
    sign = 1.0 if times[-1] >= start_time else -1.0
    left = [float(time) for time in times]
    states, count = list[Tensor](), 0
    now, state = float(start_time), start
    for index, piece in enumerate(pieces):
        border = piece.end if sign > 0 else piece.begin
        if index == len(pieces) - 1:
            border = sign * float("inf")
        if sign * now >= sign * border:
            continue
        inside = [time for time in left if sign * time <= sign * border]
        left = left[len(inside) :]
        stops = list(dict.fromkeys([now, *inside, *([border] if left else [])]))
        velocity = _Counted(velocity_of(piece.field))
        path = _integrated(velocity, state, stops, solver)
        states += [path[stops.index(time)] for time in inside]
        count += velocity.calls
        now, state = stops[-1], path[-1]
        if not left:
            break
    return states, count


def _integrated(velocity: _Velocity, state: Tensor, times: list[float], solver: Solver) -> Tensor:
    if len(times) == 1:
        return state[None]
    from torchdiffeq import odeint

    grid = torch.tensor(times, dtype=torch.float64, device=state.device)
    options = {} if solver.step is None else {"step_size": solver.step}
    tolerances = {"rtol": solver.rtol, "atol": solver.atol}
    path: Tensor = odeint(
        velocity, state, grid, method=solver.method, options=options, **tolerances
    )
    return path


class _Counted:
    """A velocity that counts its calls."""

    def __init__(self, velocity: _Velocity) -> None:
        self.velocity = velocity
        self.calls = 0

    def __call__(self, time: Tensor, state: Tensor) -> Tensor:
        self.calls += 1
        return self.velocity(time, state)
