"""The latents file: one safetensors file, of version 2 where it holds low-rank offsets, else of 1."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from dynode import files
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset, Offset, WeightOffset

FORMAT = "dynode.latents"
VERSION = "1"
_WITH_LOW_RANK = "2"
_LARGEST_WEIGHT = 2**26  # numbers; factors are far smaller than what they stand for


def save_latents(
    latents: Latents, path: Path, *, fingerprint: str, names: Sequence[str] = ()
) -> None:
    """Write latents; see `Latents.save`. Names of their pictures are written beside them."""
    tensors = {"w": latents.w}
    tensors |= {f"styles.{name}": part for name, part in latents.styles.items()}
    for index, offset in enumerate(latents.weights):
        key = f"weights.{index}.{offset.layer}"
        tensors[f"{key}.coefficients"] = offset.coefficients
        if isinstance(offset, LowRankOffset):
            tensors |= {f"{key}.down": offset.down, f"{key}.up": offset.up}
        else:
            tensors[f"{key}.basis"] = offset.basis
    low_rank = any(isinstance(offset, LowRankOffset) for offset in latents.weights)
    version = _WITH_LOW_RANK if low_rank else VERSION
    metadata = {"format": FORMAT, "version": version, "fingerprint": fingerprint}
    if names:
        metadata["names"] = json.dumps(list(names))
    files.save_tensors(tensors, path, metadata)


def picture_names(path: Path) -> tuple[str, ...]:
    """Read the names of the pictures of a latents file; empty if it has none."""
    try:
        names = json.loads(files.load_metadata(path).get("names", "[]"))
    except (ValueError, RecursionError):
        return ()
    return tuple(map(str, names)) if isinstance(names, list) else ()


def load_latents(path: Path, *, fingerprint: str) -> Latents:
    """Read latents; see `Latents.load`."""
    tensors, metadata = files.load_tensors(path)
    if metadata.get("format") != FORMAT or "w" not in tensors:
        raise CorruptCheckpointError(
            f"{path.name} holds {metadata.get('format', 'no dynode data')}; expected latents "
            f"written by dynode; write some with 'dynode generate --latents FILE'"
        )
    if metadata.get("version") not in (VERSION, _WITH_LOW_RANK):
        raise CorruptCheckpointError(
            f"{path.name} is a latents file of version {metadata.get('version')!r:.20}; this dynode reads "
            f"versions up to {_WITH_LOW_RANK}; upgrade dynode"
        )
    theirs = metadata.get("fingerprint", "")
    if fingerprint and theirs and theirs != fingerprint:
        raise GeneratorMismatchError(
            f"the latents in {path.name} belong to generator {theirs[:12]}, this one is "
            f"{fingerprint[:12]}; load the generator they were made with"
        )
    with files.reading(path, "latents", "make it again"):
        return _latents_of(tensors)


def _latents_of(tensors: Mapping[str, Tensor]) -> Latents:
    for name, part in tensors.items():
        if not bool(torch.isfinite(part).all()):
            raise ValueError(f"{name} holds values that are not finite")
        if not part.numel():
            raise ValueError(f"{name} is empty")
    styles = {
        key.removeprefix("styles."): part
        for key, part in tensors.items()
        if key.startswith("styles.")
    }
    weights: dict[int, Offset] = {}
    for stem in sorted({key.rpartition(".")[0] for key in tensors if key.startswith("weights.")}):
        _, index, layer = stem.split(".", 2)
        weights[int(index)] = _offset_of(tensors, stem, layer)
    return Latents(tensors["w"], styles, tuple(weights[index] for index in sorted(weights)))


def _offset_of(tensors: Mapping[str, Tensor], stem: str, layer: str) -> Offset:
    coefficients = tensors[f"{stem}.coefficients"]
    if f"{stem}.down" in tensors:
        offset = LowRankOffset(layer, tensors[f"{stem}.down"], tensors[f"{stem}.up"], coefficients)
        if math.prod(offset.shape) > _LARGEST_WEIGHT:
            raise ValueError(f"{stem} moves a weight of shape {offset.shape}")
        return offset
    return WeightOffset(layer, tensors[f"{stem}.basis"], coefficients)
