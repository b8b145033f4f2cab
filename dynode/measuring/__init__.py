"""Measuring: figures of merit of generators, folders, zip files and clips, by the installed metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.measuring.figures import Figures
    from dynode.measuring.measurement import measure
    from dynode.measuring.opening import open_side
    from dynode.measuring.side import Drawing, Side

__all__ = [
    "Drawing",
    "Figures",
    "Side",
    "measure",
    "open_side",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "open_side": "dynode.measuring.opening",
        "Drawing": "dynode.measuring.side",
        "Figures": "dynode.measuring.figures",
        "Side": "dynode.measuring.side",
        "measure": "dynode.measuring.measurement",
    },
)
