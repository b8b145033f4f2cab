"""The bundled scorer of the skies world: every factor of a landscape, read off its pixels."""

from __future__ import annotations

import torch

from dynode_skies.bundled import weights_path
from dynode_skies.factor_table import FACTOR_NAMES
from dynode_worlds.scorer import WorldScorer, read_scorer


def load_scorer(device: torch.device | str = "cpu") -> WorldScorer:
    """Load the scorer that comes with the package.

    Raises:
        MissingWeightsError: The file is not there.
        UnsupportedCheckpointError: The file holds something else.
    """
    network = read_scorer(weights_path("scorer"), len(FACTOR_NAMES), world="skies")
    return WorldScorer(network.to(device), FACTOR_NAMES)
