"""A video generator from a file of any kind."""

from __future__ import annotations

from pathlib import Path

import torch

from dynode_stylegan_v.file import file_kind, read_network
from dynode_stylegan_v.generator import StyleGANV
from dynode_stylegan_v.moving import MovingGenerator
from dynode_stylegan_v.moving_file import FORMAT as MOVING
from dynode_stylegan_v.moving_file import read_moving
from dynode_stylegan_v.published import looks_published, read_generator


def open_video(
    path: str | Path, *, device: torch.device | str | None = None, name: str | None = None
) -> StyleGANV | MovingGenerator:
    """Load a video generator: a published snapshot, dynode's own file, or motion for another.

    Args:
        path: The file.
        device: Where it computes; None for the CPU.
        name: Name to give a StyleGAN-V; None takes the file's own, else the file name.

    Raises:
        CheckpointError: The file cannot be used.
        MissingWeightsError: It moves a generator that is not here.
    """
    path = Path(path)
    if file_kind(path) == MOVING:
        return read_moving(path, device=device)
    if looks_published(path):
        return StyleGANV(
            read_generator(path).to(device=device), name=name or path.stem, source=path.name
        )
    network, facts = read_network(path)
    return StyleGANV(
        network.to(device=device),
        name=name or facts.get("name") or path.stem,
        domain=facts.get("domain", "unknown"),
        crop=facts.get("crop", "none"),
        licence=facts.get("licence", "unknown"),
        source=facts.get("source") or path.name,
    )
