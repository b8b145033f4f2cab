"""A tiny generator whose pictures a pixel scorer understands."""

from __future__ import annotations

import pytest

from dynode import plugins
from dynode.scoring.choosing import ChosenScorer
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import PixelScorer, tiny_generator
from dynode.testing.scorers import PixelScorerModel


@pytest.fixture(scope="session")
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, channels=8)


@pytest.fixture
def light() -> ChosenScorer:
    """The pixel scorer, asked for lightness."""
    return ChosenScorer("pixels", PixelScorerModel(), "light")


@pytest.fixture
def pixels_registered() -> None:
    """The pixel scorer as an installed plugin would bring it."""
    plugins.registry().scorers.add(PixelScorer(), "test")
