"""What every row is measured with: the generator, its scorer, held-out pictures, and a count of renders."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from dynode.direction import Direction
from dynode.errors import MissingWeightsError, OptionError, UnknownNameError
from dynode.generator import Generator, Population, draw_population
from dynode.latents import Latents
from dynode.plugins import Scorer, Truth
from dynode.scoring import ChosenScorer, find_scorer, score_latents

STRENGTHS = (0.5, 1.0, 1.5, 2.0)
_HELD_OUT_SEED = 90_000  # far from the seeds that methods draw


@dataclass(frozen=True)
class World:
    """A generator whose attributes a scorer reads.

    Attributes:
        generator: What draws.
        scorer: The scorer of its domain.
        pictures: Held-out pictures.
        attributes: What is asked for, with the text that says it.
        seed: Seed of everything random.
    """

    generator: Generator
    scorer: Scorer
    pictures: int
    attributes: dict[str, str]
    seed: int
    _renders: list[int] = field(default_factory=lambda: [0])

    @classmethod
    def of(cls, generator: Generator, attributes: list[str], *, pictures: int, seed: int) -> World:
        """Find the scorer of a generator, and the attributes that texts can say.

        Raises:
            MissingWeightsError: No scorer knows the generator, or it has no texts.
            UnknownNameError: It has no text of that attribute.
        """
        scorer = find_scorer(generator.info)
        if not scorer.texts:
            raise MissingWeightsError(
                f"the scorer {scorer.name} says no attribute in words; the benchmark needs a world whose "
                f"scorer has 'texts', such as the bundled one"
            )
        for name in attributes:
            if name not in scorer.texts:
                raise UnknownNameError("attribute", name, scorer.texts)
        chosen = attributes or list(scorer.texts)
        return cls(generator, scorer, pictures, {name: scorer.texts[name] for name in chosen}, seed)

    @cached_property
    def model(self) -> ChosenScorer:
        """The loaded scorer."""
        return ChosenScorer(self.scorer.name, self.scorer.load(self.generator.device), "")

    @cached_property
    def truth(self) -> Truth:
        """The world behind the generator's pictures.

        Raises:
            MissingWeightsError: Nobody knows it.
        """
        found = self.scorer.truth(self.generator.info)
        if found is None:
            raise MissingWeightsError(
                f"the scorer {self.scorer.name} knows no world behind {self.generator.info.name}; the "
                f"benchmark needs a generator with one, such as the bundled one"
            )
        return found

    @cached_property
    def axes(self) -> Tensor | None:
        """How codes move with each attribute, (attributes, width); None if nobody knows the world."""
        truth = self.scorer.truth(self.generator.info)
        if truth is None:
            return None
        each = torch.eye(len(self.model.model.attributes))
        return (truth.codes(each) - truth.codes(torch.zeros_like(each))).double()

    def clips(self, frames: int, *, seed: int) -> Tensor:
        """Draw clips of the world: (pictures, frames, 3, h, w), through 8 bit as files are."""
        times = torch.arange(frames, dtype=torch.float64) / self.truth.fps
        attributes = self.truth.clips(self.pictures, times, seed=seed)
        drawn = self.truth.draw(attributes.flatten(0, 1)).clamp(-1, 1)
        levels = drawn.add(1).mul(127.5).round() / 127.5 - 1
        return levels.view(self.pictures, frames, *levels.shape[1:])

    def spec(self, budget: str) -> dict[str, str]:
        """Say what everything is measured on."""
        return {
            "generator": self.generator.info.name,
            "scorer": self.scorer.name,
            "pictures": str(self.pictures),
            "budget": budget,
            "seed": str(self.seed),
            "torch": f"{torch.__version__}, {torch.get_num_threads()} threads",
        }

    @cached_property
    def population(self) -> Population:
        """The held-out pictures, at truncation 0.7."""
        return draw_population(
            self.generator, self.pictures, seed=_HELD_OUT_SEED + self.seed, truncation=0.7
        )

    @cached_property
    def before(self) -> Tensor:
        """Their scores, (n, attributes)."""
        return score_latents(self.model.model, self.generator, self.population.latents)

    def chosen(self, attribute: str) -> ChosenScorer:
        """Return the scorer, told which attribute."""
        return ChosenScorer(self.model.name, self.model.model, attribute)

    def changes(self, move: Callable[[float], Latents], count: int) -> Tensor:
        """Measure an edit of the first pictures at every strength: (strengths, n, attributes), in σ."""
        deviations = torch.tensor(self.model.model.deviations)
        found = [
            score_latents(self.model.model, self.generator, move(strength)) - self.before[:count]
            for strength in STRENGTHS
        ]
        return torch.stack(found) / deviations

    def mover(self, direction: Direction) -> Callable[[float], Latents]:
        """Move the held-out pictures by one direction."""
        return lambda strength: direction.move_population(self.population, self.generator, strength)

    def each_mover(self, directions: list[Direction]) -> Callable[[float], Latents]:
        """Move each of the first held-out pictures by a direction of its own."""
        latents = self.population.latents

        def move(strength: float) -> Latents:
            with torch.inference_mode():
                moved = [one.apply(latents[i], strength) for i, one in enumerate(directions)]
            return Latents.cat(moved)

        return move

    @contextlib.contextmanager
    def counting(self) -> Iterator[Callable[[], int]]:
        """Count the pictures that are drawn in a block."""
        drawn, synthesize = [0], self.generator.synthesize

        def counted(latents: Latents, **given: object) -> Tensor:
            drawn[0] += len(latents)
            return synthesize(latents, **given)  # type: ignore[arg-type]  # passed on as it came

        try:
            object.__setattr__(self.generator, "synthesize", counted)
        except (AttributeError, TypeError) as error:
            raise OptionError(
                f"{self.generator.info.name} cannot be watched while it draws; give another generator"
            ) from error
        try:
            yield lambda: drawn[0]
        finally:
            object.__delattr__(self.generator, "synthesize")
