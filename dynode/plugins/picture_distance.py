"""Distances of pictures besides the core's: how different two pictures look."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from dynode.plugins.methods import Plugin

if TYPE_CHECKING:
    from pathlib import Path

    import torch

    from dynode.distance.distance import Distance


class PictureDistance(Plugin):
    """A distance of pictures, which inverters and methods that compare pictures take by its name."""

    @abstractmethod
    def load(self, device: torch.device | str, *, weights: Path | None = None) -> Distance:
        """Load the distance onto a device.

        Args:
            device: Where it computes.
            weights: The user's file, for a distance that bundles none.

        Raises:
            MissingWeightsError: It needs a file and has none, or it is not there.
        """
