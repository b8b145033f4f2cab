"""A small world: what its codes stand for, where they lie, and what they look like."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from dynode_worlds.code_space import CodeSpace
from dynode_worlds.motion import Maker, moved
from dynode_worlds.population import Population


@dataclass(frozen=True)
class World:
    """Everything the recipes of the models ask of a world.

    Attributes:
        name: Name of the world, the domain of its generator.
        population: Its factors, and how they are drawn.
        codes: How its generator lays them into w.
        render: Draws factors (n, F) at a resolution: pictures (n, 3, r, r) in [-1, 1].
        caption: Describes the factors (F,) of one picture truthfully.
        motions: What can move in it, by name.
    """

    name: str
    population: Population
    codes: CodeSpace
    render: Callable[[Tensor, int], Tensor]
    caption: Callable[[Tensor, random.Random], str]
    motions: Mapping[str, Maker]

    @property
    def factors(self) -> int:
        """How many factors it has."""
        return len(self.population.names)

    def trajectory(self, motion: str, start: Tensor, times_s: Tensor, *, seed: int) -> Tensor:
        """Return the factors (n_frames, F) of a moving picture; see `dynode_worlds.motion.moved`."""
        return moved(self.population, self.motions, motion, start, times_s, seed=seed)
