"""What every generator offers: the protocol and its description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor

from dynode.latents.latents import Latents


@dataclass(frozen=True)
class GeneratorInfo:
    """What a generator is; plugins ask this and assume nothing.

    Attributes:
        name: Name it was loaded by.
        resolution: (height, width) in pixels.
        num_layers: Rows of a W+ code.
        w_dim: Width of a row.
        z_dim: Width of the normal vector the mapping starts from.
        c_dim: Width of the class condition, 0 for none.
        style_channels: Width of each style vector by layer name, in execution order, toRGB included.
        style_rows: Row of the W+ code that feeds each of these layers.
        rgb_layers: The toRGB layers among them.
        conv_layers: Shape (out, in, kh, kw) of every weight that can be offset, by layer name.
        domain: What it draws, free text such as `faces`.
        crop: How photographs must be aligned: `none`, or what `dynode.crop.convention_of` reads: `ffhq`,
            `ffhq-unaligned`, or numbers.
        fingerprint: Hash of architecture and weights.
        licence: SPDX identifier of the weights' licence, or `unknown`.
        source: Where the weights came from.
        image_channels: Channels the network draws: 1, 3 or 4; pictures are RGB in any case.
        mean_code: Where `mean_w` comes from: `stored` in the file, `estimated` from samples, or
            `absent` where there is no mapping network to have a mean.
        class_names: Names of the classes, empty where only numbers are known.
        class_index: The class whose pictures are sampled; None for all of them.
        has_mapping: A mapping network makes its codes; without one a code is what the network takes.
        stops_early: `synthesize` draws smaller pictures with `resolution`.
        takes_noise: The picture depends on the noise that `synthesize` is given.
    """

    name: str
    resolution: tuple[int, int]
    num_layers: int
    w_dim: int
    z_dim: int
    c_dim: int
    style_channels: Mapping[str, int]
    style_rows: Mapping[str, int]
    rgb_layers: tuple[str, ...]
    conv_layers: Mapping[str, tuple[int, ...]]
    domain: str
    crop: str
    fingerprint: str
    licence: str
    source: str
    image_channels: int = 3
    mean_code: str = "absent"
    class_names: tuple[str, ...] = ()
    class_index: int | None = None
    has_mapping: bool = True
    stops_early: bool = True
    takes_noise: bool = True

    @property
    def spaces(self) -> tuple[str, ...]:
        """Spaces in which it can be edited, of `z`, `w`, `w+`, `styles` and `weights`.

        Without a mapping network codes are the inputs, so there is z and neither w nor w+.
        """
        has = {
            "z": True,
            "w": self.has_mapping,
            "w+": self.has_mapping and self.num_layers > 1,
            "styles": bool(self.style_channels),
            "weights": bool(self.conv_layers),
        }
        return tuple(name for name, there in has.items() if there)


@runtime_checkable
class Generator(Protocol):
    """Turns latents into pictures, differentiably.

    Pictures are (n, 3, h, w) float, nominally in [-1, 1], RGB.
    """

    @property
    def info(self) -> GeneratorInfo:
        """Description of the generator."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type it computes in."""
        ...

    @property
    def mean_w(self) -> Tensor:
        """Mean code, (w_dim,) or (num_layers, w_dim)."""
        ...

    def map(
        self,
        z: Tensor,
        *,
        c: Tensor | None = None,
        truncation: float = 1.0,
        cutoff: int | None = None,
    ) -> Latents:
        """Map normal vectors to codes.

        Args:
            z: (n, z_dim), standard normal.
            c: (n, c_dim) class condition, for conditional generators.
            truncation: Pull towards `mean_w`: 1 none, 0 the mean itself.
            cutoff: Number of first rows to truncate; None for all.
        """
        ...

    def sample(self, n: int, *, seed: int, truncation: float = 0.7) -> Latents:
        """Draw n codes; the first equals the published scripts' picture of that seed."""
        ...

    def styles(self, latents: Latents) -> dict[str, Tensor]:
        """Read the style vectors, offsets included, by layer name: each (n, channels)."""
        ...

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw pictures.

        Args:
            latents: What to draw.
            noise: `const` for the stored noise, `random` for fresh, `none`, or a list of tensors.
            resolution: Stop early at this height in pixels; None for the full size.
        """
        ...

    def to(
        self, device: torch.device | str | None = None, dtype: torch.dtype | None = None
    ) -> Generator:
        """Return this generator on another device or in another type."""
        ...
