"""What `dynamics_worlds.py` tries in each of the bundled worlds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.plugins.loaded import ScorerModel
from dynode.scoring import find_scorer
from dynode_facets.world import FACETS
from dynode_skies.world import SKIES
from dynode_worlds.world import World

FRAMES = 24


@dataclass(frozen=True)
class Stage:
    """A world, and what is tried in it.

    Attributes:
        world: The world.
        moving: Its motions, each with the factor it moves.
        edits: Factors that are edited by 0.9.
        duration_s: How long a clip is: faces move faster than clouds.
    """

    world: World
    moving: Mapping[str, str]
    edits: tuple[str, ...]
    duration_s: float

    @cached_property
    def generator(self) -> Generator:
        return load_generator(self.world.name)

    @cached_property
    def scorer(self) -> ScorerModel:
        return find_scorer(self.generator.info).load("cpu")

    @property
    def motions(self) -> tuple[str, ...]:
        return tuple(self.moving)

    @property
    def fps(self) -> float:
        return FRAMES / self.duration_s

    def column(self, name: str) -> int:
        return self.world.population.index(name)

    def start(self, seed: int, **fixed: float) -> Tensor:
        """Factors of one picture of the population, moderate, with some of them given."""
        z = torch.from_numpy(np.random.RandomState(seed).randn(1, 512)).float()
        factors = 0.6 * self.world.population.factors(z)[0]
        for name, value in fixed.items():
            factors[self.column(name)] = value
        return factors

    def exact(self, factors: Tensor) -> Tensor:
        """Codes of factors, (n, 1, w_dim)."""
        return self.world.codes.code_of(factors, self.generator.info.w_dim)[:, None]


STAGES = {
    "facets": Stage(
        FACETS,
        {"talking": "mouth_open", "blinking": "eye_open", "turning": "yaw"},
        ("smile", "glasses", "age"),
        1.6,
    ),
    "skies": Stage(
        SKIES,
        {"clouds passing": "cloud_drift", "sunset": "sun_height", "turning": "turn"},
        ("haze", "snow", "season"),
        8.0,
    ),
}
