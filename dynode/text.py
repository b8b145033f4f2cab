"""Choosing a text-image model for a generator, and checking that it understands a text."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.errors import MissingWeightsError, OptionError
from dynode.generator.protocol import GeneratorInfo
from dynode.plugins.loaded import TextImageModel
from dynode.plugins.methods import TextEncoder

_LONGEST_TEXT = 1000
_SAME_MEANING = 1e-4  # of unit vectors in float32, rounding is a hundred times less
_REAL_CLIP = "--clip ViT-B-32-quickgelu --clip-weights FILE"


class UnknownWordsWarning(UserWarning):
    """A text holds words that mean nothing to the text-image model."""


def load_text_model(
    info: GeneratorInfo,
    *,
    device: torch.device | str,
    name: str = "",
    weights: Path | None = None,
) -> TextImageModel:
    """Load the text-image model for a generator.

    Args:
        info: The generator's description; its domain decides when nothing is named.
        device: Where the model computes.
        name: Name of a text encoder, or of an architecture of the encoder `clip`; empty to choose by
            domain.
        weights: Weights file, for encoders that bundle none.

    Raises:
        MissingWeightsError: No encoder fits the domain and none was named.
        UnknownNameError: The named encoder is not installed.
    """
    encoders = plugins.registry().text_encoders
    if name and name in encoders:
        return encoders[name].load(device, weights=weights)
    if name or weights:
        return encoders["clip"].load(device, weights=weights, architecture=name)
    return _for_domain(info).load(device)


def _for_domain(info: GeneratorInfo) -> TextEncoder:
    for encoder in plugins.registry().text_encoders:
        if info.domain in encoder.domains:
            return encoder
    raise MissingWeightsError(
        f"no text-image model is bundled for {info.name} (domain {info.domain!r}); load CLIP from a "
        f"file with {_REAL_CLIP}"
    )


def check_text(model: TextImageModel, text: str) -> str:
    """Check a text and return it without outer spaces.

    Raises:
        OptionError: It is empty, too long, or holds no word the model knows.

    Warns:
        UnknownWordsWarning: Some of its words mean nothing to the model.
    """
    stripped = text.strip()
    if not stripped:
        raise OptionError("the text is empty; expected a description such as 'smiling'")
    if len(stripped) > _LONGEST_TEXT:
        raise OptionError(
            f"the text has {len(stripped)} characters; expected at most {_LONGEST_TEXT}, a short "
            f"description such as 'smiling'"
        )
    unknown = model.unknown_words(stripped)
    if unknown and not model.known_words(stripped):
        raise OptionError(
            f"no word of {_shortened(stripped)!r} is known to the small text model; try words such as "
            f"'smiling' or 'glasses', or a real CLIP with {_REAL_CLIP}"
        )
    if unknown:
        words = ", ".join(unknown[:8])
        warnings.warn(
            f"the small text model does not know: {words}; it goes by the rest (a real CLIP knows them: "
            f"{_REAL_CLIP})",
            UnknownWordsWarning,
            stacklevel=2,
        )
    return stripped


def text_axis(model: TextImageModel, text: str, neutral: str) -> Tensor:
    """Return the unit direction (d,) from one text to another, each the mean of many prompts.

    Args:
        model: What embeds.
        text: What the picture should show.
        neutral: What it shows before.

    Raises:
        OptionError: Both mean the same to the model.

    Source:
        Patashnik et al. 2021, StyleCLIP, arXiv:2103.17249, and the 79 prompts of its code: CLIP's
        ImageNet templates without one.
    """
    axis = _ensemble(model, text) - _ensemble(model, neutral)
    if float(axis.norm()) < _SAME_MEANING:
        raise OptionError(
            f"the texts {_shortened(text)!r} and {_shortened(neutral)!r} mean the same to the model; "
            f"make --text and --neutral differ, such as 'smiling' and 'a face'"
        )
    unit: Tensor = axis / axis.norm()
    return unit


def _ensemble(model: TextImageModel, text: str) -> Tensor:
    from open_clip import OPENAI_IMAGENET_TEMPLATES

    left_out = "a photo of many x."
    kept = [make for make in OPENAI_IMAGENET_TEMPLATES if make("x") != left_out]
    mean = model.encode_texts([make(text) for make in kept]).mean(0)
    unit: Tensor = mean / mean.norm()
    return unit


def _shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
