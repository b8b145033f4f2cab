"""Channel directions on disk: made once for a generator and a text-image model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError
from dynode.files import load_tensors, save_tensors
from dynode.generator import Generator
from dynode.models import cache_folder
from dynode.plugins import TextImageModel

FORMAT = "dynode.styleclip.channels"


@dataclass(frozen=True)
class ChannelCache:
    """A file with the sum of what pictures said so far, and how many they were.

    Attributes:
        path: The file.
    """

    path: Path

    def read(self) -> tuple[int, Tensor | None]:
        """Return the number of pictures and their sum (channels, d); 0 and None at the start.

        A file that cannot be read counts as none: it can be made again.
        """
        if not self.path.is_file():
            return 0, None
        try:
            tensors, head = load_tensors(self.path)
        except CorruptCheckpointError:
            return 0, None
        if head.get("format") != FORMAT:
            return 0, None
        return int(head["pictures"]), tensors["sum"]

    def write(self, pictures: int, total: Tensor) -> None:
        """Keep a sum; the file is never half written."""
        head = {"format": FORMAT, "pictures": str(pictures)}
        save_tensors({"sum": total}, self.path, head)


def relevance_cache(
    generator: Generator,
    model: TextImageModel,
    layers: Sequence[str],
    pictures: int,
    *,
    seed: int,
    truncation: float,
) -> ChannelCache:
    """Name the file for a generator, a model and everything else that shapes the result.

    Args:
        generator: Known by its fingerprint.
        model: Known by what it makes of a fixed picture, so that other weights mean another file.
        layers: Layers that are measured.
        pictures: How many are averaged over.
        seed: Their seed.
        truncation: Their truncation.
    """
    size = model.image_size
    pattern = torch.linspace(-1, 1, 3 * size * size).view(1, 3, size, size)
    with torch.no_grad():
        seen = model.encode_images(pattern.to(generator.device)).cpu().flatten()
    # Two digits: what another processor rounds otherwise is far smaller.
    sight = (seen * 100).round().int().tolist()
    recipe = [generator.info.fingerprint, sight, list(layers), pictures, seed, truncation]
    name = hashlib.sha256(json.dumps(recipe).encode()).hexdigest()[:24]
    return ChannelCache(cache_folder() / "styleclip" / f"{name}.safetensors")
