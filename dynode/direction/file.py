"""The direction file, version 1: one safetensors file with JSON metadata."""

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
from dynode.direction.info import Calibration, DirectionInfo
from dynode.direction.linear import LinearDirection
from dynode.direction.mapper import MapperDirection
from dynode.direction.networks import RowMapper, StyleMapper
from dynode.direction.path import PathDirection
from dynode.direction.style import StyleDirection
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.direction.weight import WeightDirection
from dynode.direction.weight_basis import product_of
from dynode.direction.z import ZDirection
from dynode.dynamics.trajectory_file import put_together, taken_apart
from dynode.errors import CorruptCheckpointError, DirectionFileError
from dynode.weights import write_safetensors

FORMAT = "dynode.direction"
VERSION = 1
_LATENTS = "dynode.latents"


def save_direction(direction: Direction, path: Path) -> None:
    """Write a direction; the file appears only when it is whole, the same bytes for the same content.

    Args:
        direction: One of the kinds of `dynode.direction`.
        path: Where to, usually `NAME.safetensors`.
    """
    tensors, kind = _tensors_of(direction)
    head = {
        "format": FORMAT,
        "version": str(VERSION),
        "space": direction.space,
        "kind": json.dumps(kind),
        "info": json.dumps(dataclasses.asdict(direction.info), default=str, sort_keys=True),
    }
    write_safetensors({name: part.contiguous() for name, part in tensors.items()}, path, head)


def _tensors_of(direction: Direction) -> tuple[dict[str, Tensor], dict[str, Any]]:
    match direction:
        case ZDirection():
            return {"delta": direction.delta}, {}
        case PathDirection():
            parts, path = taken_apart(direction.path, compact=True)
            rows = {} if direction.rows is None else {"rows": direction.rows}
            named = {f"path.{name}": part for name, part in parts.items()}
            return {"delta": direction.delta, **rows, **named}, {"path": path}
        case LinearDirection():
            rows = {} if direction.rows is None else {"rows": direction.rows}
            return {"delta": direction.delta, **rows}, {}
        case StyleDirection():
            layers = list(direction.delta)
            return {f"delta.{name}": direction.delta[name] for name in layers}, {"layers": layers}
        case WeightDirection(factors=(left, right)):
            shape = list(direction.delta.shape)
            return {"left": left, "right": right}, {"layer": direction.layer, "shape": shape}
        case WeightDirection():
            return {"delta": direction.delta}, {"layer": direction.layer}
        case MapperDirection():
            mapper = direction.mapper
            kind = {
                "groups": mapper.groups,
                "width": mapper.width,
                "depth": mapper.depth,
                "normalize_rows": mapper.normalize_rows,
                "scale": direction.scale,
            }
            return dict(mapper.state_dict()), kind
        case StyleMapperDirection():
            layers_of = [list(pair) for pair in direction.mapper.channels.items()]
            kind = {"layers": layers_of, "depth": direction.mapper.depth, "scale": direction.scale}
            return dict(direction.mapper.state_dict()), kind
    raise DirectionFileError(
        f"a {type(direction).__name__} cannot be written; expected one of dynode's own kinds; "
        f"return a LinearDirection, ZDirection, StyleDirection, WeightDirection or MapperDirection"
    )


def load_direction(path: str | Path) -> Direction:
    """Read a direction file.

    Args:
        path: A file written by `Direction.save`.

    Raises:
        DirectionFileError: It is something else, or of a version this dynode does not know.
    """
    return read_direction(Path(path))


def read_direction(path: Path) -> Direction:
    """Read a direction.

    Raises:
        DirectionFileError: The file is absent, something else, or of an unknown version.
    """
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
    try:
        return _direction_of(head, tensors)
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise DirectionFileError(
            f"{path.name} is a damaged direction file ({reason}); make it again"
        ) from error


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
            f"{path.name} is a direction file of version {head['version']!r}; this dynode reads "
            f"version {VERSION}; upgrade dynode"
        )


def _check_offset(path: Path, tensors: Mapping[str, Tensor]) -> None:
    offset = [part for name, part in tensors.items() if name.partition(".")[0] == "delta"]
    if offset and not any(bool(part.any()) for part in offset):
        raise DirectionFileError(
            f"the offset in {path.name} is zero everywhere, so it moves nothing; expected some numbers; "
            f"find or import it again"
        )


def _direction_of(head: Mapping[str, str], tensors: dict[str, Tensor]) -> Direction:
    info = _info_of(json.loads(head["info"]))
    kind = json.loads(head["kind"])
    match head["space"]:
        case ZDirection.space:
            return ZDirection(tensors["delta"], info=info)
        case LinearDirection.space if "path" in kind:
            return _path_direction_of(kind["path"], tensors, info)
        case LinearDirection.space:
            return LinearDirection(tensors["delta"], tensors.get("rows"), info=info)
        case StyleDirection.space:
            delta = {name: tensors[f"delta.{name}"] for name in kind["layers"]}
            return StyleDirection(delta, info=info)
        case WeightDirection.space if "left" in tensors:
            factors = tensors["left"], tensors["right"]
            product = product_of(*factors, kind["shape"])
            return WeightDirection(kind["layer"], product, factors, info=info)
        case WeightDirection.space:
            return WeightDirection(kind["layer"], tensors["delta"], info=info)
        case MapperDirection.space:
            return MapperDirection(_mapper_of(kind, tensors), float(kind["scale"]), info=info)
        case StyleMapperDirection.space:
            mapper = _style_mapper_of(kind, tensors)
            return StyleMapperDirection(mapper, float(kind["scale"]), info=info)
    raise ValueError(f"unknown space {head['space']!r}")


def _path_direction_of(
    description: dict[str, Any], tensors: Mapping[str, Tensor], info: DirectionInfo
) -> PathDirection:
    prefix = "path."
    parts = {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}
    path = put_together(parts, description, info.fingerprint)
    return PathDirection(tensors["delta"], tensors.get("rows"), info=info, path=path)


def _mapper_of(kind: dict[str, Any], tensors: Mapping[str, Tensor]) -> RowMapper:
    """Build the network only when the stored tensors bear out its declared size."""
    groups, depth, width = kind["groups"], int(kind["depth"]), int(kind["width"])
    if len(tensors) != 2 * len(groups) * depth or any(
        part.shape[-1] != width for part in tensors.values()
    ):
        raise ValueError(f"a mapper of {len(groups)} groups and width {width} has other tensors")
    mapper = RowMapper(groups, width, depth=depth, normalize_rows=bool(kind["normalize_rows"]))
    mapper.load_state_dict(dict(tensors))
    return mapper.requires_grad_(False)


def _style_mapper_of(kind: dict[str, Any], tensors: Mapping[str, Tensor]) -> StyleMapper:
    """Build the network only when the stored tensors bear out its declared sizes."""
    channels, depth = {str(name): int(width) for name, width in kind["layers"]}, int(kind["depth"])
    wanted = {
        f"stacks.{index}.{layer}.{part}": (width, width) if part == "weight" else (width,)
        for index, width in enumerate(channels.values())
        for layer in range(depth if len(tensors) >= depth else 0)
        for part in ("weight", "bias")
    }
    if {name: tuple(part.shape) for name, part in tensors.items()} != wanted:
        raise ValueError(f"a mapper of {len(channels)} layers and depth {depth} has other tensors")
    mapper = StyleMapper(channels, depth=depth)
    mapper.load_state_dict(dict(tensors))
    return mapper.requires_grad_(False)


def _info_of(values: dict[str, Any]) -> DirectionInfo:
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
