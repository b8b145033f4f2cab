"""NaviGAN's files: a saved weight deformation, the eigenvectors of a layer, a trainer checkpoint."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dynode.direction import (
    Direction,
    FixedBasis,
    LayerDirections,
    SingularBasis,
    WeightBasis,
    WeightDirection,
)
from dynode.errors import DirectionFileError
from dynode.importing import PublishedFile, check_offset, read_content
from dynode.weights import StoredTensor

_EIGENVECTORS = re.compile(r"eigenvectors_layer(\d+)_")
_COEFFICIENTS = {
    ".direction_to_eigenvalues_delta": "svd",
    ".direction_to_basis_coefs": "hessian",
}
_CONVOLUTION = re.compile(r"(?:^|\.)convs\.(\d+)\.conv$")
_FIRST_RESOLUTION = 8
"""Resolution of the block that `convs.0` and `convs.1` of the rosinality layout belong to."""


_MOST_NUMBERS = 1 << 29
"""Of the shifts that a checkpoint makes: 2 GiB, 200 of the widest layer of StyleGAN2."""


def layer_name(index: int) -> str:
    """Name the convolution `convs.{index}` of the rosinality layout."""
    return f"b{_FIRST_RESOLUTION * 2 ** (index // 2)}.conv{index % 2}"


def layer_index(name: str) -> int | None:
    """Return the index of a convolution in the rosinality layout; None if it has none."""
    found = re.fullmatch(r"b(\d+)\.conv([01])", name)
    if found is None or int(found[1]) < _FIRST_RESOLUTION:
        return None
    return 2 * (int(found[1]) // _FIRST_RESOLUTION).bit_length() - 2 + int(found[2])


def holds_shifts(file: PublishedFile) -> bool:
    """Tell whether a file holds weight deformations."""
    if isinstance(file.content, Tensor):
        return file.content.ndim == 6
    if not isinstance(file.content, dict):
        return False
    return {"layer_ix", "shift"} <= set(file.content) or _is_checkpoint(file.content)


def read_shifts(file: PublishedFile, layer: str, basis: Path | None) -> list[Direction]:
    """Read a deformation, every eigenvector, or every direction of a trainer checkpoint.

    Args:
        file: What was read.
        layer: Convolution an eigenvector file belongs to, when its name does not tell.
        basis: Eigenvector file that the directions of a checkpoint combine.

    Raises:
        DirectionFileError: The layer or the basis is not told, or the shape is another.
    """
    if isinstance(file.content, dict) and _is_checkpoint(file.content):
        return _read_rectified(file, basis)
    if isinstance(file.content, dict):
        index, shift = file.content["layer_ix"], file.content["shift"]
        if not isinstance(index, int) or not 0 <= index < 64 or not isinstance(shift, Tensor):
            raise DirectionFileError(
                f"{file.path.name} says layer {index!r}; expected a layer number from 0 to 63 and "
                f"a shift tensor; save the deformation again"
            )
        return _read_deformations(file, layer_name(index), shift, kind="deformation")
    assert isinstance(file.content, Tensor)
    found = _EIGENVECTORS.search(file.path.name)
    layer = layer or (layer_name(int(found[1])) if found else "")
    if not layer:
        raise DirectionFileError(
            f"{file.path.name} holds shifts of a convolution and does not say which; add --layer, for "
            f"example --format navigan --layer {layer_name(3)}"
        )
    return _read_deformations(file, layer, file.content, kind="eigenvector")


def _read_deformations(
    file: PublishedFile, layer: str, shift: Tensor, kind: str
) -> list[Direction]:
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


def _is_checkpoint(content: Mapping[object, object]) -> bool:
    return isinstance(content.get("generator"), dict) and "deformator" in content


def trained_part(content: object) -> object | None:
    """Pick what a trainer checkpoint holds beyond a generator: the layer with coefficients."""
    if not isinstance(content, dict) or not _is_checkpoint(content):
        return None
    state = content["generator"]
    names = {str(key).rpartition(".")[0] for key in state if ".direction_to_" in str(key)}
    wanted = {
        key: value
        for key, value in state.items()
        if isinstance(value, StoredTensor) and str(key).rpartition(".")[0] in names
    }
    return {"deformator": {}, "generator": wanted}


def trained_directions(file: PublishedFile, basis: Path | None = None) -> LayerDirections:
    """Read the directions of a trainer checkpoint, and the fixed basis that they may combine.

    Args:
        file: What was read.
        basis: Eigenvector file of a fixed basis.

    Raises:
        DirectionFileError: No layer was trained, or its basis is missing or of another shape.
    """
    assert isinstance(file.content, dict)
    state = file.content["generator"]
    for key, value in state.items():
        name, dot, last = str(key).rpartition(".")
        found = _CONVOLUTION.search(name)
        if found and isinstance(value, Tensor) and value.ndim == 2 and dot + last in _COEFFICIENTS:
            layer = layer_name(int(found[1]))
            is_svd = "eigenvalues" in last
            vectors = _svd_basis(file, state, name) if is_svd else _read_basis(file, basis)
            if len(vectors) == value.shape[1]:
                return LayerDirections(layer, vectors, value)
            raise DirectionFileError(
                f"{file.path.name} combines {value.shape[1]} vectors, the basis has {len(vectors)}; give "
                f"the eigenvector file it was trained on with --basis"
            )
    raise DirectionFileError(
        f"{file.path.name} is a NaviGAN checkpoint without directions of weights; expected one of the "
        f"targets weight_svd or weight_fixedbasis; choose another checkpoint"
    )


def _svd_basis(file: PublishedFile, state: Mapping[str, object], name: str) -> WeightBasis:
    u, vh, weight = (state.get(f"{name}.{part}") for part in ("u", "vh", "weight"))
    if not all(isinstance(part, Tensor) for part in (u, vh, weight)):
        raise DirectionFileError(
            f"{file.path.name} lacks u, vh or weight of {name}; expected a whole checkpoint; save it again"
        )
    assert isinstance(u, Tensor) and isinstance(vh, Tensor) and isinstance(weight, Tensor)
    shape = tuple(weight.shape[-4:])
    if (u.shape[0], vh.shape[1]) != (shape[1] * shape[2] * shape[3], shape[0]):
        raise DirectionFileError(
            f"{file.path.name} holds singular vectors {tuple(u.shape)} and {tuple(vh.shape)} for a weight "
            f"{shape}; save the checkpoint again"
        )
    return SingularBasis(u, vh, shape)


def _read_basis(file: PublishedFile, basis: Path | None) -> WeightBasis:
    if basis is None:
        raise DirectionFileError(
            f"{file.path.name} holds coefficients of a basis that is in a file of its own; name the "
            f"eigenvector file with --format navigan --basis FILE"
        )
    vectors = read_content(basis)
    if not isinstance(vectors, Tensor) or vectors.ndim != 6 or vectors.shape[1] != 1:
        raise DirectionFileError(
            f"{basis.name} holds no eigenvectors; expected a tensor (k, 1, out, in, kh, kw); "
            f"give the file that the published Hessian script wrote"
        )
    return FixedBasis(vectors[:, 0])


def _read_rectified(file: PublishedFile, basis: Path | None) -> list[Direction]:
    trained = trained_directions(file, basis)
    numbers = len(trained) * math.prod(trained.basis.shape)
    if numbers > _MOST_NUMBERS:
        raise DirectionFileError(
            f"{file.path.name} makes {len(trained)} shifts of a weight {trained.basis.shape}, {numbers} "
            f"numbers; expected at most {_MOST_NUMBERS}; save fewer directions"
        )
    digits = len(str(len(trained) - 1))
    found: list[Direction] = []
    for index in range(len(trained)):
        info = file.info(
            method="navigan",
            options={"kind": "rectified", "index": index},
            unit="a shift of length 1 in raw weights",
        )
        delta = trained.units(torch.tensor([index]))[0].contiguous()
        direction = WeightDirection(trained.layer, delta, info=info)
        found.append(direction.with_info(name=f"{info.name}-{index:0{digits}d}"))
    return found
