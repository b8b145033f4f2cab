"""Hooks of the facets plugin: the bundled generator, its models and its commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

import dynode
from dynode.plugins import Progress, ScorerModel, TextImageModel, Truth
from dynode_facets.factor_table import FACTOR_NAMES

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from dynode.generator import Generator, GeneratorInfo
    from dynode.latents import Latents

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
        from dynode_facets.truth import FacetsTruth

        return FacetsTruth.behind(info)


@dataclass(frozen=True)
class EncoderOptions:
    """Options of the bundled encoder."""

    steps: int = dynode.option(
        3,
        help="Steps of refinement of a picture after the encoder, at most; 60 for the last decibels.",
        unit="steps",
        min=0,
        max=2000,
    )
    each_frame: bool = dynode.option(
        False, help="Refine every frame of a clip by itself, not key frames for their neighbours."
    )
    any_picture: bool = dynode.option(False, help="Accept pictures that the generator cannot draw.")


class FacetsInverter(dynode.Inverter):
    """The bundled encoder of facets portraits, with a short refinement."""

    name = "facets-encoder"
    summary = "codes of a facets portrait, bundled"
    options = EncoderOptions
    check_options: ClassVar = {"steps": 2}
    domains = (DOMAIN,)

    def invert(
        self,
        generator: Generator,
        images: Tensor,
        options: EncoderOptions,
        *,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes; see `Inverter.invert`."""
        from dynode_facets.inversion import invert

        return invert(generator, images, options, progress=progress)

    def invert_next(
        self,
        generator: Generator,
        images: Tensor,
        options: EncoderOptions,
        *,
        before: tuple[Tensor, Latents] | None,
        seed: int,
        progress: Progress,
    ) -> Latents:
        """Find codes of the next frames of a clip; see `Inverter.invert_next`."""
        from dynode_facets import inversion

        if options.each_frame:
            return self.invert(generator, images, options, seed=seed, progress=progress)
        return inversion.invert_next(generator, images, options, before=before)

    def even_out(self, latents: Latents, options: EncoderOptions) -> Latents:
        """Even out the codes of a clip; see `Inverter.even_out`."""
        from dynode_facets.inversion import evened

        return latents if options.each_frame else latents.with_w(evened(latents.w))


@dynode.hookimpl
def register_generators(register: Callable[[dynode.GeneratorProvider], None]) -> None:
    """Contribute the bundled generators."""
    register(FacetsGenerator())
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
