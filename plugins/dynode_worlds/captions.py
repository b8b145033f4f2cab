"""Say in words what a picture shows: what small grammars of different worlds share."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Sequence
from typing import TypeVar

from dynode_worlds.traits import Share, Trait, article

_COUNTS, _COUNT_ODDS = (1, 2, 3, 4), (0.45, 0.28, 0.17, 0.10)
_SHARE_ODDS = 0.18
_WORD = re.compile(r"[^\W\d_]+|\d+|%")

Form = TypeVar("Form")
Values = dict[str, float]
Statement = Trait | Share


def words(text: str) -> tuple[str, ...]:
    """Split a sentence into the words a text encoder sees.

    Lower case; letters of any script, numbers and the percent sign are kept, "70%" becoming
    two words; all other punctuation is dropped.
    """
    return tuple(_WORD.findall(text.lower()))


def vocabulary_of(
    traits: Iterable[Trait], shares: Iterable[Share], others: Iterable[str]
) -> tuple[str, ...]:
    """Return every word of a grammar, sorted: words, "0" to "100", "%"."""
    said = [text for trait in traits for text in trait.everything()]
    said += [text.replace("{}%", "") for share in shares for text in (*share.nouns, *share.phrases)]
    found = {word for text in (*said, *others) for word in words(text)}
    return tuple(sorted(found | {str(number) for number in range(101)} | {"%"}))


def holds(trait: Trait, values: Values) -> bool:
    """Tell whether every condition of a trait is met."""
    return all(low <= values[name] <= high for name, low, high in trait.when)


def percentage(share: Share, value: float) -> float:
    """Return how much of a share a factor shows; outside 0 to 100 it cannot be said."""
    return 100.0 * (value - share.start) / (share.end - share.start)


def statement_count(rng: random.Random) -> int:
    """Draw how many things a caption mentions."""
    return rng.choices(_COUNTS, _COUNT_ODDS)[0]


def chosen_statements(
    traits: Sequence[Trait], shares: Sequence[Share], values: Values, count: int, rng: random.Random
) -> list[Statement]:
    """Draw true traits on different topics, some of them replaced by a percentage."""
    true = [trait for trait in traits if holds(trait, values)]
    ranked = sorted(true, key=lambda trait: rng.random() ** (1.0 / trait.weight), reverse=True)
    topics: dict[str, Statement] = {}
    for trait in ranked:
        topics.setdefault(trait.topic, trait)
    chosen = list(topics.values())[:count]
    if rng.random() < _SHARE_ODDS:
        share = rng.choice([s for s in shares if 1 <= percentage(s, values[s.factor]) <= 100])
        chosen = [share, *(item for item in chosen[1:] if item.topic != share.topic)]
    return chosen


def share_phrase(share: Share, value: float, rng: random.Random) -> tuple[str, str]:
    """Return where in a sentence a share goes, and its phrase with the percentage."""
    options = [("nouns", text) for text in share.nouns]
    options += [("phrases", text) for text in share.phrases]
    place, text = rng.choice(options)
    step = rng.choice((1, 5, 10))
    amount = round(percentage(share, value) / step) * step
    return place, text.replace("{}", str(amount))


def enumeration(parts: Sequence[str]) -> str:
    """Join parts by commas and an "and"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def wrapped(text: str, rng: random.Random, common: Sequence[str], rare: Sequence[str]) -> str:
    """Put "a photo of {}" or the like around a text, or nothing but its article."""
    draw = rng.random()
    if draw < 0.45:
        return f"{article(text)} {text}"
    wrapper = rng.choice(common if draw < 0.82 else rare)
    bare = wrapper.endswith(("one {}", "the {}"))
    return wrapper.format(text if bare else f"{article(text)} {text}")


def one_of_three(rng: random.Random, description: Form, fragment: Form, statement: Form) -> Form:
    """Draw the form of a sentence: most are descriptions, some what people type in a hurry."""
    draw = rng.random()
    if draw < 0.62:
        return description
    return fragment if draw < 0.88 else statement
