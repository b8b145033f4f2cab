"""Say in words what a portrait shows: a small grammar from factors to sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from torch import Tensor

from dynode_facets.factors import FACTOR_NAMES
from dynode_facets.traits import SHARES, TRAITS
from dynode_worlds.captions import (
    Statement,
    Values,
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
    "a portrait of {}",
    "an image of {}",
    "a rendering of {}",
    "a close up of {}",
    "a drawing of {}",
    "an illustration of {}",
)
_RARE_WRAPPERS = (
    "a good photo of {}",
    "a bad photo of {}",
    "a cropped photo of {}",
    "a clean photo of {}",
    "a close up photo of {}",
    "a low resolution photo of {}",
    "a blurry photo of {}",
    "a photo of one {}",
    "a photo of the {}",
    "a nice photo of {}",
    "a cool photo of {}",
    "a weird photo of {}",
    "a cartoon of {}",
    "a painting of {}",
    "a sketch of {}",
    "a sculpture of {}",
    "a doodle of {}",
    "a rendition of {}",
    "art of {}",
    "this is {}",
    "a digital portrait of {}",
    "a face photo of {}",
    "a portrait photo of {}",
    "there is {} in the picture",
    "we see {}",
)
_MAN, _WOMAN = re.compile(r"\b(man|guy)\b"), re.compile(r"\b(woman|lady)\b")
_BEARDED = next(trait for trait in TRAITS if "bearded" in trait.adjectives)
_LONG_HAIRED = next(trait for trait in TRAITS if "long" in trait.hair)
_NEUTRAL_SUBJECTS = ("person", "person", "person", "face", "face", "human", "human face")


@dataclass
class _Mentions:
    """The phrases chosen for one caption, by their place in a sentence."""

    adjectives: list[str] = field(default_factory=list)
    nouns: list[str] = field(default_factory=list)
    phrases: list[str] = field(default_factory=list)
    hair: list[str] = field(default_factory=list)

    def with_nouns(self) -> list[str]:
        """Return what the person has, the words about hair joined into one."""
        return [*self.nouns, " ".join([*self.hair, "hair"])] if self.hair else self.nouns


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return every word that a caption can contain, sorted: words, "0" to "100", "%"."""
    others = [wrapper.format("") for wrapper in (*_COMMON_WRAPPERS, *_RARE_WRAPPERS)]
    others += [*_NEUTRAL_SUBJECTS, "man woman guy lady", "this is has with and a an hair"]
    return vocabulary_of(TRAITS, SHARES, others)


def caption(factors_row: Sequence[float] | Tensor, rng: random.Random) -> str:
    """Describe a portrait truthfully, mentioning one to four things about it.

    Args:
        factors_row: Factors of one portrait, shape (F,), in the order of
            `FACTORS`.
        rng: Source of the choices; the same state gives the same sentence.

    Returns:
        A lower-case sentence or fragment whose words are in `vocabulary()`.
        What it says holds for the factors; what it leaves out may hold too.
    """
    return described(factors_row, rng)[0]


def described(
    factors_row: Sequence[float] | Tensor, rng: random.Random
) -> tuple[str, tuple[Statement, ...]]:
    """Describe a portrait as `caption` does, and return what was said beside the sentence.

    A share's percentage is in the sentence. "Man" says what a beard says, "woman" what long hair
    says.
    """
    values = dict(zip(FACTOR_NAMES, map(float, factors_row), strict=True))
    count = statement_count(rng)
    mentions = _Mentions()
    said = chosen_statements(TRAITS, SHARES, values, count, rng)
    for item in said:
        _mention(mentions, item, values, rng)
    form = one_of_three(rng, _description, _fragment, _statement)
    text = form(mentions, values, rng)
    implied = [_BEARDED] if _MAN.search(text) else []
    implied += [_LONG_HAIRED] if _WOMAN.search(text) else []
    return text, (*said, *implied)


def _mention(mentions: _Mentions, item: Statement, values: Values, rng: random.Random) -> None:
    """Put one phrase for a trait where it belongs in the sentence."""
    if isinstance(item, Share):
        place, text = share_phrase(item, values[item.factor], rng)
        getattr(mentions, place).append(text)
        return
    place = rng.choice(item.places())
    # Length goes before colour: "long blonde hair".
    position = 0 if item.topic == "hair length" else len(getattr(mentions, place))
    getattr(mentions, place).insert(position, rng.choice(getattr(item, place)))


def _description(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "a photo of an old person with glasses and long hair, looking left"."""
    text = " ".join([*mentions.adjectives, _subject(values, rng)])
    nouns = mentions.with_nouns()
    if nouns:
        text += " with " + enumeration(nouns)
    if mentions.phrases:
        text += rng.choice((" ", ", ")) + enumeration(mentions.phrases)
    return wrapped(text, rng, _COMMON_WRAPPERS, _RARE_WRAPPERS)


def _fragment(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "smiling, long hair": what people type when they are in a hurry."""
    parts = [*mentions.adjectives, *mentions.with_nouns(), *mentions.phrases]
    return rng.choice((", ", " and ")).join(parts)


def _statement(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "this person is smiling and has long hair"."""
    parts = []
    if mentions.adjectives:
        parts.append("is " + enumeration(mentions.adjectives))
    if mentions.with_nouns():
        parts.append("has " + enumeration(mentions.with_nouns()))
    text = f"this {_subject(values, rng)} " + " and ".join(parts)
    return ", ".join([text.strip(), *mentions.phrases])


def _subject(values: Values, rng: random.Random) -> str:
    """Say man or woman only where the picture suggests it, and not always then."""
    if values["beard"] > 0.2 and rng.random() < 0.6:
        return rng.choice(("man", "man", "guy"))
    if values["hair_length"] > 0.4 and values["beard"] < -0.4 and rng.random() < 0.6:
        return rng.choice(("woman", "woman", "lady"))
    return rng.choice(_NEUTRAL_SUBJECTS)
