"""One side of a measurement: items that are read when they are asked for."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.media.images import fit_to


@dataclass(frozen=True)
class Drawing:
    """How items are drawn, and what is done to those that are read.

    Attributes:
        device: Where generators compute.
        seed: Seed of what is drawn.
        truncation: Truncation ψ of generators; 1 draws the population itself.
        resolution: Side in pixels that items are cut and resized to; None leaves them as they are.
    """

    device: torch.device | str = "cpu"
    seed: int = 0
    truncation: float = 1.0
    resolution: int | None = None

    def tensor_of(self, image: Image.Image | np.ndarray) -> Tensor:
        """Turn an 8-bit RGB picture into (3, h, w) float in [-1, 1], resized if that is asked."""
        if self.resolution is not None:
            opened = Image.fromarray(image) if isinstance(image, np.ndarray) else image
            return fit_to(opened, (self.resolution, self.resolution))[0]
        pixels = torch.from_numpy(np.array(image, copy=True)).permute(2, 0, 1)
        return pixels.float() / 127.5 - 1

    @property
    def resizing(self) -> str:
        """Say what is done to items that are read."""
        if self.resolution is None:
            return "as stored"
        return f"cut and resized to {self.resolution} px (Lanczos)"


class Side(ABC):
    """Pictures or clips of one side.

    Attributes:
        told: What they are, in words that stand behind their number: `pictures of photos, as stored`.
        domain: What the generator draws; empty for files.
        names: Names of the items, in order; empty where they are drawn.
        count: How many there are; None for as many as one likes.
        drawn: Whether a generator draws them.
    """

    told: str
    domain: str = ""
    names: Sequence[str] = ()
    count: int | None = None
    drawn: bool = False

    @property
    @abstractmethod
    def content(self) -> str:
        """What their pixels depend on: features are kept under its hash.

        Files are hashed when it is first asked for: that takes a while, and a measurement that cannot
        begin should say so before.
        """

    @abstractmethod
    def read(self, start: int, stop: int) -> list[Tensor]:
        """Read items `start` to `stop - 1`.

        Returns:
            Pictures (3, h, w) or clips (T, 3, h, w), float in [-1, 1], RGB.

        Raises:
            MediaError: One is damaged.
        """


class TensorSide(Side):
    """Items that are in memory.

    Args:
        items: (n, 3, h, w) or (n, T, 3, h, w) float in [-1, 1].
    """

    def __init__(self, items: Tensor) -> None:
        self._items = items
        self.count = len(items)
        self.told = f"{'pictures' if items.dim() == 4 else 'clips'} in memory"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        data = self._items.detach().cpu().contiguous().float().numpy()
        return hashlib.sha256(data.tobytes()).hexdigest() + str(tuple(self._items.shape))

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        return list(self._items[start:stop])
