"""What a code that follows a text is rewarded and charged for."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.plugins import TextImageModel
from dynode.text import check_text
from dynode_styleclip.clip_input import area_resize

# Rounds the corner of the absolute value, so that the optimiser does not rattle around zero.
_CORNER = 0.01
_SAME_MEANING = 1e-4


class Goal:
    """How far pictures have moved towards a text in the text-image model's space."""

    def __init__(
        self, generator: Generator, model: TextImageModel, text: str, neutral: str
    ) -> None:
        """Embed the text, or what it says more than a neutral one.

        Args:
            generator: What draws.
            model: What sees.
            text: What pictures should show; checked.
            neutral: What they show before; empty to leave it out.

        Raises:
            OptionError: Both texts mean the same to the model.
        """
        self._generator = generator
        self._model = model
        target = model.encode_texts([text])
        if neutral.strip():
            target = target - model.encode_texts([check_text(model, neutral)])
            if float(target.norm()) < _SAME_MEANING:
                raise OptionError(
                    f"--text and --neutral mean the same ({text!r}); make them differ"
                )
        self._target = torch.nn.functional.normalize(target, dim=1)

    @torch.no_grad()
    def see(self, latents: Latents) -> Tensor:
        """Embed pictures, (n, d), to compare with later."""
        return self._seen(latents)

    def measure(self, latents: Latents, first: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is seen of the text, and what else is seen to change, each (n,).

        The first is the cosine of picture and text; the second the squared length of the change of
        the embedding since `first`, without its part along the text.
        """
        seen = self._seen(latents)
        change = seen - first
        along = (change * self._target).sum(1, keepdim=True)
        strayed = (change - along * self._target).square().sum(1)
        return (seen * self._target).sum(1), strayed

    def _seen(self, latents: Latents) -> Tensor:
        images = self._generator.synthesize(latents)
        return self._model.encode_images(area_resize(images, self._model.image_size))


def price(shift: Tensor, *, l2: float, sparsity: float) -> Tensor:
    """Return the price (n,) of a shift (n, rows, k) told in standard deviations."""
    squares = shift.square()
    rounded = (squares + _CORNER**2).sqrt()
    return (l2 * squares + sparsity * rounded).sum((1, 2))
