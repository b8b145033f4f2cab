"""Sides of pictures: of a folder or zip file, the frames of clips, or what a generator draws."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.measuring.side import Drawing, Side
from dynode.media.clip import Clip
from dynode.media.images import read_image
from dynode.media.picture_set import PictureSet

_DRAWN_AT_ONCE = 8


class StoredPictures(Side):
    """The pictures of a folder or zip file, or single ones.

    Args:
        pictures: Where they are.
        drawing: What is done to them.
    """

    def __init__(self, pictures: PictureSet, drawing: Drawing) -> None:
        self._pictures, self._drawing = pictures, drawing
        self.names = tuple(pictures.names)
        self.count = len(pictures)
        self.told = f"pictures of {pictures.source.name}, {drawing.resizing}"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        return f"{content_of(self._pictures)} {self._drawing.resizing}"

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        return [self._drawing.tensor_of(self._pictures.read(i)) for i in range(start, stop)]


class OnePicture(Side):
    """A single picture."""

    def __init__(self, path: Path, drawing: Drawing) -> None:
        self._path, self._drawing = path, drawing
        self.count = 1
        self.told = f"picture {path.name}, {drawing.resizing}"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        return f"{_hash_of(self._path)} {self._drawing.resizing}"

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        return [self._drawing.tensor_of(read_image(self._path))][start:stop]


class ClipFrames(Side):
    """Every frame of a clip, as pictures."""

    def __init__(self, clip: Clip, drawing: Drawing) -> None:
        self._clip, self._stream, self._drawing = clip, FrameStream(clip), drawing
        self.count = len(clip)
        self.told = f"frames of {clip.path.name}, {drawing.resizing}"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        return f"{self._clip.content_hash()} {self._drawing.resizing}"

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        return [self._drawing.tensor_of(frame) for frame in self._stream.frames(start, stop)]


class FrameStream:
    """Frames of a clip by number; going on where the last call ended decodes nothing twice."""

    def __init__(self, clip: Clip) -> None:
        self._clip = clip
        self._at = 0
        self._frames: Iterator[np.ndarray] = iter(())

    def frames(self, start: int, stop: int, step: int = 1) -> list[np.ndarray]:
        """Decode frames start, start + step, … below stop: each (h, w, 3) 8 bit."""
        if start < self._at or self._at == 0:
            self._at, self._frames = 0, self._clip.frames()
        found = []
        while self._at < stop:
            frame = next(self._frames, None)
            if frame is None:
                break
            if self._at >= start and (self._at - start) % step == 0:
                found.append(frame)
            self._at += 1
        return found


class DrawnPictures(Side):
    """What a generator draws; picture i does not depend on how many are drawn.

    They go through 8 bit, as they would through a file.

    Args:
        generator: What draws.
        drawing: Seed and truncation.
    """

    drawn = True

    def __init__(self, generator: Generator, drawing: Drawing) -> None:
        info = generator.info
        self._generator, self._drawing = generator, drawing
        self.domain = info.domain
        how = f"seed {drawing.seed}, truncation {drawing.truncation:g}, 8 bit"
        self.told = f"pictures drawn by {info.name} ({how})"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        info, drawing = self._generator.info, self._drawing
        chosen = f"{drawing.seed} {drawing.truncation} {info.class_index} {drawing.resizing}"
        return f"{info.fingerprint} {self._generator.dtype} {chosen}"

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        found: list[Tensor] = []
        for first in range(start, stop, _DRAWN_AT_ONCE):
            latents = drawn_latents(
                self._generator, first, min(stop, first + _DRAWN_AT_ONCE), self._drawing
            )
            with torch.inference_mode():
                found += list(as_stored(self._generator.synthesize(latents), self._drawing))
        return found


def drawn_latents(generator: Generator, start: int, stop: int, drawing: Drawing) -> Latents:
    """Draw the codes of items `start` to `stop - 1` of a seed."""
    z = draw_z(generator.info, stop, seed=drawing.seed)[start:stop]
    labels = draw_labels(generator.info, stop, seed=drawing.seed)
    with torch.inference_mode():
        return generator.map(
            z.to(generator.device, generator.dtype),
            c=None if labels is None else labels[start:stop].to(generator.device),
            truncation=drawing.truncation,
        )


def as_stored(images: Tensor, drawing: Drawing) -> Tensor:
    """Take pictures (n, 3, h, w) through 8 bit, resized if that is asked."""
    levels = images.float().clamp(-1, 1).add(1).mul(127.5).round().cpu()
    if drawing.resolution is None:
        return levels / 127.5 - 1
    pixels = levels.to(torch.uint8).permute(0, 2, 3, 1).numpy()
    return torch.stack([drawing.tensor_of(one) for one in pixels])


def content_of(pictures: PictureSet) -> str:
    """Hash the names and the bytes of pictures."""
    if not pictures.source.is_dir():
        return _hash_of(pictures.source)
    told = hashlib.sha256()
    for name in pictures.names:
        told.update(f"{name}\0{_hash_of(pictures.source / name)}\0".encode())
    return told.hexdigest()


def _hash_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def folders_of(archive: Path) -> dict[str, list[str]]:
    """List the names in a zip file by the folder they stand in."""
    with zipfile.ZipFile(archive) as opened:
        names = sorted(name for name in opened.namelist() if not name.endswith("/"))
    folders: dict[str, list[str]] = {}
    for name in names:
        folders.setdefault(name.rpartition("/")[0], []).append(name)
    return folders
