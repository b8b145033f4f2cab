"""A scorer and a text-image model for tiny generators, so that every method can be tried."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from dynode import plugins
from dynode.plugins.methods import TextEncoder
from dynode.testing.scorers import PixelScorer

_WORDS = {
    "light": (1.0, 1.0, 1.0),
    "dark": (-1.0, -1.0, -1.0),
    "red": (1.0, -1.0, -1.0),
    "green": (-1.0, 1.0, -1.0),
    "blue": (-1.0, -1.0, 1.0),
    "smiling": (1.0, 0.5, -0.5),
    "face": (0.2, 0.1, 0.1),
}


class ColourModel:
    """A text-image model that knows a few colours: pictures are their mean colour.

    Attributes:
        image_size: Side of the square input in pixels.
        vocabulary: The words it knows.
    """

    image_size = 16
    vocabulary = tuple(_WORDS)

    def __init__(self, device: torch.device | str = "cpu") -> None:
        """Make the model for a device, on which its texts are embedded."""
        self.device = torch.device(device)

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        """Embed pictures (n, 3, 16, 16) in [-1, 1]: (n, 4) of unit norm."""
        means = images.mean((2, 3)) * (1.0 if normalize else 0.5)
        return functional.normalize(functional.pad(means, (0, 1), value=0.1), dim=1)

    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: (n, 4) of unit norm, the mean of the known words."""
        rows = []
        for text in texts:
            words = torch.tensor([_WORDS[word] for word in self.known_words(text)] or [(0.0,) * 3])
            rows.append(functional.pad(words.mean(0), (0, 1), value=0.1))
        return functional.normalize(torch.stack(rows), dim=1).to(self.device)

    def unknown_words(self, text: str) -> list[str]:
        """List the words that are no known colour."""
        return [word for word in text.lower().split() if word not in _WORDS]

    def known_words(self, text: str) -> list[str]:
        """List the known colours."""
        return [word for word in text.lower().split() if word in _WORDS]


class ColourWords(TextEncoder):
    """Brings `ColourModel` to the registry, for the domain of tiny generators.

    Examples:
        >>> ColourWords().load("cpu").encode_texts(["red", "light blue"]).shape
        torch.Size([2, 4])
    """

    name = "colour-words"
    summary = "colours by name, for tiny generators"
    domains = ("noise",)

    def load(
        self, device: torch.device | str, *, weights: Path | None = None, architecture: str = ""
    ) -> ColourModel:
        """Make the model; there is nothing to load."""
        return ColourModel(device)


@contextlib.contextmanager
def stand_ins() -> Iterator[plugins.Registry]:
    """Register `PixelScorer` and `ColourWords` for the block, beside what is registered.

    Text-image models and scorers of real plugins have weights and domains of their own; these work
    on `tiny_generator`, whose domain is `noise`.
    """
    registry = plugins.registry()
    scorer, encoder = PixelScorer(), ColourWords()
    with registry.scorers.restored(), registry.text_encoders.restored():
        if scorer.name not in registry.scorers:
            registry.scorers.add(scorer, "dynode.testing")
        if encoder.name not in registry.text_encoders:
            registry.text_encoders.add(encoder, "dynode.testing")
        yield registry
