"""Which words of a description say what to change, and which only frame it."""

from __future__ import annotations

from collections.abc import Iterable

_FUNCTION_WORDS = """
    a an the this that these those one some any all each every other another such
    i me my we us our you your he him his she her hers it its they them their who whose which what
    of in on at to from with without by for as into onto over under about between like than
    and or but not no nor so if then there here when where while
    is are was were be been being am has have had do does did don t s
    can could will would shall should may might must make makes made making get gets give let
    very more most much less least too also just only really quite rather
    see sees look looks looking wear wears wearing facing turned
"""
"""Words of English grammar, and verbs that say nothing alone: "looking like a pirate"."""

_FRAME_WORDS = """
    photo photograph picture image portrait rendering rendition drawing illustration painting sketch
    sculpture doodle art cartoon digital cropped blurry resolution low clean close good bad nice cool
    weird person people someone somebody face human neutral normal ordinary average
    landscape scene scenery view postcard
"""
"""Words that say of what kind the picture is, or what everybody has: "a good photo of a neutral face"."""

_EMPTY = frozenset(f"{_FUNCTION_WORDS} {_FRAME_WORDS}".split())


def content_words(words: Iterable[str]) -> list[str]:
    """Keep the words that say what to change, in order, each once.

    Args:
        words: In lower case.

    Returns:
        Those without words of grammar, words of the kind of picture, and bare numbers.

    Examples:
        >>> content_words("a good photo of a smiling person".split())
        ['smiling']
    """
    return [word for word in dict.fromkeys(words) if word not in _EMPTY and word.isalpha()]
