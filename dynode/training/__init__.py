"""What training runs share: a loop that can be stopped and continued, optimisers, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.training.events import EventFiles
    from dynode.training.memory import keep_freed_memory
    from dynode.training.muon import (
        MuonAdam,
        parameter_kinds,
    )
    from dynode.training.processes import Processes
    from dynode.training.ranger import Ranger
    from dynode.training.run import (
        Run,
        cosine_rate,
        follow,
        generator_at,
        stored,
    )
    from dynode.training.shared_norm import share_norms

__all__ = [
    "EventFiles",
    "MuonAdam",
    "Processes",
    "Ranger",
    "Run",
    "cosine_rate",
    "follow",
    "generator_at",
    "keep_freed_memory",
    "parameter_kinds",
    "share_norms",
    "stored",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "EventFiles": "dynode.training.events",
        "MuonAdam": "dynode.training.muon",
        "Processes": "dynode.training.processes",
        "Ranger": "dynode.training.ranger",
        "Run": "dynode.training.run",
        "cosine_rate": "dynode.training.run",
        "follow": "dynode.training.run",
        "generator_at": "dynode.training.run",
        "keep_freed_memory": "dynode.training.memory",
        "parameter_kinds": "dynode.training.muon",
        "share_norms": "dynode.training.shared_norm",
        "stored": "dynode.training.run",
    },
)
