"""Codes of a clip from a file: dynode's own, numpy's, or the published torch tensor."""

from __future__ import annotations

import zipfile
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError, OptionError
from dynode.latents.latents import Latents
from dynode.weights import read_tensors


def read_codes(path: Path, *, fingerprint: str = "") -> Latents:
    """Read the codes of a clip, one for each frame.

    Args:
        path: `.safetensors` of dynode; `.npy`; `.npz` with an array `latents`, or one array; `.pt` or
            `.pth` with one tensor. Arrays are (n, num_layers, w_dim) or (n, 1, num_layers, w_dim).
        fingerprint: Fingerprint of the generator they are for; empty to skip the check.

    Raises:
        CheckpointError: The file cannot be read, or holds no such array.
        GeneratorMismatchError: They belong to another generator.
    """
    suffix = path.suffix.lower()
    if suffix == ".safetensors":
        return Latents.load(path, fingerprint=fingerprint)
    codes = _read_numpy(path) if suffix in (".npy", ".npz") else _read_torch(path)
    if codes.ndim == 4 and codes.shape[1] == 1:
        codes = codes[:, 0]
    if codes.ndim != 3 or not codes.is_floating_point() or not bool(torch.isfinite(codes).all()):
        raise CorruptCheckpointError(
            f"{path.name} holds {tuple(codes.shape)} {str(codes.dtype).removeprefix('torch.')}; expected "
            f"finite codes (frames, layers, width); save those of one clip"
        )
    return Latents(codes.float())


def read_times(path: Path) -> Tensor:
    """Read frame times, one number a line.

    Raises:
        OptionError: A line is no number, or the file cannot be read.
    """
    try:
        lines = path.read_text().split()
        return torch.tensor([float(line) for line in lines], dtype=torch.float64)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"{path.name} holds no times ({error}); expected one number a line, increasing"
        ) from error


def _read_numpy(path: Path) -> Tensor:
    import numpy as np

    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return torch.from_numpy(loaded)
        with loaded:
            names = loaded.files
            chosen = "latents" if "latents" in names else names[0]
            return torch.from_numpy(loaded[chosen])
    except (OSError, ValueError, TypeError, IndexError, EOFError, zipfile.BadZipFile) as error:
        reason = " ".join(str(error).split())
        raise CorruptCheckpointError(
            f"{path.name} cannot be read as numpy arrays ({reason}); expected codes of a clip; save them "
            f"again with numpy.save"
        ) from error


def _read_torch(path: Path) -> Tensor:
    content = read_tensors(path)
    if not isinstance(content, Tensor):
        raise CorruptCheckpointError(
            f"{path.name} holds {type(content).__name__}; expected one tensor (frames, layers, width); "
            f"save the codes alone with torch.save"
        )
    return content
