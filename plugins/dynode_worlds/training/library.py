"""The ready directions of a world: which there are, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dynode.errors import UsageError


@dataclass(frozen=True)
class Ready:
    """A direction of the library.

    Attributes:
        name: What users type.
        factor: The factor it moves.
        is_lowering: Strength 1 lowers the factor.
    """

    name: str
    factor: str
    is_lowering: bool = False


def choose_ready(library: Sequence[Ready], names: Sequence[str]) -> list[Ready]:
    """Return the directions of these names, or all without any.

    Raises:
        UsageError: One of the names is none of the library.
    """
    known = [ready.name for ready in library]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise UsageError(
            f"no ready direction is called {unknown[0]!r}; expected some of {', '.join(known)}"
        )
    return [ready for ready in library if ready.name in (names or known)]
