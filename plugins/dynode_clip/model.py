"""A CLIP model of open_clip behind dynode's contract for text-image models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

Triple = tuple[float, float, float]


class Tokenizer(Protocol):
    """Turns texts into the numbers a text tower reads.

    Attributes:
        words: Every word it knows; empty if it spells out any word.
    """

    words: tuple[str, ...]

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Number texts: (n, context length) int64."""
        ...

    def known_words(self, text: str) -> list[str]:
        """List the words of a text that mean something to the model, in order."""
        ...

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that mean nothing to the model, in order."""
        ...


class OpenClipModel:
    """A `TextImageModel` around the two towers of an open_clip model.

    Attributes:
        image_size: Side of the square input in pixels.
        vocabulary: Every word of its texts; empty if it knows any word.
        network: The open_clip model, frozen and in evaluation mode.
    """

    def __init__(
        self, network: nn.Module, tokenizer: Tokenizer, *, mean: Triple, std: Triple
    ) -> None:
        """Wrap a model; its parameters are frozen.

        Args:
            network: `open_clip.CLIP` or `open_clip.CustomTextCLIP`, on its device.
            tokenizer: Numbers the words of its text tower.
            mean: What its training subtracted from the channels of pictures in [0, 1].
            std: What it divided them by.
        """
        self.network = network.eval().requires_grad_(False)
        self.image_size = _side(network.visual)
        self.vocabulary = tokenizer.words
        self._tokenizer = tokenizer
        device = next(network.parameters()).device
        self._mean = torch.tensor(mean, device=device).view(1, 3, 1, 1)
        self._std = torch.tensor(std, device=device).view(1, 3, 1, 1)

    def encode_images(self, images: Tensor, *, normalize: bool = True) -> Tensor:
        """Embed pictures.

        Args:
            images: (n, 3, image_size, image_size) float in [-1, 1], RGB; see `resize_for_clip`.
            normalize: Apply the model's own mean and standard deviation; False feeds the values as
                they are (published StyleCLIP).

        Returns:
            (n, d) of unit norm, differentiable.

        Raises:
            ValueError: The pictures have another size.
        """
        if images.ndim != 4 or images.shape[1:] != (3, self.image_size, self.image_size):
            raise ValueError(
                f"pictures have shape {tuple(images.shape)}, expected "
                f"(n, 3, {self.image_size}, {self.image_size}); use dynode_clip.resize.resize_for_clip"
            )
        if normalize:
            images = ((images + 1.0) * 0.5 - self._mean) / self._std
        return functional.normalize(self.network.encode_image(images), dim=-1)  # type: ignore[operator]  # a method

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Embed texts: (n, d) of unit norm, without gradients."""
        numbers = self._tokenizer(list(texts)).to(self._mean.device)
        return functional.normalize(self.network.encode_text(numbers), dim=-1)  # type: ignore[operator]  # a method

    def known_words(self, text: str) -> list[str]:
        """List the words of a text that the model was trained on, in order."""
        return self._tokenizer.known_words(text)

    def unknown_words(self, text: str) -> list[str]:
        """List the words of a text that mean nothing to the model, in order."""
        return self._tokenizer.unknown_words(text)


def _side(visual: object) -> int:
    size = getattr(visual, "image_size", None)
    sides = {size} if isinstance(size, int) else set(size or ())
    if len(sides) != 1:
        raise ValueError(f"the image tower takes pictures of {size}, expected one square size")
    return int(sides.pop())
