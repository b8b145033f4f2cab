"""The bundled small CLIP of the facets world: pictures and captions in one space."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode_facets.bundled import weights_path
from dynode_worlds.text import read_clip

if TYPE_CHECKING:
    import torch

    from dynode_clip.model import OpenClipModel


def load_clip(device: torch.device | str = "cpu", *, weights: Path | None = None) -> OpenClipModel:
    """Load the bundled small CLIP, or another file that its recipe wrote; see `read_clip`."""
    path = Path(weights) if weights is not None else weights_path("clip")
    return read_clip(path, world="facets", device=device)
