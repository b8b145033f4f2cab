"""What a notebook shows of a result: its picture, or a small clip of it."""

from __future__ import annotations

import base64
import html
import io
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dynode.media.video import write_video

_SIDE_PX = 256


def short(text: str, most: int = 30) -> str:
    """Cut a name that may be a whole sentence."""
    return text if len(text) <= most else text[: most - 1] + "…"


class Displayed(ABC):
    """Something that a notebook shows as a picture."""

    @abstractmethod
    def image(self) -> Image.Image:
        """Draw it into one 8-bit RGB picture."""

    def _repr_png_(self) -> bytes:
        """Give the picture to notebooks."""
        kept = io.BytesIO()
        self.image().save(kept, "PNG")
        return kept.getvalue()


def clip_html(frames: Iterable[Tensor], *, fps: float, told: str) -> str:
    """Make a clip that a notebook plays, no larger than 256 pixels.

    Args:
        frames: Batches (n, 3, h, w) float in [-1, 1], RGB.
        fps: Frames a second.
        told: What is seen, for those who do not see it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "shown.webp"
        write_video((_small(batch) for batch in frames), path, fps=fps)
        content = base64.b64encode(path.read_bytes()).decode()
    return f'<img alt="{html.escape(told)}" src="data:image/webp;base64,{content}">'


def _small(frames: Tensor) -> Tensor:
    height, width = frames.shape[-2:]
    share = _SIDE_PX / max(height, width)
    if share >= 1:
        return frames
    size = (max(1, round(height * share)), max(1, round(width * share)))
    return torch.nn.functional.interpolate(
        frames.float(), size, mode="bilinear", antialias=True, align_corners=False
    )
