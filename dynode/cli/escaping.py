"""Text from files and file names, made safe for a terminal."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
# Control characters, halves of pairs that stand for undecodable bytes, and format characters: those
# that turn the direction of text, and others nobody sees.
_ESCAPED = ("Cc", "Cs", "Cf", "Zl", "Zp")
_JOINERS = "\u200c\u200d"  # inside of words of Persian and of emoji


def plain(text: str) -> str:
    r"""Escape what a terminal would obey or not show.

    Args:
        text: Anything, also from strangers.

    Returns:
        The text with control characters (but line feed and tab), bidirectional and other invisible
        format characters, line separators and lone surrogates written as `\x1b` or `\u202e`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_plain, text))


def _plain(character: str) -> str:
    if character in _KEPT or character in _JOINERS:
        return character
    if unicodedata.category(character) not in _ESCAPED:
        return character
    return character.encode("unicode_escape").decode("ascii")
