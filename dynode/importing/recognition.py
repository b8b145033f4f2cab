"""Recognise a published direction file by its content and read it."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from dynode.direction.base import Direction
from dynode.errors import DirectionFileError
from dynode.importing import ganspace, navigan, sefa, styleclip_mapper, vectors
from dynode.importing.fs3 import is_fs3
from dynode.importing.reading import read_content
from dynode.importing.request import ImportRequest, PublishedFile

_FORMATS = (styleclip_mapper, ganspace, sefa, navigan, vectors)


def import_directions(path: str | Path, request: ImportRequest | None = None) -> list[Direction]:
    """Read every direction of a published file.

    Args:
        path: InterFaceGAN `.npy`, e4e and micromotion `.pt`, GANSpace and closed-form factor
            dictionaries, NaviGAN deformations and eigenvectors, StyleCLIP mappers, plain arrays.
        request: What the user says about it.

    Returns:
        One direction a vector, component or factor, in the order of the file. They belong to no
        fingerprint: published files do not say whose they are.

    Raises:
        DirectionFileError: It holds something else; the message says what.
        CheckpointError: It cannot be read.
    """
    file = PublishedFile(Path(path), read_content(Path(path)), request or ImportRequest())
    if is_fs3(file.content):
        raise DirectionFileError(
            f"{file.path.name} holds StyleCLIP's channel directions (fs3); they become a direction with a "
            f"text: add --text, for example --text 'a smiling face' --neutral 'a face'"
        )
    for published in _FORMATS:
        if published.matches(file):
            found: list[Direction] = published.read(file)
            return _distinct(found)
    raise DirectionFileError(_explained(file))


def _distinct(directions: list[Direction]) -> list[Direction]:
    """Add the space to names that occur twice, as in a file with one attribute in Z and in W."""
    names = [direction.info.name for direction in directions]
    return [
        direction.with_info(name=f"{name}-{direction.space[0]}")
        if names.count(name) > 1
        else direction
        for name, direction in zip(names, directions, strict=True)
    ]


def _explained(file: PublishedFile) -> str:
    content = file.content
    if isinstance(content, list | tuple) and all(isinstance(part, Tensor) for part in content):
        return (
            f"{file.path.name} holds a list of {len(content)} codes such as micromotion anchors, not a "
            f"direction; edit them as the SOURCE of 'dynode edit'"
        )
    keys = ", ".join(map(str, list(content)[:4])) if isinstance(content, dict) else ""
    held = f"a dictionary of {keys}" if keys else f"a {type(content).__name__}"
    return (
        f"{file.path.name} holds {held}; expected one of the published formats (docs/directions.md); "
        f"take out the array that is the direction"
    )
