"""NaviGAN's files: a saved weight deformation, or the eigenvectors of one layer."""

from __future__ import annotations

import re

from torch import Tensor

from dynode.direction import Direction, WeightDirection
from dynode.errors import DirectionFileError
from dynode.importing.request import PublishedFile
from dynode.importing.vectors import check_offset

_EIGENVECTORS = re.compile(r"eigenvectors_layer(\d+)_")
_FIRST_RESOLUTION = 8
"""Resolution of the block that `convs.0` and `convs.1` of the rosinality layout belong to."""


def layer_name(index: int) -> str:
    """Name the convolution `convs.{index}` of the rosinality layout."""
    return f"b{_FIRST_RESOLUTION * 2 ** (index // 2)}.conv{index % 2}"


def layer_index(name: str) -> int | None:
    """Return the index of a convolution in the rosinality layout; None if it has none."""
    found = re.fullmatch(r"b(\d+)\.conv([01])", name)
    if found is None or int(found[1]) < _FIRST_RESOLUTION:
        return None
    return 2 * (int(found[1]) // _FIRST_RESOLUTION).bit_length() - 2 + int(found[2])


def matches(file: PublishedFile) -> bool:
    """Tell whether a file holds weight deformations."""
    if isinstance(file.content, Tensor):
        return file.content.ndim == 6
    return isinstance(file.content, dict) and {"layer_ix", "shift"} <= set(file.content)


def read(file: PublishedFile) -> list[Direction]:
    """Read a deformation, or every eigenvector.

    Raises:
        DirectionFileError: The layer is not told, or the shape is another.
    """
    if isinstance(file.content, dict):
        index, shift = file.content["layer_ix"], file.content["shift"]
        if not isinstance(index, int) or not 0 <= index < 64 or not isinstance(shift, Tensor):
            raise DirectionFileError(
                f"{file.path.name} says layer {index!r}; expected a layer number and a shift tensor; save "
                f"the deformation again"
            )
        return _deformations(file, layer_name(index), shift, kind="deformation")
    assert isinstance(file.content, Tensor)
    found = _EIGENVECTORS.search(file.path.name)
    layer = file.request.layer or (layer_name(int(found[1])) if found else "")
    if not layer:
        raise DirectionFileError(
            f"{file.path.name} holds shifts of a convolution and does not say which; add --layer, for "
            f"example --layer {layer_name(3)}"
        )
    return _deformations(file, layer, file.content, kind="eigenvector")


def _deformations(file: PublishedFile, layer: str, shift: Tensor, kind: str) -> list[Direction]:
    if shift.ndim != 6 or shift.shape[1] != 1:
        raise DirectionFileError(
            f"{file.path.name} holds a shift of shape {tuple(shift.shape)}; expected "
            f"(k, 1, out, in, kh, kw); save the deformation again"
        )
    many = len(shift) > 1
    digits = len(str(len(shift) - 1))
    found: list[Direction] = []
    for index in range(len(shift)):
        check_offset(f"{kind} {index} of {file.path.name}", shift[index])
        number = f"-{index:0{digits}d}" if many else ""
        info = file.info(
            method="navigan",
            options={"kind": kind, "index": index},
            unit=f"the saved shift, length {float(shift[index].double().norm()):.4g} in raw weights",
        )
        direction = WeightDirection(layer, shift[index, 0].clone(), info=info)
        found.append(direction.with_info(name=info.name + number))
    return found
