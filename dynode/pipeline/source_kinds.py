"""What a source is: nothing, a picture, codes, a clip, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from dynode.errors import MediaError, UsageError
from dynode.latents.latents import Latents
from dynode.media.given import GivenPicture, is_given
from dynode.media.kind import kind_of

SourceKind = Literal["sampled", "picture", "latents", "clip", "folder"]
"""What an option can belong to."""

Source = str | Path | Latents | GivenPicture | None
"""A file, codes, a picture in memory, or nothing, where one is sampled."""

_CODE_SUFFIXES = (".safetensors", ".npy", ".npz", ".pt", ".pth")


def source_kind(source: Source) -> SourceKind:
    """Say what a source is; of a file that is nothing, its suffix says what was meant.

    Raises:
        MediaError: There is nothing of that name, or a file that is none of these.
        UsageError: It is nothing that can be a source.
    """
    if source is None:
        return "sampled"
    if isinstance(source, Latents):
        return "latents"
    if is_given(source):
        return "picture"
    if not isinstance(source, str | Path):
        raise UsageError(
            f"the source is a {type(source).__name__}; expected a file, a picture of PIL, an array or tensor "
            f"of pictures, or Latents; leave it out to sample one"
        )
    kind = kind_of(source)
    if kind in ("latents", "codes"):
        return "latents"
    if kind == "clip" or kind == "folder":
        return kind
    if kind == "other" and Path(source).suffix.lower() in _CODE_SUFFIXES:
        return "latents"
    if kind == "other":
        _refuse_what_is_nothing(Path(source))
    return "picture"


def _refuse_what_is_nothing(path: Path) -> None:
    """Say what a file is not; a picture whose kind does not begin with a mark passes."""
    from dynode.media.images import read_image

    try:
        read_image(path)
    except MediaError as error:
        raise MediaError(f"{error}, a clip or a file of codes") from error
