"""The released demo, exactly: its training loop, for comparison."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from dynode.dynamics.field import PublishedField
from dynode.dynamics.integrate import Piece, Solver, solve
from dynode.plugins.methods import Progress, silent

EXACT = Solver("dopri5", rtol=1e-7, atol=1e-9)
RELAXED = Solver("dopri5", rtol=1e-4, atol=1e-5)  # what training to the end can afford on a CPU

_PER_STEP = 5
_LAZINESS = 4 / 5
_RATE = 2e-4 * _LAZINESS
_BETAS = (0.0, 0.99**_LAZINESS)


def published_optimizer(field: PublishedField) -> torch.optim.Adam:
    """Return the optimiser of the demo."""
    return torch.optim.Adam(field.parameters(), lr=_RATE, betas=_BETAS)


def published_step(
    field: PublishedField,
    optimizer: torch.optim.Optimizer,
    w: Tensor,
    times: Sequence[float],
    solver: Solver = EXACT,
) -> float:
    """Make one training step: roll out from the first of some frames, compare with the others.

    Args:
        field: Modified in place.
        optimizer: Of the field's parameters.
        w: (k, num_layers, w_dim) codes of the frames.
        times: Their times, increasing.
        solver: Method and tolerances; gradients go through its steps.

    Returns:
        The loss before the step.
    """
    when = torch.tensor(times, dtype=torch.float64)
    pieces = [Piece(times[0], times[-1], field)]
    states = solve(pieces, w[:1].flatten(1), times[0], when, solver).states
    loss = (states[:, 0] - w.flatten(1)).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def train_published(
    w: Tensor,
    times: Sequence[float],
    *,
    iterations: int,
    seed: int = 0,
    solver: Solver = EXACT,
    depth: int = 5,
    progress: Progress = silent,
) -> PublishedField:
    """Train the field of the demo the way the demo does.

    Args:
        w: (n, num_layers, w_dim), n at least 5 for the published draw.
        times: (n,) increasing; the demo takes the index of the frame.
        iterations: 20000 by default in the demo, whose test reads the state after 2000.
        seed: The weights and draws are those of the demo after seeding torch and numpy with it.
        solver: The demo's are `EXACT`.
        depth: Number of linear layers.
        progress: Called after every iteration.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        field = PublishedField(w.shape[1], w.shape[2], depth).to(w)
    draws = np.random.RandomState(seed)
    optimizer = published_optimizer(field)
    count = min(_PER_STEP, len(w))
    for iteration in range(iterations):
        drawn = sorted(draws.choice(len(w), count, replace=False).tolist())
        loss = published_step(field, optimizer, w[drawn], [times[i] for i in drawn], solver)
        progress(iteration + 1, iterations, f"loss {loss:.3f}")
    return field
