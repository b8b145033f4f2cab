"""Pictures that are in memory already: of PIL, numpy or torch."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.errors import UsageError
from dynode.media.images import read_image, read_opened, to_uint8

GivenPicture = Image.Image | np.ndarray | Tensor
"""A picture of PIL; or an array or tensor of one or several, see `as_tensor`."""

_LARGEST = 16.0  # networks overshoot [-1, 1]; beyond this it is another unit
_LONGEST_SHAPE = 8  # times as long as wide: codes (1, rows, width) are no pictures
_MOST_FLAT = 0.25  # a picture with less contrast than this says nothing about its range


@dataclass(frozen=True, eq=False)
class Photo:
    """A photograph that is read when it is wanted.

    Attributes:
        path: Its file; of one in memory its number, for messages.
        opened: The picture, where it is in memory.
    """

    path: Path
    opened: Image.Image | None = None

    @property
    def name(self) -> str:
        """Name of the file, or the number."""
        return self.path.name

    def read(self) -> Image.Image:
        """Give it upright, as 8-bit RGB.

        Raises:
            MediaError: It cannot be read.
        """
        if self.opened is None:
            return read_image(self.path)
        return read_opened(self.opened, f"picture {self.name}")


def is_given(source: object) -> bool:
    """Say whether a source is pictures in memory."""
    return isinstance(source, Image.Image | np.ndarray | Tensor)


def as_photos(given: GivenPicture) -> list[Photo]:
    """Make photographs of pictures in memory; floating-point numbers are rounded to 8 bit.

    Raises:
        UsageError: See `as_tensor`.
    """
    if isinstance(given, Image.Image):
        return [Photo(Path("0"), given)]
    tiles = to_uint8(as_tensor(given)).numpy()
    return [Photo(Path(str(index)), Image.fromarray(tile)) for index, tile in enumerate(tiles)]


def as_tensor(given: np.ndarray | Tensor) -> Tensor:
    """Bring an array or tensor to what the networks take: (n, 3, h, w) float in [-1, 1], RGB.

    Args:
        given: (h, w), (h, w, c), (n, h, w, c), (c, h, w) or (n, c, h, w), where c is 1, 3 or 4 channels
            of grey, RGB or RGB with transparency, which is laid on white; integers from 0 to 255, or
            floating-point numbers in [-1, 1].

    Raises:
        UsageError: It has another shape or range.
    """
    pictures = given if isinstance(given, Tensor) else torch.from_numpy(np.array(given))
    shape = tuple(pictures.shape)
    pictures = _channels_first(pictures, shape)
    if pictures.dtype == torch.uint8:
        values = pictures.float() / 127.5 - 1
    elif pictures.is_floating_point():
        values = pictures
        _check_range(values.detach())
    else:
        raise UsageError(
            f"the picture is of type {pictures.dtype}; expected uint8 from 0 to 255, or floating-point "
            f"numbers in [-1, 1]; convert it"
        )
    if values.shape[1] == 4:
        alpha = (values[:, 3:] + 1) / 2
        values = values[:, :3] * alpha + (1 - alpha)
    return values.expand(-1, 3, -1, -1)


def _channels_first(pictures: Tensor, shape: tuple[int, ...]) -> Tensor:
    if pictures.ndim == 2 and min(shape) > 4:
        return pictures[None, None]
    batch = pictures[None] if pictures.ndim == 3 else pictures
    if batch.ndim == 4 and len(batch) and batch[0].numel():
        if batch.shape[1] not in (1, 3, 4) and batch.shape[3] in (1, 3, 4):
            batch = batch.permute(0, 3, 1, 2)
        sides = batch.shape[2:]
        if batch.shape[1] in (1, 3, 4) and max(sides) < _LONGEST_SHAPE * min(sides):
            return batch
    raise UsageError(
        f"an array or tensor of shape {shape} is no picture; expected (h, w, 3), (3, h, w), or several as "
        f"(n, h, w, 3) or (n, 3, h, w); codes are given as dynode.Latents(w)"
    )


def _check_range(values: Tensor) -> None:
    low, high = float(values.min()), float(values.max())
    if not np.isfinite((low, high)).all():
        raise UsageError("the picture holds numbers that are not finite; give one without them")
    if max(-low, high) > _LARGEST:
        raise UsageError(
            f"the picture has floating-point numbers from {low:g} to {high:g}; expected -1 to 1: give uint8 "
            f"from 0 to 255, or x / 127.5 - 1"
        )
    if low >= 0 and high <= 1 and high - low > _MOST_FLAT:
        warnings.warn(
            f"the picture has numbers from {low:.2g} to {high:.2g} and is taken as [-1, 1], where 0 is grey; "
            f"if 0 is black in it, give 2 * x - 1",
            stacklevel=2,
        )
