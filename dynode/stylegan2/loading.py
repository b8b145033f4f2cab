"""From a checkpoint file to a network ready to render."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from dynode.stylegan2.building import build_network
from dynode.stylegan2.checkpoints import read_checkpoint
from dynode.stylegan2.discriminator import DiscriminatorNetwork
from dynode.stylegan2.network import GeneratorNetwork

if TYPE_CHECKING:
    from dynode.stylegan2.generator import StyleGAN2

CLASS_NAMES = "classes"
"""Where the metadata of a file names the classes, as a JSON list."""


def load_checkpoint(path: Path) -> tuple[GeneratorNetwork, dict[str, str]]:
    """Read a generator.

    Args:
        path: A file in any layout `dynode.stylegan2.checkpoints` knows.

    Returns:
        The network, in evaluation mode and without gradients, and the file's metadata.

    Raises:
        CheckpointError: The file cannot be used, or holds no generator.
    """
    checkpoint = read_checkpoint(path, part="generator")
    assert checkpoint.generator is not None and checkpoint.generator_state is not None
    state = checkpoint.generator_state
    network = build_network(checkpoint.generator, state, source=path.name, release=True)
    return network, dict(checkpoint.metadata)


def load_discriminator(path: str | Path) -> DiscriminatorNetwork:
    """Load the discriminator of a checkpoint.

    Args:
        path: A file in any layout `dynode.stylegan2.checkpoints` knows.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CheckpointError: The file cannot be used, or holds no discriminator.
    """
    checkpoint = read_checkpoint(path, part="discriminator")
    assert checkpoint.discriminator is not None and checkpoint.discriminator_state is not None
    with torch.device("meta"):
        network = DiscriminatorNetwork(checkpoint.discriminator)
    network.load_state_dict(checkpoint.discriminator_state, assign=True)
    return network.eval().requires_grad_(False)


def class_names(metadata: Mapping[str, str], count: int) -> tuple[str, ...]:
    """Read the names of the classes from a file's metadata; none if they do not fit.

    Args:
        metadata: `classes` is a JSON list of names.
        count: Number of classes.
    """
    try:
        names = json.loads(metadata.get(CLASS_NAMES, "[]"))
    except ValueError:
        return ()
    fits = isinstance(names, list) and len(names) == count
    return tuple(map(str, names)) if fits else ()


def load_cropped(path: Path, crop: str, *, device: torch.device | str | None = None) -> StyleGAN2:
    """Load a generator whose file does not say how photographs are cut out for it.

    Args:
        path: The file.
        crop: What it should say, see `GeneratorInfo`; empty takes what it says.
        device: See `StyleGAN2.load`, also for the errors.
    """
    from dynode.stylegan2.generator import StyleGAN2

    made = StyleGAN2.load(path, device=device)
    made._about["crop"] = crop or made.info.crop
    return made
