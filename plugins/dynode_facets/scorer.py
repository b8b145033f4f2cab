"""The bundled scorer of the facets world: every factor of a portrait, read off its pixels."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch

from dynode_facets.bundled import weights_path
from dynode_facets.factors import FACTOR_NAMES
from dynode_worlds.scorer import WorldScorer, read_scorer


class FacetsScorerModel(WorldScorer):
    """A loaded scorer of portraits."""

    @classmethod
    def bundled(cls, device: torch.device | str = "cpu") -> Self:
        """Load the weights that come with the package.

        Raises:
            MissingWeightsError: The file is not there.
        """
        return cls.from_file(weights_path("scorer"), device)

    @classmethod
    def from_file(cls, path: Path, device: torch.device | str = "cpu") -> Self:
        """Load a file that the training recipe wrote.

        Raises:
            UnsupportedCheckpointError: The file holds something else.
        """
        network = read_scorer(path, len(FACTOR_NAMES), world="facets")
        return cls(network.to(device), FACTOR_NAMES)


def load_scorer(device: torch.device | str = "cpu") -> FacetsScorerModel:
    """Load the scorer that comes with the package; see `FacetsScorerModel.bundled`."""
    return FacetsScorerModel.bundled(device)
