"""Hooks of the facets plugin: the bundled generator, its models and its commands."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

import dynode
from dynode.plugins import ScorerModel, TextImageModel, Truth
from dynode_facets.factor_table import FACTOR_NAMES
from dynode_worlds.inverter import WorldInverter

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from dynode.generator import Generator, GeneratorInfo

DOMAIN = "facets"


class FacetsGenerator(dynode.GeneratorProvider):
    """The bundled StyleGAN2, distilled from the facets renderer."""

    name = "facets-128"
    summary = "procedural portraits, 128 px, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    default = True
    directions = Path(__file__).parent / "directions"

    def load(self, device: torch.device | str) -> Generator:
        """Load the bundled weights; see `GeneratorProvider.load`."""
        from dynode_facets.bundled import load_generator

        return load_generator(device)


class FinerFacets(dynode.GeneratorProvider):
    """The bundled StyleGAN2 with a further block: the same codes, at twice the size."""

    name = "facets-256"
    summary = "the portraits of facets-128, 256 px, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    default_live = True
    directions = FacetsGenerator.directions

    def load(self, device: torch.device | str) -> Generator:
        """Load both files of weights; see `GeneratorProvider.load`."""
        from dynode_facets.bundled import load_finer

        return load_finer(device)


class FacetsVideo(dynode.GeneratorProvider):
    """The bundled StyleGAN2 with motion added to its style codes."""

    name = "facets-video"
    summary = "moving procedural portraits, 128 px, 25 frames a second, bundled"
    licence = "Apache-2.0"
    domain = DOMAIN
    default_video = True
    directions = FacetsGenerator.directions
    expected_failures: ClassVar = {
        "the-fingerprint-follows-the-weights": "it is that of the still portraits, whose directions fit"
    }

    def load(self, device: torch.device | str) -> Generator:
        """Load the bundled weights and motion; see `GeneratorProvider.load`."""
        from dynode_facets.bundled import load_video

        return load_video(device)


class FacetsTextEncoder(dynode.TextEncoder):
    """The bundled small CLIP, which knows the words of facets' captions."""

    name = "facets-clip"
    summary = "small CLIP of the facets world, bundled"
    domains = (DOMAIN,)

    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> TextImageModel:
        """Load the bundled weights, or others of the same layout; see `TextEncoder.load`."""
        from dynode_facets.text import load_clip

        return load_clip(device, weights=weights)


class FacetsScorer(dynode.Scorer):
    """The bundled predictor of facets' factors."""

    name = "facets-scorer"
    summary = "the factors of a facets portrait, bundled"
    attributes = FACTOR_NAMES
    domains = (DOMAIN,)
    texts: ClassVar = {
        "smile": "a smiling face",
        "age": "an old face",
        "glasses": "a face with glasses",
        "yaw": "head turned to the right",
        "eye_open": "eyes wide open",
        "beard": "a man with a beard",
    }
    identity = (
        "face_width",
        "jaw",
        "nose_size",
        "skin",
        "eye_hue",
        "beard",
        "hair_length",
        "age",
    )

    def load(self, device: torch.device | str) -> ScorerModel:
        """Load the bundled weights; see `Scorer.load`."""
        from dynode_facets.scorer import load_scorer

        return load_scorer(device)

    def known_scores(self, info: GeneratorInfo, *, seed: int, truncation: float) -> Tensor | None:
        """Return what was read off the bundled generator's portraits; see `Scorer.known_scores`."""
        from dynode_facets.readings import bundled_readings

        return bundled_readings(info, seed=seed, truncation=truncation)

    def truth(self, info: GeneratorInfo) -> Truth | None:
        """Return the renderer's world, for generators that learned it; see `Scorer.truth`."""
        from dynode_facets.world import FACETS
        from dynode_worlds.truth import WorldTruth

        return WorldTruth.behind(FACETS, info)


class FacetsInverter(WorldInverter):
    """The bundled encoder of facets portraits, with a short refinement."""

    name = "facets-encoder"
    summary = "codes of a facets portrait, bundled"
    domains = (DOMAIN,)
    shown = "a portrait"

    def encoder(self, generator: Generator) -> nn.Module:
        """Load the bundled weights; see `WorldInverter.encoder`."""
        from dynode_facets.encoder import load_encoder

        return load_encoder(generator.device)


@dynode.hookimpl
def register_generators(register: Callable[[dynode.GeneratorProvider], None]) -> None:
    """Contribute the bundled generators."""
    register(FacetsGenerator())
    register(FinerFacets())
    register(FacetsVideo())


@dynode.hookimpl
def register_text_encoders(register: Callable[[dynode.TextEncoder], None]) -> None:
    """Contribute the small CLIP."""
    register(FacetsTextEncoder())


@dynode.hookimpl
def register_scorers(register: Callable[[dynode.Scorer], None]) -> None:
    """Contribute the scorer."""
    register(FacetsScorer())


@dynode.hookimpl
def register_inverters(register: Callable[[dynode.Inverter], None]) -> None:
    """Contribute the encoder."""
    register(FacetsInverter())


@dynode.hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute `dynode facets`."""
    from dynode_facets.commands import facets

    register(facets)
