"""What training runs share: a loop that can be stopped and continued, optimisers, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.training.memory import keep_freed_memory
    from dynode.training.muon import (
        MuonAdam,
        parameter_kinds,
    )
    from dynode.training.ranger import Ranger
    from dynode.training.run import (
        Run,
        cosine_rate,
        follow,
        generator_at,
        stored,
    )

__all__ = [
    "MuonAdam",
    "Ranger",
    "Run",
    "cosine_rate",
    "follow",
    "generator_at",
    "keep_freed_memory",
    "parameter_kinds",
    "stored",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "MuonAdam": "dynode.training.muon",
        "Ranger": "dynode.training.ranger",
        "Run": "dynode.training.run",
        "cosine_rate": "dynode.training.run",
        "follow": "dynode.training.run",
        "generator_at": "dynode.training.run",
        "keep_freed_memory": "dynode.training.memory",
        "parameter_kinds": "dynode.training.muon",
        "stored": "dynode.training.run",
    },
)
