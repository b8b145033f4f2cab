"""What a detector is: a network that describes pictures or clips, and what has to be told of it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from dynode_metrics.rows import Embed


@dataclass(frozen=True)
class Detector:
    """A loaded network.

    Attributes:
        name: What it is called.
        embed: Pictures (n, 3, h, w) in [-1, 1], or clips (n, T, 3, h, w), to features (n, d).
        told: What has to be told of it, by name.
    """

    name: str
    embed: Embed
    told: dict[str, str] = field(default_factory=dict)

    @property
    def spec(self) -> dict[str, str]:
        """Say what it is."""
        return {"detector": self.name, **self.told}

    @property
    def key(self) -> str:
        """What features depend on besides the items."""
        return repr(sorted(self.spec.items()))


def fingerprint(path: Path) -> str:
    """Return the first digits of the SHA-256 of a file, with its name."""
    with path.open("rb") as stream:
        return f"{path.name} (sha256 {hashlib.file_digest(stream, 'sha256').hexdigest()[:16]})"


def as_bytes(images: Tensor) -> Tensor:
    """Turn [-1, 1] into 8 bit, in any layout: what published detectors take."""
    return images.clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
