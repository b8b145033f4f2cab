"""Say in words what a landscape shows: a small grammar from factors to sentences."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from torch import Tensor

from dynode_skies.factor_table import FACTOR_NAMES
from dynode_skies.traits import SHARES, TRAITS
from dynode_worlds.captions import (
    Statement,
    chosen_statements,
    enumeration,
    one_of_three,
    share_phrase,
    statement_count,
    vocabulary_of,
    wrapped,
)
from dynode_worlds.traits import Share

_COMMON_WRAPPERS = (
    "a photo of {}",
    "a picture of {}",
    "an image of {}",
    "a view of {}",
    "a painting of {}",
    "a drawing of {}",
    "a rendering of {}",
)
_RARE_WRAPPERS = (
    "a good photo of {}",
    "a bad photo of {}",
    "a blurry photo of {}",
    "a low resolution photo of {}",
    "a photo of the {}",
    "a photo of one {}",
    "a nice photo of {}",
    "a beautiful photo of {}",
    "a cartoon of {}",
    "a sketch of {}",
    "an illustration of {}",
    "a postcard of {}",
    "this is {}",
    "there is {} in the picture",
    "we see {}",
)
_SUBJECTS = (
    "landscape",
    "landscape",
    "landscape",
    "scene",
    "lake",
    "mountain lake",
    "valley",
    "place",
)


@dataclass
class _Mentions:
    """The phrases chosen for one caption, by their place in a sentence."""

    adjectives: list[str] = field(default_factory=list)
    nouns: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return every word that a caption can contain, sorted: words, "0" to "100", "%"."""
    others = [wrapper.format("") for wrapper in (*_COMMON_WRAPPERS, *_RARE_WRAPPERS)]
    others += [*_SUBJECTS, "this is has with and a an"]
    return vocabulary_of(TRAITS, SHARES, others)


def caption(factors_row: Sequence[float] | Tensor, rng: random.Random) -> str:
    """Describe a landscape truthfully, mentioning one to four things about it.

    Args:
        factors_row: Factors of one landscape, shape (F,), in the order of `FACTORS`.
        rng: Source of the choices; the same state gives the same sentence.

    Returns:
        A lower-case sentence or fragment whose words are in `vocabulary()`.
        What it says holds for the factors; what it leaves out may hold too.
    """
    return described(factors_row, rng)[0]


def described(
    factors_row: Sequence[float] | Tensor, rng: random.Random
) -> tuple[str, tuple[Statement, ...]]:
    """Describe a landscape as `caption` does, and return what was said beside the sentence."""
    values = dict(zip(FACTOR_NAMES, map(float, factors_row), strict=True))
    said = chosen_statements(TRAITS, SHARES, values, statement_count(rng), rng)
    mentions = _Mentions()
    for item in said:
        if isinstance(item, Share):
            place, text = share_phrase(item, values[item.factor], rng)
        else:
            place = rng.choice(item.places())
            text = rng.choice(getattr(item, place))
        getattr(mentions, place).append(text)
    form = one_of_three(rng, _description, _fragment, _statement)
    return form(mentions, rng), tuple(said)


def _description(mentions: _Mentions, rng: random.Random) -> str:
    """Form "a photo of a snowy landscape with clouds and a wide lake, at night"."""
    text = " ".join([*mentions.adjectives, rng.choice(_SUBJECTS)])
    if mentions.nouns:
        text += " with " + enumeration(mentions.nouns)
    if mentions.phrases:
        text += rng.choice((" ", ", ")) + enumeration(mentions.phrases)
    return wrapped(text, rng, _COMMON_WRAPPERS, _RARE_WRAPPERS)


def _fragment(mentions: _Mentions, rng: random.Random) -> str:
    """Form "sunset, clouds": what people type when they are in a hurry."""
    parts = [*mentions.adjectives, *mentions.nouns, *mentions.phrases]
    return rng.choice((", ", " and ")).join(parts)


def _statement(mentions: _Mentions, rng: random.Random) -> str:
    """Form "this landscape is snowy and has high mountains, at night"."""
    parts = []
    if mentions.adjectives:
        parts.append("is " + enumeration(mentions.adjectives))
    if mentions.nouns:
        parts.append("has " + enumeration(mentions.nouns))
    text = f"this {rng.choice(_SUBJECTS)} " + " and ".join(parts)
    return ", ".join([text.strip(), *mentions.phrases])
