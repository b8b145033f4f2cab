"""`dynode batch`: edit, invert, score or animate long lists, over local processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode_batch.asking import Running, batch
    from dynode_batch.driver import Report

__all__ = ["Report", "Running", "batch"]

__getattr__ = names_on_demand(
    __name__,
    {
        "Report": "dynode_batch.driver",
        "Running": "dynode_batch.asking",
        "batch": "dynode_batch.asking",
    },
)
