"""Generators that know how their weights are written."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable


@runtime_checkable
class WritesCheckpoint(Protocol):
    """The optional capability of a generator to write a checkpoint that its family reads."""

    def write_checkpoint(self, path: Path, *, force: bool = False) -> None:
        """Write it with what is known of it, as `.safetensors`.

        Raises:
            OutputExistsError: The file exists and `force` is off.
        """
        ...
