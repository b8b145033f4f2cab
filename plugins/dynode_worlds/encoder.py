"""The encoder of a world: from a picture to the codes that draw it."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from dynode.errors import UnsupportedCheckpointError
from dynode.files import load_tensors
from dynode_encoders import ResidualBlock
from dynode_worlds.code_space import CodeSpace
from dynode_worlds.resizing import resized

INPUT_PX = 128

BEYOND = 1.15


class WorldEncoder(nn.Module):
    """A residual network that reads factors, and what each row of w+ should add to them.

    Codes are laid out by the world's code space: they lie in the span of the factors, where every direction
    shows in the picture.

    Args:
        codes: How the world lays its factors into w.
        rows: Rows of w+ of the generator.
        w_dim: Width of w of the generator.
        width: Channels of the first stage.
    """

    def __init__(self, codes: CodeSpace, rows: int, *, w_dim: int = 512, width: int = 32) -> None:
        super().__init__()
        self.codes = codes
        self.rows, self.w_dim = rows, w_dim
        self.stem = nn.Conv2d(3, width, 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(width)
        self.stages = nn.Sequential(
            ResidualBlock(width, 2 * width, shrink=True),
            ResidualBlock(2 * width, 4 * width, shrink=True),
            ResidualBlock(4 * width, 4 * width),
            ResidualBlock(4 * width, 6 * width, shrink=True),
        )
        self.squeeze = nn.Conv2d(6 * width, 48, 1)
        self.hidden = nn.Linear(48 * (INPUT_PX // 16) ** 2, 256)
        self.factors = nn.Linear(256, len(codes.names))
        self.offsets = nn.Linear(256, rows * len(codes.names))
        nn.init.zeros_(self.offsets.weight)
        nn.init.zeros_(self.offsets.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Find codes (n, rows, w_dim) of pictures (n, 3, h, w) in [-1, 1], differentiably."""
        factors, offsets = self.read(images)
        rows = factors.clamp(-BEYOND, BEYOND)[:, None] + offsets
        return self.codes.code_of(rows.flatten(0, 1), self.w_dim).view(-1, self.rows, self.w_dim)

    def read(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Read factors (n, F) and what each row adds to them (n, rows, F)."""
        x = functional.relu(self.stem_norm(self.stem(resized(images, INPUT_PX))))
        x = functional.relu(self.squeeze(self.stages(x)))
        x = functional.relu(self.hidden(x.flatten(1)))
        return self.factors(x), self.offsets(x).view(-1, self.rows, len(self.codes.names))


def read_encoder(path: Path, codes: CodeSpace, *, world: str) -> WorldEncoder:
    """Read an encoder that the training recipe of a world wrote, frozen and in evaluation mode.

    Args:
        path: The file.
        codes: How the world lays its factors into w.
        world: Its name.

    Raises:
        CorruptCheckpointError: The file cannot be read.
        UnsupportedCheckpointError: It holds something else.
    """
    tensors, metadata = load_tensors(path)
    try:
        width = tensors["stem.weight"].shape[0]
        rows = tensors["offsets.bias"].shape[0] // len(codes.names)
        with torch.random.fork_rng(devices=[]):  # building draws first weights, soon replaced
            encoder = WorldEncoder(codes, rows, w_dim=int(metadata["w_dim"]), width=width)
        encoder.load_state_dict({name: part.float() for name, part in tensors.items()})
    except (KeyError, ValueError, RuntimeError) as error:
        raise UnsupportedCheckpointError(
            f"{path.name} is not a {world} encoder of this version; expected the file that "
            f"'dynode {world} train encoder' writes: choose that one"
        ) from error
    return encoder.eval().requires_grad_(False)
