"""Codes from a file: dynode's own, numpy's, or a published one."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.files import reading
from dynode.importing import ImportRequest, import_codes
from dynode.latents.latents import Latents
from dynode.media.kind import kind_of


def read_codes(
    path: Path, *, fingerprint: str = "", rows: int | None = None, must_be_codes: bool = False
) -> Latents:
    """Read the codes of pictures, or of the frames of a clip.

    Args:
        path: A latents file of dynode, or codes in any published container; see `import_codes`.
        fingerprint: Fingerprint of the generator they are for; empty to skip the check.
        rows: Rows of the generator's codes, to repeat a code of W; None accepts W+ alone.
        must_be_codes: Take an array that looks like a direction for codes.

    Raises:
        MediaError: There is no such file.
        CheckpointError: The file cannot be read.
        DirectionFileError: It holds something else than codes.
        GeneratorMismatchError: They belong to another generator.
    """
    if kind_of(path) == "latents" or path.suffix.lower() == ".safetensors":
        return Latents.load(path, fingerprint=fingerprint)
    request = ImportRequest(take_as="codes" if must_be_codes else "")
    return import_codes(path, request, rows=rows)


def read_times(path: Path) -> Tensor:
    """Read frame times, one number a line.

    Raises:
        OptionError: A line is no number, or the file cannot be read.
    """
    with reading(
        path, "times", "expected one number a line, increasing; write it again", error=OptionError
    ):
        times = [float(line) for line in path.read_text(encoding="utf-8").split()]
        if not all(map(math.isfinite, times)):
            raise ValueError("a time is not finite")
        return torch.tensor(times, dtype=torch.float64)
