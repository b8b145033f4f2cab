"""How a motion sets off and arrives; importing this imports nothing heavy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

# From shares of the time, 0 to 1, to shares of the motion.
EASES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda t: t,
    "smooth": lambda t: t * t * (3 - 2 * t),
    "in": lambda t: t * t,
    "out": lambda t: t * (2 - t),
}
