"""Weights that come with the package of a world."""

from __future__ import annotations

from pathlib import Path

from dynode.errors import MissingWeightsError


def bundled_file(folder: Path, name: str, world: str) -> Path:
    """Return a file of bundled weights.

    Args:
        folder: Where the world keeps its weights.
        name: Of the model, which is that of its recipe.
        world: Name of the world, whose command is `dynode WORLD`.

    Raises:
        MissingWeightsError: The package was installed without it.
    """
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        raise MissingWeightsError(
            f"the bundled weights {path.name} of {world} are not installed; install dynode again from its "
            f"wheel, or train them with 'dynode {world} train {name}'"
        )
    return path
