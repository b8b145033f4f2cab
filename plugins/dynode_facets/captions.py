"""Say in words what a portrait shows: a small grammar from factors to sentences."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from torch import Tensor

from dynode_facets.factors import FACTOR_NAMES
from dynode_facets.traits import SHARES, TRAITS, Share, Trait, article

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
_NEUTRAL_SUBJECTS = ("person", "person", "person", "face", "face", "human", "human face")
_COUNTS, _COUNT_ODDS = (1, 2, 3, 4), (0.45, 0.28, 0.17, 0.10)
_SHARE_ODDS = 0.18
_WORD = re.compile(r"[^\W\d_]+|\d+|%")

Values = dict[str, float]


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


def words(text: str) -> tuple[str, ...]:
    """Split a sentence into the words a text encoder sees.

    Lower case; letters of any script, numbers and the percent sign are kept, "70%" becoming
    two words; all other punctuation is dropped.
    """
    return tuple(_WORD.findall(text.lower()))


@lru_cache(maxsize=1)
def vocabulary() -> tuple[str, ...]:
    """Return every word that a caption can contain, sorted: words, "0" to "100", "%"."""
    said = [text for trait in TRAITS for text in _everything(trait)]
    said += [text.replace("{}%", "") for share in SHARES for text in (*share.nouns, *share.phrases)]
    said += [wrapper.format("") for wrapper in (*_COMMON_WRAPPERS, *_RARE_WRAPPERS)]
    said += [*_NEUTRAL_SUBJECTS, "man woman guy lady", "this is has with and a an hair"]
    found = {word for text in said for word in words(text)}
    return tuple(sorted(found | {str(number) for number in range(101)} | {"%"}))


def _everything(trait: Trait) -> tuple[str, ...]:
    return (*trait.adjectives, *trait.nouns, *trait.phrases, *trait.hair)


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
) -> tuple[str, tuple[Trait | Share, ...]]:
    """Describe a portrait as `caption` does, and return what was said beside the sentence.

    A share's percentage is in the sentence, and so is the subject: "man" and "woman" also say
    something about the portrait.
    """
    values = dict(zip(FACTOR_NAMES, map(float, factors_row), strict=True))
    count = rng.choices(_COUNTS, _COUNT_ODDS)[0]
    mentions = _Mentions()
    said = _choice(values, count, rng)
    for item in said:
        _mention(mentions, item, values, rng)
    return _form(rng)(mentions, values, rng), tuple(said)


def holds(trait: Trait, values: Values) -> bool:
    """Tell whether every condition of a trait is met."""
    return all(low <= values[name] <= high for name, low, high in trait.when)


def percentage(share: Share, value: float) -> float:
    """Return how much of a share a factor shows; outside 0 to 100 it cannot be said."""
    return 100.0 * (value - share.start) / (share.end - share.start)


def _choice(values: Values, count: int, rng: random.Random) -> list[Trait | Share]:
    """Draw true traits on different topics, some of them replaced by a percentage."""
    true = [trait for trait in TRAITS if holds(trait, values)]
    ranked = sorted(true, key=lambda trait: rng.random() ** (1.0 / trait.weight), reverse=True)
    topics: dict[str, Trait | Share] = {}
    for trait in ranked:
        topics.setdefault(trait.topic, trait)
    chosen = list(topics.values())[:count]
    if rng.random() < _SHARE_ODDS:
        share = rng.choice([s for s in SHARES if 1 <= percentage(s, values[s.factor]) <= 100])
        chosen = [share, *(item for item in chosen[1:] if item.topic != share.topic)]
    return chosen


def _mention(mentions: _Mentions, item: Trait | Share, values: Values, rng: random.Random) -> None:
    """Put one phrase for a trait where it belongs in the sentence."""
    if isinstance(item, Share):
        options = [("nouns", text) for text in item.nouns]
        options += [("phrases", text) for text in item.phrases]
        place, text = rng.choice(options)
        step = rng.choice((1, 5, 10))
        amount = round(percentage(item, values[item.factor]) / step) * step
        getattr(mentions, place).append(text.replace("{}", str(amount)))
        return
    places = [name for name in ("adjectives", "nouns", "phrases", "hair") if getattr(item, name)]
    place = rng.choice(places)
    # Length goes before colour: "long blonde hair".
    position = 0 if item.topic == "hair length" else len(getattr(mentions, place))
    getattr(mentions, place).insert(position, rng.choice(getattr(item, place)))


def _form(rng: random.Random) -> Callable[[_Mentions, Values, random.Random], str]:
    draw = rng.random()
    if draw < 0.62:
        return _description
    return _fragment if draw < 0.88 else _statement


def _description(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "a photo of an old person with glasses and long hair, looking left"."""
    text = " ".join([*mentions.adjectives, _subject(values, rng)])
    nouns = mentions.with_nouns()
    if nouns:
        text += " with " + _enumeration(nouns)
    if mentions.phrases:
        text += rng.choice((" ", ", ")) + _enumeration(mentions.phrases)
    return _wrapped(text, rng)


def _fragment(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "smiling, long hair": what people type when they are in a hurry."""
    parts = [*mentions.adjectives, *mentions.with_nouns(), *mentions.phrases]
    return rng.choice((", ", " and ")).join(parts)


def _statement(mentions: _Mentions, values: Values, rng: random.Random) -> str:
    """Form "this person is smiling and has long hair"."""
    parts = []
    if mentions.adjectives:
        parts.append("is " + _enumeration(mentions.adjectives))
    if mentions.with_nouns():
        parts.append("has " + _enumeration(mentions.with_nouns()))
    text = f"this {_subject(values, rng)} " + " and ".join(parts)
    return ", ".join([text.strip(), *mentions.phrases])


def _subject(values: Values, rng: random.Random) -> str:
    """Say man or woman only where the picture suggests it, and not always then."""
    if values["beard"] > 0.2 and rng.random() < 0.6:
        return rng.choice(("man", "man", "guy"))
    if values["hair_length"] > 0.4 and values["beard"] < -0.4 and rng.random() < 0.6:
        return rng.choice(("woman", "woman", "lady"))
    return rng.choice(_NEUTRAL_SUBJECTS)


def _enumeration(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _wrapped(text: str, rng: random.Random) -> str:
    draw = rng.random()
    if draw < 0.45:
        return f"{article(text)} {text}"
    wrapper = rng.choice(_COMMON_WRAPPERS if draw < 0.82 else _RARE_WRAPPERS)
    bare = wrapper.endswith(("one {}", "the {}"))
    return wrapper.format(text if bare else f"{article(text)} {text}")
