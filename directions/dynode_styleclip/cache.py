"""Channel directions on disk: made once for a generator and a text-image model."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError
from dynode.files import load_tensors, save_tensors
from dynode.methods import TextImageModel
from dynode.models.folder import cache_folder

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


def channel_cache(
    fingerprint: str, model: TextImageModel, recipe: Mapping[str, object]
) -> ChannelCache:
    """Name the file for a generator, a model and everything else that shapes the result.

    Args:
        fingerprint: Of the generator.
        model: Known by what it makes of a fixed picture, so that other weights mean another file.
        recipe: Layers, number and seed of pictures and the like, as JSON values.
    """
    size = model.image_size
    pattern = torch.linspace(-1, 1, 3 * size * size).view(1, 3, size, size)
    device = model.encode_texts(["a face"]).device
    with torch.no_grad():
        seen = model.encode_images(pattern.to(device)).cpu().flatten()
    # Two digits: what another processor rounds otherwise is far smaller.
    told = json.dumps([fingerprint, (seen * 100).round().int().tolist(), dict(recipe)])
    name = hashlib.sha256(told.encode()).hexdigest()[:24]
    return ChannelCache(cache_folder() / "styleclip" / f"{name}.safetensors")
