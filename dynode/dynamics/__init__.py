"""A clip as one trajectory: dynamic space, field, fit, rollout, editing modes, baselines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.dynamics.baselines import BASELINES, interpolate_codes
    from dynode.dynamics.carrying import carry
    from dynode.dynamics.fit import fit_trajectory
    from dynode.dynamics.modes import MODES
    from dynode.dynamics.settings import FitOptions
    from dynode.dynamics.trajectory import Trajectory

__all__ = [
    "BASELINES",
    "FitOptions",
    "MODES",
    "Trajectory",
    "carry",
    "fit_trajectory",
    "interpolate_codes",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "MODES": "dynode.dynamics.modes",
        "carry": "dynode.dynamics.carrying",
        "interpolate_codes": "dynode.dynamics.baselines",
        "BASELINES": "dynode.dynamics.baselines",
        "FitOptions": "dynode.dynamics.settings",
        "Trajectory": "dynode.dynamics.trajectory",
        "fit_trajectory": "dynode.dynamics.fit",
    },
)
