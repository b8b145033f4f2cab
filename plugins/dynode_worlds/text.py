"""The small CLIP of a world: pictures and captions in one space."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from dynode.errors import UnsupportedCheckpointError
from dynode.files import load_tensors
from dynode_worlds.captions import words
from dynode_worlds.towers import ReadingTower

if TYPE_CHECKING:
    from dynode_clip.model import OpenClipModel

_LOG = logging.getLogger(__name__)

ARCHITECTURE: dict[str, Any] = {  # arguments of open_clip's CLIP
    "embed_dim": 128,
    "vision_cfg": {"layers": (1, 1, 1, 1), "image_size": 64},
    "text_cfg": {"context_length": 32, "width": 128, "heads": 4, "layers": 3},
}
MEAN = STD = (0.5, 0.5, 0.5)
"""Pictures in [-1, 1] go in as they are."""


class WordTokenizer:
    """Turns captions into numbers, one a word; words it does not know are left out.

    Attributes:
        words: What it knows, in the order of the numbers.
        context_length: Longest caption, its start and end included.
    """

    def __init__(self, words: Sequence[str], context_length: int = 32) -> None:
        """Number the words: 0 is nothing, then the words, then start and end."""
        self.words = tuple(words)
        self.context_length = context_length
        self._numbers = {word: index + 1 for index, word in enumerate(self.words)}

    @property
    def size(self) -> int:
        """How many different numbers there are."""
        return len(self.words) + 3

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Number texts, (n, context_length) int64; what does not fit is cut off, with a warning."""
        numbers = torch.zeros(len(texts), self.context_length, dtype=torch.long)
        for row, text in enumerate(texts):
            inside = [self._numbers[word] for word in self.known_words(text)]
            fitting = self.context_length - 2
            if len(inside) > fitting:
                _LOG.warning(
                    "a text has %d known words; the last %d were cut off: %r",
                    len(inside),
                    len(inside) - fitting,
                    text[:60],
                )
            inside = inside[:fitting]
            line = torch.tensor([self.size - 2, *inside, self.size - 1])
            numbers[row, : len(line)] = line
        return numbers

    def known_words(self, text: str) -> list[str]:
        """List the words of a text that have a number, in order."""
        return [word for word in words(text) if word in self._numbers]

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that have none, in order."""
        return [word for word in words(text) if word not in self._numbers]


def build_network(vocabulary_size: int, width: int, *, reads: int = 0) -> nn.Module:
    """Build the two towers with random weights, as an `open_clip.CLIP`.

    Args:
        vocabulary_size: How many different numbers its texts have.
        width: Channels of the image tower's first stage.
        reads: How many factors the image tower reads (`ReadingTower`); 0 for one that learns places.
    """
    from open_clip.model import CLIP, CLIPTextCfg, CLIPVisionCfg

    text = {**ARCHITECTURE["text_cfg"], "vocab_size": vocabulary_size}
    network: nn.Module = CLIP(
        ARCHITECTURE["embed_dim"],
        vision_cfg=CLIPVisionCfg(**ARCHITECTURE["vision_cfg"], width=width),
        text_cfg=CLIPTextCfg(**text),
    )
    if reads:
        network.visual = ReadingTower(width, reads, ARCHITECTURE["embed_dim"])
    return network


def read_clip(path: Path, *, world: str, device: torch.device | str = "cpu") -> OpenClipModel:
    """Load a file that the training recipe of a world wrote.

    Raises:
        MissingWeightsError: The file is not there.
        UnsupportedCheckpointError: The file holds something else.
    """
    from dynode_clip.model import OpenClipModel

    tensors, metadata = load_tensors(path)
    tokenizer = WordTokenizer(json.loads(metadata.get("vocabulary", "[]")))
    try:
        network = _built_for(tensors, tokenizer.size)
        network.load_state_dict({name: part.float() for name, part in tensors.items()})
    except (KeyError, RuntimeError) as error:
        raise UnsupportedCheckpointError(
            f"{path.name} is not a {world} CLIP of this version; expected the file that "
            f"'dynode {world} train clip' writes: choose that one"
        ) from error
    return OpenClipModel(network.to(device), tokenizer, mean=MEAN, std=STD)


def _built_for(tensors: dict[str, Tensor], vocabulary_size: int) -> nn.Module:
    """Build the network that these weights are for."""
    if "visual.space" in tensors:
        width = len(tensors["visual.reader.stem.weight"])
        return build_network(vocabulary_size, width, reads=len(tensors["visual.space"]) // 2)
    return build_network(vocabulary_size, 2 * len(tensors["visual.conv1.weight"]))
