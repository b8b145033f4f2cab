"""A plugin in one file, for processes that find their plugins themselves: a world and its methods."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import dynode
from dynode.options import NoOptions
from dynode.testing import PixelScorer, tiny_generator
from dynode.testing.scorers import PixelScorerModel

ATTRIBUTES = ("light", "warm")


class Fine(PixelScorerModel):
    deviations = (0.02, 0.02, 0.02)


class Scorer(PixelScorer):
    texts = {"light": "a light picture", "warm": "a warm picture"}

    def load(self, device: Any) -> Any:
        return Fine()


class Provider(dynode.GeneratorProvider):
    name = "tiny"
    summary = "random weights"
    domain = "noise"
    default = True

    def load(self, device: Any) -> Any:
        return tiny_generator(16, w_dim=32, channels=8, name="tiny")


@dataclass(frozen=True)
class Told:
    attribute: str = dynode.option("", help="Attribute.")


class ByAttribute(dynode.DirectionMethod):
    name = "by-attribute"
    summary = "codes that go with an attribute"
    options = Told

    def find(self, generator: Any, options: Any, *, seed: int, **given: Any) -> Any:
        sample = generator.sample(48, seed=seed)
        column = ATTRIBUTES.index(options.attribute)
        score = Fine().score(generator.synthesize(sample).detach())[:, column]
        delta = ((score - score.mean())[:, None, None] * sample.w).mean(0)
        return dynode.LinearDirection(delta / delta.norm()).with_info(name="direction")


class Once(ByAttribute):
    name = "once"
    summary = "light, whatever is asked"
    options = NoOptions

    def find(self, generator: Any, options: Any, **given: Any) -> Any:
        return super().find(generator, Told("light"), **given)


class Dying(ByAttribute):
    """Its process is killed at the second attribute, as by a system that is out of memory."""

    name = "dying"

    def find(self, generator: Any, options: Any, **given: Any) -> Any:
        if options.attribute == ATTRIBUTES[1]:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().find(generator, options, **given)


class Raising(ByAttribute):
    name = "raising"

    def find(self, generator: Any, options: Any, **given: Any) -> Any:
        raise ZeroDivisionError("by\nnothing")


@dynode.hookimpl
def register_directions(register: Callable[[Any], None]) -> None:
    for method in (ByAttribute, Dying, Once, Raising):
        register(method())


@dynode.hookimpl
def register_scorers(register: Callable[[Any], None]) -> None:
    register(Scorer())


@dynode.hookimpl
def register_generators(register: Callable[[Any], None]) -> None:
    register(Provider())
