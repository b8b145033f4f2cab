"""Which encoder goes with a generator."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import torch

from dynode.errors import GeneratorMismatchError, MissingWeightsError, UnsupportedCheckpointError
from dynode.files import load_metadata
from dynode.generator import Generator, GeneratorInfo
from dynode_encoders.reading import LoadedEncoder, read_encoder


def find_bundled(folder: Path, info: GeneratorInfo) -> Path | None:
    """Find the encoder of a folder that was trained for a generator, by its fingerprint."""
    for path in sorted(folder.glob("*.safetensors")):
        if load_metadata(path).get("fingerprint") == info.fingerprint:
            return path
    return None


def missing_encoder(name: str, info: GeneratorInfo) -> MissingWeightsError:
    """Make the error for a generator without an encoder."""
    return MissingWeightsError(
        f"{name} has no encoder for {info.name}; name a checkpoint with --weights, or train one with "
        f"'dynode train {name}'"
    )


def checked_encoder(path: Path, generator: Generator, *, inputs: int) -> LoadedEncoder:
    """Open an encoder for a generator, on its device; the last one is kept for the next batch.

    Args:
        path: See `read_encoder`.
        generator: What it has to fit.
        inputs: Channels it has to take: 3 for pictures, 6 with a reconstruction.

    Raises:
        GeneratorMismatchError: Its codes have another shape, or it was trained for another generator.
        UnsupportedCheckpointError: It takes another number of channels.
    """
    status = path.stat() if path.exists() else None
    stamp = (status.st_mtime_ns, status.st_size) if status else None
    encoder = _kept(path, stamp, str(generator.device))
    info, config = generator.info, encoder.config
    if (config.rows, config.w_dim) != (info.num_layers, info.w_dim):
        raise GeneratorMismatchError(
            f"{path.name} reads {config.rows} rows of width {config.w_dim}, generator {info.name} has "
            f"{info.num_layers} of {info.w_dim}; give the encoder or the generator that belongs to it"
        )
    theirs = encoder.metadata.get("fingerprint", "")
    if theirs and theirs != info.fingerprint:
        raise GeneratorMismatchError(
            f"{path.name} was trained for generator {encoder.metadata.get('generator', '?')} "
            f"({theirs[:12]}), this one is {info.name} ({info.fingerprint[:12]}); train one for it with "
            f"'dynode train'"
        )
    if config.inputs != inputs:
        others = {3: "e4e", 6: "restyle"}
        raise UnsupportedCheckpointError(
            f"{path.name} takes {config.inputs} channels, expected {inputs}; use it with --inverter "
            f"{others.get(config.inputs, '?')}"
        )
    return encoder


@lru_cache(maxsize=2)
def _kept(path: Path, stamp: tuple[int, int] | None, device: str) -> LoadedEncoder:
    with torch.inference_mode(False):
        return read_encoder(path).to(device, torch.float32)
