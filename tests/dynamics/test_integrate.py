"""The integrator, against matrix exponentials."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode.dynamics.field import Field, MLPField
from dynode.dynamics.integrate import METHODS, Piece, Solver, solve, solve_tangent
from dynode.errors import OptionError

TIGHT = Solver(rtol=1e-9, atol=1e-10)


class Linear(Field):
    """d state / dt = state @ matrix."""

    def __init__(self, matrix: Tensor) -> None:
        super().__init__()
        self.matrix = matrix

    def forward(self, time: Tensor, state: Tensor) -> Tensor:
        return state @ self.matrix

    def config(self) -> dict[str, object]:
        return {}

    @classmethod
    def shapes(cls, config: object) -> dict[str, tuple[int, ...]]:
        return {}


ROTATION = torch.tensor([[0.1, 1.0], [-1.0, 0.0]], dtype=torch.float64)
SHRINKING = torch.tensor([[-0.5, 0.0], [0.3, -0.2]], dtype=torch.float64)
START = torch.tensor([[1.0, 0.5]], dtype=torch.float64)


def flow(matrix: Tensor, duration: float) -> Tensor:
    return torch.linalg.matrix_exp(matrix * duration)


def test_states_come_in_the_order_the_times_were_asked_forwards_and_backwards() -> None:
    times = torch.tensor([2.0, -1.5, 0.0, 0.7, 2.0], dtype=torch.float64)

    found = solve([Piece(0, 1, Linear(ROTATION))], START, 0.0, times, TIGHT)

    wanted = torch.stack([START @ flow(ROTATION, float(t)) for t in times])
    torch.testing.assert_close(found.states, wanted, atol=1e-7, rtol=1e-7)  # tolerance times span
    assert found.evaluations > 0


def test_each_piece_follows_its_own_field_and_starts_where_the_last_ended() -> None:
    pieces = [Piece(0, 1, Linear(ROTATION)), Piece(1, 2, Linear(SHRINKING))]
    times = torch.tensor([0.5, 1.0, 1.25, 3.0], dtype=torch.float64)

    found = solve(pieces, START, 0.0, times, TIGHT).states[:, 0]

    joint = START @ flow(ROTATION, 1.0)
    wanted = [START @ flow(ROTATION, 0.5), joint]
    wanted += [joint @ flow(SHRINKING, 0.25), joint @ flow(SHRINKING, 2.0)]
    torch.testing.assert_close(found, torch.cat(wanted), atol=1e-7, rtol=1e-7)


def test_going_back_from_the_end_arrives_at_the_start() -> None:
    pieces = [Piece(0, 1, Linear(ROTATION)), Piece(1, 2, Linear(SHRINKING))]
    end = solve(pieces, START, 0.0, torch.tensor([2.0]), TIGHT).states[0]

    back = solve(pieces, end, 2.0, torch.tensor([0.0]), TIGHT).states[0]

    torch.testing.assert_close(back, START, atol=1e-7, rtol=1e-7)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_solves(method) -> None:
    solver = (
        Solver(method, step=0.001) if method in ("euler", "midpoint", "rk4") else Solver(method)
    )

    found = solve([Piece(0, 1, Linear(ROTATION))], START, 0.0, torch.tensor([1.0]), solver)

    # Euler at a step of 1e-3 is the coarsest
    torch.testing.assert_close(found.states[0], START @ flow(ROTATION, 1.0), atol=2e-3, rtol=0)


def test_an_offset_is_pushed_through_the_jacobian_of_the_flow() -> None:
    pieces = [Piece(0, 1, Linear(ROTATION)), Piece(1, 2, Linear(SHRINKING))]
    offset = torch.tensor([[0.2, -3.0]], dtype=torch.float64)

    _, pushed = solve_tangent(pieces, START, offset, 0.0, torch.tensor([1.5]), TIGHT)

    wanted = offset @ flow(ROTATION, 1.0) @ flow(SHRINKING, 0.5)
    torch.testing.assert_close(pushed[0], wanted, atol=1e-7, rtol=1e-7)


def test_the_tangent_of_a_network_is_the_limit_of_two_rollouts() -> None:
    torch.manual_seed(0)
    pieces = [Piece(0, 3, MLPField(2, 0, 3, width=16, waves=2).double())]
    offset, times = torch.tensor([[0.3, -0.4]], dtype=torch.float64), torch.tensor([3.0])
    step = 1e-4

    _, pushed = solve_tangent(pieces, START, offset, 0.0, times, TIGHT)
    ahead = solve(pieces, START + step * offset, 0.0, times, TIGHT).states
    behind = solve(pieces, START - step * offset, 0.0, times, TIGHT).states

    torch.testing.assert_close(pushed, (ahead - behind) / (2 * step), atol=1e-5, rtol=1e-4)


def test_gradients_flow_through_the_solver() -> None:
    matrix = ROTATION.clone().requires_grad_(True)

    solve([Piece(0, 1, Linear(matrix))], START, 0.0, torch.tensor([1.0])).states.sum().backward()

    assert matrix.grad is not None and matrix.grad.abs().sum() > 0


def test_an_unknown_solver_is_refused() -> None:
    with pytest.raises(OptionError, match="solver is 'rk99'"):
        Solver("rk99")
