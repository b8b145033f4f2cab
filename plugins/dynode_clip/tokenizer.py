"""The tokenizer of CLIP: byte pairs, so that no word is unknown to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from torch import Tensor

_LOG = logging.getLogger(__name__)
_WORD = re.compile(r"[^\W_]+")


class BytePairTokenizer:
    """open_clip's tokenizer, with the vocabulary that comes with that package.

    Attributes:
        words: Empty: any word is spelt out.
    """

    words: tuple[str, ...] = ()

    def __init__(self, context_length: int = 77) -> None:
        """Read the vocabulary.

        Args:
            context_length: Longest text in tokens, start and end included.
        """
        from open_clip.tokenizer import SimpleTokenizer

        self._tokenizer = SimpleTokenizer(context_length=context_length)
        self._context_length = context_length

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Number texts, (n, context_length) int64; what does not fit is cut off, with a warning."""
        for text in texts:
            count = len(self._tokenizer.encode(text)) + 2
            if count > self._context_length:
                _LOG.warning(
                    "a text takes %d tokens; the last %d were cut off: %r",
                    count,
                    count - self._context_length,
                    text[:60],
                )
        numbers: Tensor = self._tokenizer(list(texts))
        return numbers

    def known_words(self, text: str) -> list[str]:
        """List the words of a text, in order: all of them are known."""
        return _WORD.findall(text.lower())

    def unknown_words(self, text: str) -> list[str]:
        """Return an empty list: any word is spelt out in byte pairs."""
        return []
