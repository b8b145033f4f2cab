"""The weights that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode_worlds.bundled import bundled_file

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator

_FOLDER = Path(__file__).parent / "weights"


def weights_path(name: str) -> Path:
    """Return the file of bundled weights.

    Raises:
        MissingWeightsError: The package was installed without it.
    """
    return bundled_file(_FOLDER, name, "skies")


def load_generator(device: torch.device | str) -> Generator:
    """Load the bundled generator of landscapes onto a device."""
    from dynode.stylegan2 import StyleGAN2

    return StyleGAN2.load(weights_path("generator"), device=device)


def load_video(device: torch.device | str) -> Generator:
    """Load the bundled generator of landscapes with the bundled motion.

    Whichever plugin reads motion reads it.
    """
    import dynode

    return dynode.load_generator(weights_path("video"), device=device)
