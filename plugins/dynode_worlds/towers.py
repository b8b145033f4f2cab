"""An image tower that reads factors and says where their picture lies."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dynode_worlds.scorer import INPUT_PX, ScorerNetwork
from dynode_worlds.sphere import picture_codes


class ReadingTower(nn.Module):
    """A reader of factors in front of the place that is known for them.

    What it has to learn is the factors alone: a smaller network than one that learns the place does it.

    Attributes:
        image_size: Side of the pictures.
        reader: Reads factors (n, F) off pictures (n, 3, image_size, image_size) in [-1, 1].
        space: Isometry of `picture_codes` into the embedding, (2 F, d).
    """

    space: Tensor

    def __init__(self, width: int, factors: int, embed_dim: int) -> None:
        """Build it with random weights, and a space that is yet to be chosen.

        Args:
            width: Channels of the reader's first stage.
            factors: How many factors there are.
            embed_dim: Width of the embedding.
        """
        super().__init__()
        self.image_size = INPUT_PX
        self.reader = ScorerNetwork(width, factors)
        self.register_buffer("space", torch.zeros(2 * factors, embed_dim))

    def forward(self, images: Tensor) -> Tensor:
        """Embed pictures, (n, d) of unit norm."""
        return picture_codes(self.reader(images).float()) @ self.space
