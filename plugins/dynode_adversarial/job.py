"""What one training is given beside its options."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch


@dataclass(frozen=True)
class TrainingJob:
    """What a generator is trained on, and where.

    Attributes:
        data: Folder or zip file of pictures or clips, at any depth; see `dynode_data`.
        folder: Where the run keeps its state, log, samples and snapshots.
        start: Generator to start from, by name or file.
        seed: Seed of everything random.
        device: Where to compute.
        until: Stop after so many steps, to be continued later; no output is written then.
    """

    data: str
    folder: Path
    start: str | None = None
    seed: int = 0
    device: torch.device = torch.device("cpu")
    until: int | None = None
