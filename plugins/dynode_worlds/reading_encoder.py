"""An encoder out of a reader of factors: what it reads is laid into w, the same in all rows."""

from __future__ import annotations

from torch import Tensor, nn

from dynode_worlds.code_space import CodeSpace
from dynode_worlds.encoder import BEYOND
from dynode_worlds.resizing import resized
from dynode_worlds.scorer import INPUT_PX


class ReadingEncoder(nn.Module):
    """Finds codes in the span of the factors, where every direction shows in the picture.

    Args:
        reader: Reads factors (n, F) off pictures (n, 3, 64, 64) in [-1, 1].
        codes: How the world lays its factors into w.
        rows: Rows of w+ of the generator.
        w_dim: Width of w of the generator.
    """

    def __init__(self, reader: nn.Module, codes: CodeSpace, rows: int, w_dim: int) -> None:
        super().__init__()
        self.reader, self.codes, self.rows, self.w_dim = reader, codes, rows, w_dim

    def forward(self, images: Tensor) -> Tensor:
        """Find codes (n, rows, w_dim) of pictures (n, 3, h, w) in [-1, 1], differentiably."""
        factors = self.reader(resized(images, INPUT_PX)).clamp(-BEYOND, BEYOND)
        return self.codes.code_of(factors, self.w_dim)[:, None].repeat(1, self.rows, 1)
