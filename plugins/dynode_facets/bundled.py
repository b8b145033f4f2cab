"""The weights that come with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dynode_worlds.bundled import bundled_file

if TYPE_CHECKING:
    import torch

    from dynode.generator import Generator

_FOLDER = Path(__file__).parent / "weights"
# Means over 24 portraits in which dlib found the points; the side of one portrait is 9 % off, its middle
# 4 % of the side, because heads of this world turn and differ within a picture that does not.
_CROP = "eyes=2.52 mouth=2.57 down=0.06"


def weights_path(name: str) -> Path:
    """Return the file of bundled weights.

    Raises:
        MissingWeightsError: The package was installed without it.
    """
    return bundled_file(_FOLDER, name, "facets")


def load_generator(device: torch.device | str) -> Generator:
    """Load the bundled generator onto a device."""
    from dynode.stylegan2 import load_cropped

    return load_cropped(weights_path("generator"), _CROP, device=device)


def load_finer(device: torch.device | str) -> Generator:
    """Load the bundled generator with a further block, which draws its portraits at 256 px."""
    from dynode.stylegan2 import load_cropped
    from dynode_worlds.finer import drawn_finer_by

    return drawn_finer_by(
        weights_path("finer"), load_cropped(weights_path("generator"), _CROP, device=device)
    )


def load_video(device: torch.device | str) -> Generator:
    """Load the bundled generator with the bundled motion.

    Whichever plugin reads motion reads it.
    """
    import dynode

    return dynode.load_generator(weights_path("video"), device=device)
