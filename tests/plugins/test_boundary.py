"""What plugins return and how they end, checked at one border."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch

import dynode
from dynode.errors import PluginError
from dynode.pipeline.choosing import ReadyInverter
from dynode.plugins.boundary import at_work, score_pictures
from dynode.testing import PixelScorer, tiny_generator


class Returning(dynode.Inverter):
    """An inverter that returns whatever it is told."""

    name = "returning"

    def __init__(self, make: Callable[[dynode.Generator], Any]) -> None:
        self.make = make

    def invert(self, generator: Any, images: Any, options: Any, *, seed: int, progress: Any) -> Any:
        print("a line for the reader")
        return self.make(generator)


def invert_by(make: Callable[[dynode.Generator], Any]) -> dynode.Latents:
    ready = ReadyInverter(Returning(make), None)
    return ready.invert(tiny_generator(16), torch.zeros(2, 3, 16, 16), seed=0)


def endless(generator: dynode.Generator) -> dynode.Latents:
    return dynode.Latents(generator.sample(2, seed=0).w * float("nan"))


def endless_styles(generator: dynode.Generator) -> dynode.Latents:
    width = generator.info.style_channels["b4.conv1"]
    return generator.sample(2, seed=0).add_styles({"b4.conv1": torch.full((2, width), torch.inf)})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda g: None, "a NoneType; expected Latents"),
        (lambda g: g.sample(2, seed=0).w, "a Tensor; expected Latents"),
        (lambda g: g.sample(1, seed=0), r"codes of shape \(1, .*expected \(2, "),
        (lambda g: dynode.Latents(torch.zeros(2, 3, 5)), r"codes of shape \(2, 3, 5\)"),
        (endless, "codes that are not finite"),
        (endless_styles, "codes that are not finite"),
    ],
    ids=["nothing", "a tensor", "too few", "another width", "nan", "infinite styles"],
)
@pytest.mark.robust(kind="J plugins", member="what an inverter returns")
def test_what_an_inverter_returns_is_checked_with_its_name(
    make: Callable[[dynode.Generator], Any], message: str
) -> None:
    with pytest.raises(PluginError, match=f"Inverter 'returning' .* returned {message}"):
        invert_by(make)


def test_what_a_plugin_prints_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    invert_by(lambda g: g.sample(2, seed=0))

    assert capsys.readouterr() == ("", "a line for the reader\n")


@pytest.mark.parametrize(
    "ending",
    [SystemExit(0), SystemExit("bye"), asyncio.CancelledError(), GeneratorExit()],
    ids=repr,
)
@pytest.mark.robust(kind="J plugins", member="what ends the program at work")
def test_a_plugin_cannot_end_the_program(ending: BaseException) -> None:
    with pytest.raises(PluginError, match="method 'evil' ended with"), at_work("method 'evil'"):
        raise ending


def test_an_error_of_a_plugin_says_where_it_was() -> None:
    with pytest.raises(ValueError, match="too odd") as caught, at_work("method 'odd'"):
        raise ValueError("too odd")

    assert caught.value.__notes__ == ["in method 'odd'"]


def test_an_interrupt_stays_an_interrupt() -> None:
    with pytest.raises(KeyboardInterrupt), at_work("method 'odd'"):
        raise KeyboardInterrupt


class Odd:
    """A scorer that returns what it is told."""

    attributes = ("a", "b")
    deviations = (1.0, 1.0)

    def __init__(self, scores: Any) -> None:
        self.scores = scores

    def score(self, images: torch.Tensor) -> Any:
        return self.scores


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        (torch.zeros(3), r"scores of shape \(3,\); expected \(3, 2\)"),
        (torch.zeros(3, 1), r"scores of shape \(3, 1\)"),
        ([[0, 0]] * 3, "a list"),
        (torch.full((3, 2), torch.nan), "scores that are not finite"),
    ],
)
@pytest.mark.robust(kind="J plugins", member="what a scorer returns")
def test_what_a_scorer_returns_is_checked_with_its_name(scores: Any, message: str) -> None:
    with pytest.raises(PluginError, match=f"scorer .*Odd returned {message}"):
        score_pictures(Odd(scores), torch.zeros(3, 3, 8, 8))


def test_a_good_scorer_passes() -> None:
    model = PixelScorer().load("cpu")

    scores = score_pictures(model, torch.zeros(3, 3, 8, 8))

    assert scores.shape == (3, len(model.attributes))
    assert sys.stdout is not sys.stderr
