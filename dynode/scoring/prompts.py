"""An attribute between two texts, measured zero-shot by a text-image model."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from dynode.plugins.loaded import TextImageModel


class PromptScorer:
    """Scores pictures by how much nearer they are to one text than to another.

    Attributes:
        attributes: One name, the positive text.
        deviations: Its standard deviation over the generator's pictures; 1 until it is measured.
    """

    def __init__(self, model: TextImageModel, positive: str, negative: str) -> None:
        """Embed the texts.

        Args:
            model: Towers for texts and pictures.
            positive: Text of the high end.
            negative: Text of the low end.
        """
        self.attributes: tuple[str, ...] = (positive,)
        self.deviations: tuple[float, ...] = (1.0,)
        self._model = model
        embedded = model.encode_texts([positive, negative])
        self._axis = (embedded[0] - embedded[1]).detach()

    def score(self, images: Tensor) -> Tensor:
        """Return the difference of the two cosines, (n, 1), of pictures (n, 3, h, w) in [-1, 1]."""
        size = (self._model.image_size, self._model.image_size)
        if images.shape[-2:] != size:
            images = functional.interpolate(
                images, size=size, mode="bicubic", antialias=True, align_corners=False
            )
        return (self._model.encode_images(images) @ self._axis.to(images.device))[:, None]
