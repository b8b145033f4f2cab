"""Pictures of grey or transparent generators as RGB, which everything else looks at."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.errors import UnsupportedCheckpointError

SHOWN = {1: "grey", 3: "RGB", 4: "RGB with transparency"}
"""Numbers of channels that can be shown."""

_SQUARES = 16  # of the checker board along the longer side
_DARK, _BRIGHT = 0.6, 1.0


def check_channels(name: str, count: int) -> None:
    """Refuse a generator whose pictures cannot be shown.

    Raises:
        UnsupportedCheckpointError: They have another number of channels than 1, 3 or 4.
    """
    if count not in SHOWN:
        raise UnsupportedCheckpointError(
            f"{name}: its pictures have {count} channels; expected 1 (grey), 3 (RGB) or 4 (RGB with "
            f"transparency), which is what can be shown; use another checkpoint"
        )


def as_rgb(images: Tensor) -> Tensor:
    """Show pictures of 1, 3 or 4 channels as RGB, differentiably.

    Grey is repeated. Transparent pictures are laid over a checker board; alpha 1 is opaque, -1 is
    clear, and both are limits.

    Args:
        images: (n, 1, 3 or 4, h, w), nominally in [-1, 1].

    Returns:
        (n, 3, h, w); RGB itself is handed back.
    """
    channels = images.shape[1]
    if channels == 3:
        return images
    if channels == 1:
        return images.expand(-1, 3, -1, -1)
    alpha = (images[:, 3:] + 1).mul(0.5).clamp(0, 1)
    return images[:, :3] * alpha + _checker_board(images) * (1 - alpha)


def _checker_board(like: Tensor) -> Tensor:
    """Make squares of two greys, (h, w)."""
    height, width = like.shape[2:]
    side = max(max(height, width) // _SQUARES, 1)
    rows = torch.arange(height, device=like.device) // side
    columns = torch.arange(width, device=like.device) // side
    is_dark = (rows[:, None] + columns[None]) % 2 == 1
    return torch.where(is_dark, _DARK, _BRIGHT).to(like)
