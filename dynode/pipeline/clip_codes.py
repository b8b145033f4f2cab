"""Invert every frame of a clip, a few at a time; what is finished survives an interruption."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.clip import Clip, open_clip
from dynode.media.images import fit_to
from dynode.pipeline.choosing import ReadyInverter, ready_inverter
from dynode.pipeline.code_cache import BATCH, codes_folder, keep, read_kept
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.faces import ClipFaces, faces_for
from dynode.plugins.methods import Progress, silent

Framing = Callable[[Image.Image], Tensor]
"""Brings a frame to what an inverter takes; see `Inverter.framing`."""


def open_faces(
    path: Path,
    generator: Generator,
    ready: ReadyInverter,
    faces: FaceSource | ClipFaces | None,
    progress: Progress = silent,
) -> tuple[Clip, ClipFaces | None]:
    """Open a clip and find the faces in it, for an inverter that is ready; see `faces_for`."""
    clip = open_clip(path)
    return clip, faces_for(clip, generator, faces, ready, progress=progress)


def invert_clip(
    clip: Clip,
    generator: Generator,
    *,
    inverter: str | ReadyInverter | None = None,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    faces: ClipFaces | None = None,
    progress: Progress = silent,
) -> Latents:
    """Find the codes of every frame.

    Batches of frames are written to the cache folder as they are finished, under the hash of the
    file's content, the generator and the inverter with its options: a second call, or one after a
    crash, does only what is missing.

    Args:
        clip: The video.
        generator: The generator to invert into.
        inverter: Name of the inverter; None for the one of the generator's domain; or one that is ready.
        options: Options of a named inverter, by name.
        seed: Seed of the inverter.
        faces: Where the faces are, to be cut out; None takes the middle of each frame.
        progress: Called with the number of frames.

    Returns:
        Latents of all frames, on the generator's device.

    Raises:
        MediaError: A frame cannot be read, or holds nothing the inverter can find.
    """
    ready = inverter
    if not isinstance(ready, ReadyInverter):
        ready = ready_inverter(generator, ready, options)
    framing = ready.method.framing(generator, ready.options)
    content = (
        clip.content_hash() + (faces.key if faces else "") + (repr(framing) if framing else "")
    )
    folder = codes_folder(content, generator, ready, seed)
    batch = len(clip) if ready.method.wants_whole_clips(ready.options) else BATCH
    batches = list[Latents]()
    before: _LazyFrame | None = None
    frames = _frames(clip, generator.info.resolution, faces, framing)
    for begin in range(0, len(clip), batch):
        images = list(itertools.islice(frames, batch))
        path = folder / f"{begin:07d}.safetensors"
        codes = read_kept(path, generator)
        if codes is None:
            with _named(clip, begin, begin + len(images) - 1):
                codes = _inverted(images, generator, ready, seed, before, batches)
            keep(codes, path, generator)
        batches.append(codes)
        before = images[-1]
        progress(min(begin + batch, len(clip)), len(clip), "inverting")
    return ready.even_out(generator, Latents.cat(batches))


def _inverted(
    frames: Sequence[_LazyFrame],
    generator: Generator,
    ready: ReadyInverter,
    seed: int,
    before: _LazyFrame | None,
    found: Sequence[Latents],
) -> Latents:
    """Invert frames, given the one before them and the codes that were found so far."""
    known = None
    if before is not None:
        known = before().to(generator.device, generator.dtype), found[-1][-1]
    pictures = torch.cat([frame() for frame in frames]).to(generator.device, generator.dtype)
    return ready.invert_next(generator, pictures, before=known, seed=seed)


@contextlib.contextmanager
def _named(clip: Clip, first: int, last: int) -> Iterator[None]:
    """Say in which frames it is that the inverter found nothing."""
    try:
        yield
    except MediaError as error:
        raise MediaError(f"frames {first} to {last} of {clip.path.name}: {error}") from error


class _LazyFrame:
    """A decoded frame that is cropped and resized only when it is needed."""

    def __init__(
        self,
        index: int,
        image: Image.Image,
        resolution: tuple[int, int],
        faces: ClipFaces | None,
        framing: Framing | None,
    ) -> None:
        self._framing = framing
        self._index, self._image = index, image
        self._resolution, self._faces = resolution, faces

    def __call__(self) -> Tensor:
        image = self._image
        if self._faces is not None:
            image = self._faces.crop(self._index, image, max(self._resolution))
        return fit_to(image, self._resolution) if self._framing is None else self._framing(image)


def _frames(
    clip: Clip,
    resolution: tuple[int, int],
    faces: ClipFaces | None,
    framing: Framing | None = None,
) -> Iterator[_LazyFrame]:
    for index, pixels in enumerate(clip.frames()):
        yield _LazyFrame(index, Image.fromarray(pixels), resolution, faces, framing)


def clip_images(
    clip: Clip, resolution: tuple[int, int], faces: ClipFaces | None = None
) -> Iterator[Tensor]:
    """Go through the frames as the generator sees them, (1, 3, h, w) float in [-1, 1]."""
    return (frame() for frame in _frames(clip, resolution, faces))
