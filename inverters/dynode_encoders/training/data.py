"""What an encoder is trained on: pictures the generator draws, or those of a folder or zip file."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator import Generator, draw_labels
from dynode.latents import Latents
from dynode.media import PictureSet, fit_to, open_pictures

SAMPLED = "sampled"


class Batch(NamedTuple):
    """Pictures (n, 3, h, w) in [-1, 1] at the generator's size, and their codes where known."""

    images: Tensor
    codes: Tensor | None


class Data(ABC):
    """Gives batches; the same random numbers give the same batch."""

    @abstractmethod
    def batch(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Batch:
        """Draw a batch, or the share of it that one of several processes works on."""


class SampledData(Data):
    """Pictures of random codes, which are known.

    Args:
        generator: Draws them.
        bf16: Draw in bfloat16.
    """

    def __init__(self, generator: Generator, *, bf16: bool = False) -> None:
        self.generator, self.bf16 = generator, bf16

    @torch.no_grad()
    def batch(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Batch:
        """See `Data.batch`."""
        codes = draw_codes(self.generator, count, random)[share]
        with precision(self.generator.device, self.bf16):
            parts = [self.generator.synthesize(Latents(part)) for part in codes.split(16)]
        return Batch(torch.cat(parts).float().clamp(-1, 1), codes)


class PictureData(Data):
    """Pictures of the user's.

    Args:
        pictures: The files.
        generator: They are brought to its size, on its device.
        flip: Mirror half of them.
    """

    def __init__(self, pictures: PictureSet, generator: Generator, *, flip: bool) -> None:
        self.pictures, self.generator, self.flip = pictures, generator, flip

    def batch(self, count: int, random: torch.Generator, share: slice = slice(None)) -> Batch:
        """See `Data.batch`."""
        resolution = self.generator.info.resolution
        chosen = torch.randint(len(self.pictures), (count,), generator=random)[share].tolist()
        images = torch.cat([fit_to(self.pictures.read(index), resolution) for index in chosen])
        if self.flip:
            mirrored = torch.rand(count, 1, 1, 1, generator=random)[share] < 0.5
            images = torch.where(mirrored, images.flip(3), images)
        return Batch(images.to(self.generator.device, self.generator.dtype), None)


def open_data(source: str, generator: Generator, *, flip: bool, bf16: bool) -> Data:
    """Open training data: `sampled`, a folder or a zip file of pictures.

    Raises:
        MediaError: There are no pictures.
    """
    if source == SAMPLED:
        return SampledData(generator, bf16=bf16)
    pictures = open_pictures(Path(source))
    if not len(pictures):
        raise MediaError(
            f"{source} holds no pictures; give a folder or zip file with some, or --data sampled"
        )
    return PictureData(pictures, generator, flip=flip)


def draw_codes(generator: Generator, count: int, random: torch.Generator) -> Tensor:
    """Map random vectors, without truncation: (count, rows, w_dim)."""
    info = generator.info
    z = torch.randn(count, info.z_dim, generator=random)
    seed = int(torch.randint(2**31, (), generator=random))
    labels = draw_labels(info, count, seed=seed)
    with torch.no_grad():
        return generator.map(z, c=labels).w


def precision(device: torch.device, bf16: bool) -> contextlib.AbstractContextManager[object]:
    """Compute in bfloat16 inside the block, where asked for."""
    if bf16:
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()
