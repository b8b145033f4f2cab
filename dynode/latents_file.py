"""The latents file, version 1: one safetensors file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dynode import files
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents import Latents, WeightOffset

FORMAT = "dynode.latents"
VERSION = "1"


def save_latents(latents: Latents, path: Path, *, fingerprint: str) -> None:
    """Write latents; see `Latents.save`."""
    tensors = {"w": latents.w}
    tensors |= {f"styles.{name}": part for name, part in latents.styles.items()}
    for index, offset in enumerate(latents.weights):
        tensors[f"weights.{index}.{offset.layer}.basis"] = offset.basis
        tensors[f"weights.{index}.{offset.layer}.coefficients"] = offset.coefficients
    metadata = {"format": FORMAT, "version": VERSION, "fingerprint": fingerprint}
    files.save_tensors(tensors, path, metadata)


def load_latents(path: Path, *, fingerprint: str) -> Latents:
    """Read latents; see `Latents.load`."""
    tensors, metadata = files.load_tensors(path)
    if metadata.get("format") != FORMAT or "w" not in tensors:
        raise CorruptCheckpointError(
            f"{path.name} holds {metadata.get('format', 'no dynode data')}; expected latents "
            f"written by dynode; write some with 'dynode generate --latents FILE'"
        )
    if metadata.get("version") != VERSION:
        raise CorruptCheckpointError(
            f"{path.name} is a latents file of version {metadata.get('version')!r}; this dynode reads "
            f"version {VERSION}; upgrade dynode"
        )
    theirs = metadata.get("fingerprint", "")
    if fingerprint and theirs and theirs != fingerprint:
        raise GeneratorMismatchError(
            f"the latents in {path.name} belong to generator {theirs[:12]}, this one is "
            f"{fingerprint[:12]}; load the generator they were made with"
        )
    try:
        return _latents_of(tensors)
    except (KeyError, ValueError) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise CorruptCheckpointError(
            f"{path.name} is a damaged latents file ({reason}); make it again"
        ) from error


def _latents_of(tensors: Mapping[str, Tensor]) -> Latents:
    for name, part in tensors.items():
        if not bool(torch.isfinite(part).all()):
            raise ValueError(f"{name} holds values that are not finite")
    styles = {
        key.removeprefix("styles."): part
        for key, part in tensors.items()
        if key.startswith("styles.")
    }
    weights: dict[int, WeightOffset] = {}
    for key, basis in tensors.items():
        if key.startswith("weights.") and key.endswith(".basis"):
            _, index, layer = key.removesuffix(".basis").split(".", 2)
            coefficients = tensors[f"weights.{index}.{layer}.coefficients"]
            weights[int(index)] = WeightOffset(layer, basis, coefficients)
    return Latents(tensors["w"], styles, tuple(weights[index] for index in sorted(weights)))
