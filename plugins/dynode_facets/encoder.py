"""The bundled encoder of portraits: from a picture to the codes that draw it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dynode_facets.bundled import weights_path
from dynode_facets.w_space import CODE_SPACE
from dynode_worlds.encoder import WorldEncoder, read_encoder

if TYPE_CHECKING:
    import torch


@lru_cache(maxsize=2)
def load_encoder(device: torch.device | str = "cpu") -> WorldEncoder:
    """Load the encoder that comes with the package; it is kept, and frozen.

    Raises:
        MissingWeightsError: The file is not there.
    """
    return read_encoder(weights_path("encoder"), CODE_SPACE, world="facets").to(device)
