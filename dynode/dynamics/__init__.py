"""A clip as one trajectory: dynamic space, field, fit, rollout, editing modes, baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.dynamics.fit import fit_trajectory
    from dynode.dynamics.settings import FitOptions
    from dynode.dynamics.trajectory import Trajectory

__all__ = [
    "FitOptions",
    "Trajectory",
    "fit_trajectory",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "FitOptions": "dynode.dynamics.settings",
        "Trajectory": "dynode.dynamics.trajectory",
        "fit_trajectory": "dynode.dynamics.fit",
    },
)
