"""What a distance is, and the plainest one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional

Resizing = Literal["area", "nearest"]


class Distance(ABC):
    """A distance of pictures: the squared Euclidean distance of their features.

    Being a sum of squares it has a Gauss-Newton form: where two pictures are equal, its Hessian is
    2 J^T J of the feature map.

    Attributes:
        name: Name it was loaded by.
    """

    name: ClassVar[str] = ""

    @abstractmethod
    def features(self, images: Tensor) -> Tensor:
        """Compute features.

        Args:
            images: (n, 3, h, w) float, nominally in [-1, 1], RGB.

        Returns:
            (n, d), differentiable by reverse and forward mode; d depends on the size.
        """

    def distance(self, a: Tensor, b: Tensor) -> Tensor:
        """Compare pictures one by one: (n, 3, h, w) twice -> (n,)."""
        return (self.features(a) - self.features(b)).square().sum(1)

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None = None) -> Distance:
        """Return it on another device or in another type; itself if nothing changes."""
        return self


class PixelDistance(Distance):
    """Mean squared difference of the values of all pixels and channels."""

    name = "pixels"

    def features(self, images: Tensor) -> Tensor:
        """Give the pixels over the square root of their number; see `Distance.features`."""
        flat = images.flatten(1)
        scale: float = flat.shape[1] ** -0.5
        return flat * scale


class ResizedDistance(Distance):
    """Another distance, measured on smaller pictures.

    Args:
        inner: The distance.
        size_px: Side of the square pictures it sees.
        resizing: `area` averages; `nearest` takes single pixels, as NaviGAN's published code does.
    """

    name = "resized"

    def __init__(self, inner: Distance, size_px: int, resizing: Resizing = "area") -> None:
        self.inner = inner
        self.size_px = size_px
        self.resizing: Resizing = resizing

    def features(self, images: Tensor) -> Tensor:
        """Resize, then compute features; see `Distance.features`."""
        size = (self.size_px, self.size_px)
        if images.shape[-2:] != size:
            images = functional.interpolate(images, size=size, mode=self.resizing)
        return self.inner.features(images)

    def to(self, device: torch.device | str | None, dtype: torch.dtype | None = None) -> Distance:
        """See `Distance.to`."""
        return ResizedDistance(self.inner.to(device, dtype), self.size_px, self.resizing)
