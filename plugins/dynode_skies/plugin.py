"""What skies contributes to dynode; importing this module imports no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import dynode
from dynode.plugins import ScorerModel, TextImageModel, Truth
from dynode_skies.factor_table import FACTOR_NAMES
from dynode_worlds.inverter import EncoderOptions, WorldInverter

if TYPE_CHECKING:
    import click
    import torch
    from torch import Tensor, nn

    from dynode.generator import Generator, GeneratorInfo

DOMAIN = "skies"


class SkiesGenerator(dynode.GeneratorProvider):
    """The bundled StyleGAN2, distilled from the skies renderer."""

    name = "skies-128"
    summary = "procedural landscapes, 128 px, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    directions = Path(__file__).parent / "directions"
    draws_faces = False

    def load(self, device: torch.device | str) -> Generator:
        """Load the bundled weights; see `GeneratorProvider.load`."""
        from dynode_skies.bundled import load_generator

        return load_generator(device)


class SkiesVideo(dynode.GeneratorProvider):
    """The bundled StyleGAN2 with motion added to its style codes."""

    name = "skies-video"
    summary = "moving procedural landscapes, 128 px, 12.5 frames a second, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    default_video = True
    directions = SkiesGenerator.directions
    draws_faces = False
    expected_failures: ClassVar = {
        "the-fingerprint-follows-the-weights": "it is that of the still landscapes, whose directions fit"
    }

    def load(self, device: torch.device | str) -> Generator:
        """Load the bundled weights and motion; see `GeneratorProvider.load`."""
        from dynode_skies.bundled import load_video

        return load_video(device)


class SkiesTextEncoder(dynode.TextEncoder):
    """The bundled small CLIP, which knows the words of skies' captions."""

    name = "skies-clip"
    summary = "small CLIP of the skies world, bundled"
    domains = (DOMAIN,)
    neutral = "a landscape"

    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> TextImageModel:
        """Load the bundled weights, or others of the same layout; see `TextEncoder.load`."""
        from dynode_skies.text import load_clip

        return load_clip(device, weights=weights)


class SkiesScorer(dynode.Scorer):
    """The bundled predictor of skies' factors."""

    name = "skies-scorer"
    summary = "the factors of a landscape of skies, bundled"
    attributes = FACTOR_NAMES
    domains = (DOMAIN,)
    texts: ClassVar = {
        "haze": "a landscape in the fog",
        "cloud_cover": "a landscape with an overcast sky",
        "night": "a landscape at night",
        "season": "a landscape in autumn",
        "trees": "a landscape with many trees",
        "water": "a landscape with a wide lake",
    }
    identity = (
        "turn",
        "horizon",
        "ridge_height",
        "ridge_shape",
        "massif",
        "water",
        "trees",
    )

    def load(self, device: torch.device | str) -> ScorerModel:
        """Load the bundled weights; see `Scorer.load`."""
        from dynode_skies.scorer import load_scorer

        return load_scorer(device)

    def known_scores(self, info: GeneratorInfo, *, seed: int, truncation: float) -> Tensor | None:
        """Return what was read off the bundled generator's pictures; see `Scorer.known_scores`."""
        from dynode_skies.readings import bundled_readings

        return bundled_readings(info, seed=seed, truncation=truncation)

    def truth(self, info: GeneratorInfo) -> Truth | None:
        """Return the renderer's world, for generators that learned it; see `Scorer.truth`."""
        from dynode_skies.world import SKIES
        from dynode_worlds.truth import WorldTruth

        return WorldTruth.behind(SKIES, info)


@dataclass(frozen=True)
class LandscapeOptions(EncoderOptions):
    """Options of the encoder of landscapes, which reads less exactly than that of portraits."""

    steps: int = dynode.option(
        12,
        help="Steps of refinement of a picture after the encoder, at most; 3 for a quick look.",
        unit="steps",
        min=0,
        max=2000,
    )


class SkiesInverter(WorldInverter):
    """The bundled encoder of landscapes, with a short refinement."""

    name = "skies-encoder"
    summary = "codes of a landscape of skies, bundled"
    options = LandscapeOptions
    domains = (DOMAIN,)
    shown = "a landscape"

    def encoder(self, generator: Generator) -> nn.Module:
        """Load the bundled weights; see `WorldInverter.encoder`."""
        from dynode_skies.encoder import load_encoder

        return load_encoder(generator)


@dynode.hookimpl
def register_generators(register: Callable[[dynode.GeneratorProvider], None]) -> None:
    """Contribute the bundled generators of landscapes."""
    register(SkiesGenerator())
    register(SkiesVideo())


@dynode.hookimpl
def register_text_encoders(register: Callable[[dynode.TextEncoder], None]) -> None:
    """Contribute the small CLIP."""
    register(SkiesTextEncoder())


@dynode.hookimpl
def register_scorers(register: Callable[[dynode.Scorer], None]) -> None:
    """Contribute the scorer."""
    register(SkiesScorer())


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Contribute the encoder."""
    register(SkiesInverter())


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode skies`."""
    from dynode_skies.commands import skies

    register(skies)
