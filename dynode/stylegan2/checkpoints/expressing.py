"""What stands between a network and a layout: refuse what the layout has no room for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode.weights.refusals import unsupported

if TYPE_CHECKING:
    from torch import Tensor


def refuse_inexpressible(path: Path, layout: str, found: list[str]) -> None:
    """Refuse to write what would be lost.

    Raises:
        UnsupportedCheckpointError: `found` is not empty.
    """
    if found:
        raise unsupported(
            path,
            f"the {layout} layout cannot express {', '.join(dict.fromkeys(found))}",
            "write the dynode layout (.safetensors) instead",
        )


def mean_row(path: Path, layout: str, mean: Tensor) -> Tensor:
    """Return the mean code as one row, (w_dim,).

    Raises:
        UnsupportedCheckpointError: It differs from row to row.
    """
    rows = mean.detach().cpu().reshape(-1, mean.shape[-1])
    if not bool((rows == rows[:1]).all()):
        refuse_inexpressible(path, layout, [f"a mean code of {len(rows)} different rows"])
    return rows[0].clone()
