"""What a job wrote."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Written:
    """A file that was written.

    Attributes:
        path: The file.
        frames: Pictures drawn for it: of a video its frames, of a sheet its tiles.
    """

    path: Path
    frames: int
