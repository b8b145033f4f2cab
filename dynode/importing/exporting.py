"""Write a direction in the form others publish and read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.mapper import MapperDirection
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.direction.weight import WeightDirection
from dynode.errors import DirectionFileError
from dynode.importing.navigan import layer_index
from dynode.importing.styleclip_mapper import published_state
from dynode.importing.styleclip_style_mapper import published_style_opts, published_style_state


def export_direction(direction: Direction, path: Path, *, scaled: bool = False) -> str:
    """Write a direction in its published form.

    Args:
        direction: What to write.
        path: `.npy`, `.npz` or `.pt`. Vectors go to `.npy` and `.pt`; style directions to `.npz` and
            `.pt` by layer; weight shifts (NaviGAN) and mappers (StyleCLIP) to `.pt`.
        scaled: Multiply the offset by the calibrated scale, so that 1 there is strength 1 here;
            without it the offset is as it was found or imported.

    Returns:
        What was written, in words.

    Raises:
        DirectionFileError: The direction has no published form of this suffix.
    """
    factor = direction.info.scale if scaled else 1.0
    arrays = direction.arrays(factor)
    if isinstance(arrays, Tensor):
        what = f"an array {tuple(arrays.shape)}"
        return _write(path, arrays.contiguous(), (".npy", ".pt"), what)
    if arrays is not None:
        return _write(path, dict(arrays), (".npz", ".pt"), "its arrays by name")
    match direction:
        case WeightDirection():
            return _write(path, _deformation(direction, factor), (".pt",), "a NaviGAN deformation")
        case MapperDirection():
            content = {"state_dict": published_state(direction.mapper), "opts": _opts(direction)}
            return _write(path, content, (".pt",), "a StyleCLIP mapper")
        case StyleMapperDirection():
            content = {
                "state_dict": published_style_state(direction.mapper),
                "opts": published_style_opts(direction),
            }
            return _write(path, content, (".pt",), "a StyleCLIP mapper of style vectors")
    raise DirectionFileError(
        f"a {type(direction).__name__} has no published form; keep it as .safetensors"
    )


def _deformation(direction: WeightDirection, factor: float) -> dict[str, Any]:
    index = layer_index(direction.layer)
    if index is None:
        raise DirectionFileError(
            f"{direction.layer} has no number in NaviGAN's files, which address the convolutions from "
            f"8 pixels on; keep it as .safetensors"
        )
    return {"layer_ix": index, "shift": (direction.delta * factor)[None, None]}


def _opts(direction: MapperDirection) -> dict[str, Any]:
    last_row = max(end for _, end in direction.mapper.groups)
    parts = {first for first, _ in direction.mapper.groups}
    return {
        "mapper_type": direction.info.options.get("mapper_type") or "LevelsMapper",
        "no_coarse_mapper": 0 not in parts,
        "no_medium_mapper": 4 not in parts,
        "no_fine_mapper": 8 not in parts,
        "work_in_stylespace": False,
        "stylegan_size": 2 ** ((last_row + 2) // 2),
        "description": str(direction.info.options.get("text", direction.info.name)),
    }


def _write(path: Path, content: Any, suffixes: tuple[str, ...], what: str) -> str:
    if path.suffix not in suffixes:
        raise DirectionFileError(
            f"cannot export {what} to {path.name}; expected {' or '.join(suffixes)}; name the target so"
        )
    with files.written(path) as temporary:
        if path.suffix == ".npy":
            np.save(temporary, content.cpu().numpy(), allow_pickle=False)
        elif path.suffix == ".npz":
            np.savez(temporary, **{name: part.cpu().numpy() for name, part in content.items()})
        else:
            torch.save(content, temporary)
    return what
