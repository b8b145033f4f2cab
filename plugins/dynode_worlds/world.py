"""A small world: what its codes stand for, where they lie, and what they look like."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from dynode.generator import Generator
from dynode.plugins import Progress, silent
from dynode_worlds.captions import Statement
from dynode_worlds.code_space import CodeSpace
from dynode_worlds.motion import Maker, moved
from dynode_worlds.population import Population

_Z_DIM = 512
_MOTION_SEEDS = 2**31

Describe = Callable[[Sequence[float] | Tensor, random.Random], tuple[str, tuple[Statement, ...]]]


@dataclass(frozen=True)
class World:
    """Everything the recipes of the models ask of a world.

    Attributes:
        name: Name of the world, the domain of its generator.
        population: Its factors, and how they are drawn.
        codes: How its generator lays them into w.
        render: Draws factors (n, F) at a resolution: pictures (n, 3, r, r) in [-1, 1].
        describe: Describes the factors (F,) of one picture truthfully: a caption, and what it says.
        vocabulary: Every word that a caption can contain, sorted.
        motions: What can move in it, by name.
        load_generator: Loads the bundled generator onto a device.
    """

    name: str
    population: Population
    codes: CodeSpace
    render: Callable[[Tensor, int], Tensor]
    describe: Describe
    vocabulary: Callable[[], tuple[str, ...]]
    motions: Mapping[str, Maker]
    load_generator: Callable[[torch.device | str], Generator]

    @property
    def factors(self) -> int:
        """How many factors it has."""
        return len(self.population.names)

    def caption(self, factors: Sequence[float] | Tensor, rng: random.Random) -> str:
        """Describe the factors (F,) of one picture in words of the vocabulary."""
        return self.describe(factors, rng)[0]

    def moving(
        self, times_s: Tensor, count: int, *, seed: int, progress: Progress = silent
    ) -> Tensor:
        """Draw pictures of the population and what moves in them, at any times in seconds.

        Args:
            times_s: When, (times,).
            count: Clips.
            seed: Chooses pictures and motions; the same seed gives the same motion whatever the times.
            progress: Called with the number of clips.

        Returns:
            Factors (count, times, F).
        """
        rng = random.Random(seed)
        z = torch.randn(count, _Z_DIM, generator=torch.Generator().manual_seed(seed))
        clips = list[Tensor]()
        for start in self.population.factors(z):
            motion = rng.choice(tuple(self.motions))
            clips.append(self.trajectory(motion, start, times_s, seed=rng.randrange(_MOTION_SEEDS)))
            progress(len(clips), count, "moving")
        return torch.stack(clips)

    def trajectory(self, motion: str, start: Tensor, times_s: Tensor, *, seed: int) -> Tensor:
        """Return the factors (n_frames, F) of a moving picture; see `dynode_worlds.motion.moved`."""
        return moved(self.population, self.motions, motion, start, times_s, seed=seed)
