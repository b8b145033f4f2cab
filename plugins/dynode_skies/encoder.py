"""The encoder of landscapes: what the image tower of the bundled CLIP reads, laid into w."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from dynode_skies.text import load_clip
from dynode_skies.w_space import CODE_SPACE
from dynode_worlds.reading_encoder import ReadingEncoder
from dynode_worlds.towers import ReadingTower

if TYPE_CHECKING:
    import torch
    from torch import nn

    from dynode.generator import Generator


def load_encoder(generator: Generator) -> ReadingEncoder:
    """Make the encoder of a generator's codes, on its device, frozen.

    Raises:
        MissingWeightsError: The file of the CLIP is not there.
    """
    info = generator.info
    return ReadingEncoder(_reader(generator.device), CODE_SPACE, info.num_layers, info.w_dim)


@lru_cache(maxsize=2)
def _reader(device: torch.device) -> nn.Module:
    tower = load_clip(device).network.visual
    assert isinstance(tower, ReadingTower)
    return tower.reader
