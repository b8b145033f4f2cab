"""Where a direction comes from is filled in by the core, in one place, for every method."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

import dynode
from dynode.direction import Direction, DirectionInfo, LinearDirection
from dynode.pipeline import sign
from dynode.stylegan2 import StyleGAN2
from dynode.version import __version__


@dataclass(frozen=True)
class Options:
    samples: int = dynode.option(8, help="Samples.")
    layers: tuple[int, ...] = dynode.option((), help="Layers.")
    weights: Path | None = dynode.option(None, help="Weights.")
    folder: Path | None = dynode.option(None, help="Where a run is kept.", recorded=False)


class Method(dynode.DirectionMethod):
    name = "method"
    options = Options

    def find(self, generator, options, *, seed, progress, latents=None):
        raise NotImplementedError


def signed(direction: Direction, generator: StyleGAN2, options: Options) -> DirectionInfo:
    found = sign(direction, Method(), options, generator.info, seed=5)
    assert isinstance(found, Direction)
    return found.info


def test_what_is_empty_is_filled_in(generator: StyleGAN2) -> None:
    info = signed(LinearDirection(torch.ones(64)), generator, Options())

    assert (info.name, info.method, info.seed) == ("method", "method", 5)
    assert (info.fingerprint, info.generator) == (
        generator.info.fingerprint,
        generator.info.name,
    )
    assert (info.licence, info.created_with) == (generator.info.licence, __version__)


def test_what_the_method_says_stays(generator: StyleGAN2) -> None:
    direction = LinearDirection(torch.ones(64)).with_info(
        name="smile", licence="MIT", unit="a step", options={"samples": 3, "component": 2}
    )

    info = signed(direction, generator, Options(samples=99))

    assert (info.name, info.licence, info.unit) == ("smile", "MIT", "a step")
    assert info.options == {"samples": 3, "component": 2}


def test_options_that_differ_are_recorded_as_plain_values(generator: StyleGAN2) -> None:
    options = Options(layers=(1, 2), weights=Path("w.pt"), folder=Path("runs"))

    info = signed(LinearDirection(torch.ones(64)), generator, options)

    assert info.options == {"layers": [1, 2], "weights": "w.pt"}


def test_what_another_method_found_stays_as_it_is(generator: StyleGAN2) -> None:
    direction = LinearDirection(torch.ones(64)).with_info(method="another")

    assert signed(direction, generator, Options(samples=9)) == direction.info


@pytest.mark.parametrize("place", ["directions", "inverters", "plugins"])
def test_no_method_signs_by_itself(place: str, repository: Path) -> None:
    """The published readers say where a file comes from; they find nothing. Nor do trainings and blends."""
    found = [
        file.relative_to(repository).as_posix()
        for file in sorted((repository / place).rglob("*.py"))
        if file.parent.name not in ("dynode_adversarial", "dynode_make")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.keyword) and node.arg == "created_with"
    ]

    assert found == []
