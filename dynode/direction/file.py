"""Read the direction file, version 1, of any kind."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from dynode import files
from dynode.direction.base import Direction
from dynode.direction.format import FORMAT, VERSION
from dynode.direction.info import Calibration, DirectionInfo
from dynode.direction.kinds import kind_of
from dynode.errors import CorruptCheckpointError, DirectionFileError

_LATENTS = "dynode.latents"


def load_direction(path: str | Path) -> Direction:
    """Read a direction file.

    Args:
        path: A file written by `Direction.save`.

    Raises:
        DirectionFileError: The file is absent, something else, damaged, or of a version or kind that
            is not known here.
    """
    path = Path(path)
    try:
        tensors, head = files.load_tensors(path)
    except CorruptCheckpointError as error:
        found = "is no direction file: it is no whole safetensors file"
        raise DirectionFileError(
            f"{path.name} {found if path.exists() else 'does not exist'}; expected a file that dynode "
            f"wrote; import published formats with 'dynode directions import'"
        ) from error
    _check_head(path, head, tensors)
    _check_offset(path, tensors)
    with files.reading(path, "a direction file", "make it again", error=DirectionFileError):
        info = _read_info(json.loads(head["info"]))
        description = json.loads(head["kind"])
        kind = kind_of(head["space"], description)
        if kind is None:
            raise DirectionFileError(
                f"{path.name} holds a direction of the kind {head['space']!r}, which nothing installed here "
                f"reads; install the plugin that makes such directions"
            )
        return kind.from_tensors(tensors, description, info)


def _check_head(path: Path, head: Mapping[str, str], tensors: Mapping[str, Tensor]) -> None:
    if head.get("format") == _LATENTS:
        raise DirectionFileError(
            f"{path.name} holds latent codes, not a direction; edit them as the SOURCE of 'dynode edit'"
        )
    if head.get("format") != FORMAT:
        found = head.get("format") or f"tensors such as {next(iter(tensors), 'none')!r}"
        raise DirectionFileError(
            f"{path.name} holds {found}; expected a direction file; pass a checkpoint to "
            f"--generator, import arrays with 'dynode directions import'"
        )
    if "version" not in head:
        raise DirectionFileError(
            f"{path.name} is a direction file that tells no version; this dynode reads version {VERSION}; "
            f"make it again"
        )
    if head["version"] != str(VERSION):
        raise DirectionFileError(
            f"{path.name} is a direction file of version {head['version']!r:.20}; this dynode reads "
            f"version {VERSION}; upgrade dynode"
        )


def _check_offset(path: Path, tensors: Mapping[str, Tensor]) -> None:
    offset = [part for name, part in tensors.items() if name.partition(".")[0] == "delta"]
    if offset and not any(bool(part.any()) for part in offset):
        raise DirectionFileError(
            f"the offset in {path.name} is zero everywhere, so it moves nothing; expected some numbers; "
            f"find or import it again"
        )


def _read_info(values: dict[str, Any]) -> DirectionInfo:
    told = _known(Calibration, values.pop("calibration"))
    curve = tuple((float(strength), float(effect)) for strength, effect in told.pop("curve", ()))
    calibration = Calibration(**told, curve=curve)
    info = DirectionInfo(**_known(DirectionInfo, values), calibration=calibration)
    if not math.isfinite(info.scale) or info.scale == 0:
        raise ValueError(f"its scale is {info.scale}")
    return info


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what a later dynode may have added: version 1 only ever grows by optional keys."""
    names = {part.name for part in dataclasses.fields(kind)}
    return {name: value for name, value in values.items() if name in names}
