"""Choosing a text-image model for a generator, and checking that it understands a text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.content_words import content_words
from dynode.errors import MissingWeightsError, OptionError
from dynode.generator.protocol import GeneratorInfo
from dynode.models import here, present
from dynode.plugins.loaded import LimitedTextModel, TextImageModel
from dynode.plugins.methods import TextEncoder

_LONGEST_TEXT = 1000
_SAME_MEANING = 1e-4  # of unit vectors in float32, rounding is a hundred times less
_ALIKE = 0.75  # difflib's ratio: a letter or two away
_WEAK = 0.3  # standard deviations
_ANY = "clip"  # the encoder that reads files for pictures of any kind
_REAL_CLIP = "--clip ViT-B-32-quickgelu --clip-weights FILE"


class UnknownWordsWarning(UserWarning):
    """A text holds words that mean nothing to the text-image model."""


class WeakEditWarning(UserWarning):
    """What a text asked for hardly changed the pictures."""


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
        weights: Weights file, for encoders that bundle none. Nothing named and nothing bundled for the
            domain, fetched ones are taken (`dynode models`).

    Raises:
        MissingWeightsError: No encoder fits the domain and none was named or fetched.
        UnknownNameError: The named encoder is not installed.
    """
    encoders = plugins.registry().text_encoders
    if name and name in encoders:
        return encoders[name].load(device, weights=weights)
    if name or weights:
        return encoders[_ANY].load(device, weights=weights, architecture=name)
    for encoder in encoders:
        if info.domain in encoder.domains:
            return encoder.load(device)
    fetched = here("text encoder")
    if fetched is not None and _ANY in encoders:
        return encoders[_ANY].load(device, weights=present(fetched), architecture=fetched.purpose)
    raise MissingWeightsError(
        f"no text-image model is bundled for {info.name} (domain {info.domain!r}); fetch CLIP with 'dynode "
        f"models fetch clip-vit-b-32', or load it from a file with {_REAL_CLIP}"
    )


def neutral_text(domain: str, given: str = "") -> str:
    """Say what pictures of a domain show before an edit.

    Args:
        domain: What the generator draws.
        given: What the user said; empty to choose.

    Returns:
        What was given, or what the text encoder of the domain says, or "a face" where none is known.
    """
    if given.strip():
        return given
    encoders = [one for one in plugins.registry().text_encoders if domain in one.domains]
    return encoders[0].neutral if encoders else TextEncoder.neutral


def check_text(model: TextImageModel, text: str) -> str:
    """Check a text and return it without outer spaces.

    Raises:
        OptionError: It is empty or too long, or the model knows no word of it that says something.

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
    known, unknown = model.known_words(stripped), model.unknown_words(stripped)
    lost, followed = content_words(unknown), content_words(known)
    if (lost and not followed) or (not known and (unknown or _vocabulary(model))):
        raise OptionError(_says_nothing(model, stripped, lost or unknown))
    if lost:
        warnings.warn(
            f"the small text model does not know: {', '.join(lost[:8])}; it follows only: "
            f"{', '.join(followed[:8])} (a real CLIP knows all words: {_REAL_CLIP})",
            UnknownWordsWarning,
            stacklevel=2,
        )
    return stripped


def _vocabulary(model: TextImageModel) -> tuple[str, ...]:
    return model.vocabulary if isinstance(model, LimitedTextModel) else ()


def _says_nothing(model: TextImageModel, text: str, lost: Sequence[str]) -> str:
    """Say that a text would be followed in nothing, what is nearest, and what is known."""
    words = content_words(_vocabulary(model))
    nearest = [near for word in lost for near in get_close_matches(word, words, 1, _ALIKE)]
    meant = f"; did you mean {' '.join(nearest)!r}?" if nearest else ";"
    named = f" (unknown: {', '.join(lost[:8])})" if lost else ""
    told = f"it knows: {', '.join(words)}" if words else "try words such as 'smiling' or 'snow'"
    return (
        f"the small text model knows no word of {_shortened(text)!r} that says what to change{named}"
        f"{meant} a real CLIP knows all words: {_REAL_CLIP}; {told}"
    )


def warn_of_weak_edit(text: str, changes: Mapping[str, float], strength: float = 1.0) -> None:
    """Warn that the edit of a text hardly did anything.

    Args:
        text: What was asked for.
        changes: Mean change of each attribute in standard deviations; empty if nothing measures it.
        strength: What the edit was multiplied by; below 1, less is expected of it.

    Warns:
        WeakEditWarning: Nothing moved by 0.3 standard deviations.
    """
    if not changes or not strength:
        return
    name, change = max(changes.items(), key=lambda item: abs(item[1]))
    if abs(change) >= _WEAK * min(1.0, abs(strength)):
        return
    warnings.warn(
        f"{_shortened(text)!r} hardly changed anything: most moved {name.replace('_', ' ')}, by "
        f"{change:+.1f} standard deviations (below {_WEAK:g}); try other words, a higher --strength, "
        f"another --plugin that takes a text ('dynode plugins'), or a ready direction "
        f"('dynode directions list')",
        WeakEditWarning,
        stacklevel=3,
    )


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
            f"make --text and --neutral differ, such as 'smiling' and 'a face', or 'snow' and 'a landscape'"
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
