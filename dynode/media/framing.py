"""How a photograph is brought to the size that a network was trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor


@dataclass(frozen=True)
class WholePicture:
    """The whole photograph at one size, whatever its shape: nothing is cut off.

    This is the published preparation of encoders (`Resize` of a Pillow image: bilinear, without
    aliasing), so a photograph of another shape than the size is stretched as in training.

    Attributes:
        size: (height, width) in pixels.
    """

    size: tuple[int, int]

    def __call__(self, photo: Image.Image) -> Tensor:
        """Make (1, 3, h, w) float in [-1, 1] of 8-bit RGB."""
        height, width = self.size
        resized = photo.convert("RGB").resize((width, height), Image.Resampling.BILINEAR)
        values = torch.from_numpy(np.asarray(resized).copy()).permute(2, 0, 1)
        return values[None].float() / 127.5 - 1
