"""What can be said about a picture: phrases, and the factors that make them true."""

from __future__ import annotations

from dataclasses import dataclass

Between = tuple[str, float, float]


@dataclass(frozen=True)
class Trait:
    """Phrases that are true while every named factor lies in its interval.

    Attributes:
        topic: What the phrases are about; a caption mentions a topic once.
        when: (factor, lowest, highest) conditions, all of which must hold.
        adjectives: Words before the noun or after "is": "smiling".
        nouns: What the picture has: "a slight smile".
        phrases: Complements after the subject: "wearing glasses".
        weight: How likely a caption picks the trait, relative to the others.
    """

    topic: str
    when: tuple[Between, ...]
    adjectives: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    weight: float = 1.0

    def places(self) -> tuple[str, ...]:
        """Name the places in a sentence that have something to say."""
        return tuple(name for name in ("adjectives", "nouns", "phrases") if getattr(self, name))

    def everything(self) -> tuple[str, ...]:
        """List all that can be said."""
        return (*self.adjectives, *self.nouns, *self.phrases)


@dataclass(frozen=True)
class Share:
    """A factor told in percent: 0 at `start`, 100 at `end`, which may be the lower one."""

    topic: str
    factor: str
    start: float
    end: float
    nouns: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()


def article(text: str) -> str:
    """Return the indefinite article that goes before a text."""
    return "an" if text[0] in "aeiou" else "a"


def alternatives(text: str) -> tuple[str, ...]:
    """Split "a | b" into its parts."""
    return tuple(part.strip() for part in text.split("|") if part.strip())
