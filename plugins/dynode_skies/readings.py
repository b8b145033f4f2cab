"""What the bundled scorer reads off the first landscapes of seed 0, so that nobody has to draw them."""

from __future__ import annotations

from torch import Tensor

from dynode.errors import MissingWeightsError
from dynode.generator import GeneratorInfo
from dynode_skies.bundled import weights_path
from dynode_worlds.readings import read_readings


def bundled_readings(info: GeneratorInfo, *, seed: int, truncation: float) -> Tensor | None:
    """Return the readings of the first 5,000 landscapes, (5000, F); None for any others."""
    try:
        path = weights_path("readings")
    except MissingWeightsError:
        return None
    return read_readings(path, info, seed=seed, truncation=truncation)
