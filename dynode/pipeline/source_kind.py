"""What a source is: nothing, a picture, codes, a clip, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dynode.latents.latents import Latents
from dynode.media.kind import kind_of

SourceKind = Literal["sampled", "picture", "latents", "clip", "folder"]
"""What an option can belong to."""

_CODE_SUFFIXES = (".safetensors", ".npy", ".npz", ".pt", ".pth")


def source_kind(source: str | Path | Latents | None) -> SourceKind:
    """Say what a source is; of a file that is nothing, its suffix says what was meant.

    Raises:
        MediaError: There is nothing of that name.
    """
    if source is None:
        return "sampled"
    if isinstance(source, Latents):
        return "latents"
    kind = kind_of(source)
    if kind in ("latents", "codes"):
        return "latents"
    if kind == "clip" or kind == "folder":
        return kind
    if kind == "other" and Path(source).suffix.lower() in _CODE_SUFFIXES:
        return "latents"
    return "picture"
