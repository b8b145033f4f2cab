"""Where the face is in every frame of a clip: cut out for the inverter, put back into the result."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.crop import (
    FaceFrame,
    crop_face,
    find_landmarks,
    frame_of,
    paste_face,
    read_landmarks,
)
from dynode.crop.conventions import FFHQ, Convention, convention_of
from dynode.crop.geometry import five_points
from dynode.crop.landmarks import SHAPES
from dynode.errors import DynodeError, MediaError
from dynode.files import reading
from dynode.generator.protocol import Generator
from dynode.media.clip import Clip
from dynode.media.images import to_uint8
from dynode.pipeline.choosing import ReadyInverter
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.settling import settled
from dynode.plugins.methods import Progress, silent
from dynode.weights.numpy_file import read_array

_STEADYING = 1.5  # frames, of the frames a detector found


@dataclass(frozen=True)
class ClipFaces:
    """The square of the face in every frame.

    Attributes:
        frames: One for each frame of the clip.
        points: Landmarks of the face in each, (5, 2), as steady as the squares; they tell where a
            pasted face ends. Empty pastes the square.
    """

    frames: tuple[FaceFrame, ...]
    points: tuple[np.ndarray, ...] = ()

    @property
    def key(self) -> str:
        """A hash of all squares."""
        told = [(face.centre, face.half) for face in self.frames]
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def crop(self, index: int, photo: Image.Image, size_px: int) -> Image.Image:
        """Cut the face out of a frame."""
        return crop_face(photo, self.frames[index], size_px)


def find_faces(
    clip: Clip,
    source: FaceSource,
    *,
    convention: Convention = FFHQ,
    progress: Progress = silent,
) -> ClipFaces:
    """Find the face in every frame of a clip.

    Args:
        clip: The video.
        source: Points of one face, the same in all frames, or of each frame; or a detector. What a
            detector finds is steadied over a few frames, so that the crop does not tremble; of several
            faces the one is followed that was chosen in the first frame.
        convention: How large the square is and where.
        progress: Called with the number of frames.

    Raises:
        UsageError: The detector cannot be used.
        MissingWeightsError: The detector needs a file that is not there.
        PluginError: The detector broke its contract.
        MediaError: A frame has no face, or the file does not fit the clip.
    """
    if source.points_file is not None:
        points = _read_points(source.points_file, len(clip))
        return _clip_faces(points, convention)
    source.check_single()
    detector, found = source.load(), list[np.ndarray]()
    for index, pixels in enumerate(clip.frames()):
        try:
            seen = detector(pixels) if found else ()
            found.append(
                min(seen, key=lambda points: _apart(points, found[-1]))
                if len(seen) > 0
                else find_landmarks(Image.fromarray(pixels), detector, face=source.face)
            )
        except MediaError as error:
            raise MediaError(f"frame {index} of {clip.path.name}: {error}") from error
        progress(index + 1, len(clip), "finding faces")
    return _clip_faces(_steadied(np.stack([five_points(each) for each in found])), convention)


def _clip_faces(points: np.ndarray, convention: Convention) -> ClipFaces:
    frames = tuple(frame_of(each, convention) for each in points)
    return ClipFaces(frames, tuple(five_points(each) for each in points))


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.hypot(*(five_points(one).mean(0) - five_points(other).mean(0))))


def faces_for(
    clip: Clip,
    generator: Generator,
    source: FaceSource | ClipFaces | None,
    ready: ReadyInverter,
    *,
    progress: Progress = silent,
) -> ClipFaces | None:
    """Find the face in every frame as `find_faces` does; where none was asked for, see `warn_of_frames`.

    Args:
        clip: The video.
        generator: What draws the faces.
        source: Where they are known from.
        ready: What will invert the frames. Where it knows better than landmarks where its generator draws
            faces, it is asked about the middle frame, and all squares are moved alike.
        progress: Called with the number of frames.
    """
    if isinstance(source, FaceSource):
        convention = convention_of(generator.info.crop) or FFHQ
        found = find_faces(clip, source, convention=convention, progress=progress)
        return _settled(found, clip, generator, ready) if source.is_detected else found
    if source is None and not ready.takes_whole(generator):
        warn_of_frames(clip, generator)
    return source


def _settled(found: ClipFaces, clip: Clip, generator: Generator, ready: ReadyInverter) -> ClipFaces:
    middle = len(clip) // 2
    (pixels,) = itertools.islice(clip.frames(), middle, middle + 1)
    photo = Image.fromarray(pixels)
    return replace(found, frames=tuple(settled(photo, found.frames, middle, generator, ready)))


def warn_of_frames(clip: Clip, generator: Generator) -> None:
    """Say what happens to frames of another shape than the generator's."""
    height, width = clip.size
    rows, columns = generator.info.resolution
    if height * columns == width * rows:
        return
    told = f"{clip.path.name} is {width}×{height} pixels and the generator draws"
    if generator.info.crop == "ffhq":
        told += " aligned faces; the middle of each frame is taken for the face: give --landmarks FILE or"
        told += " --face-detector NAME"
    else:
        told += f" {columns}×{rows}; the middle of each frame is taken, and drawn at that size"
    warnings.warn(told, stacklevel=3)


def _read_points(path: Path, count: int) -> np.ndarray:
    """Read (count, points, 2)."""
    held = _several(path)
    if held is None:
        return np.repeat(read_landmarks(path)[None], count, axis=0)
    if len(held) != count:
        raise MediaError(
            f"{path.name} holds the points of {len(held)} frames; the clip has {count}: give points for "
            f"every frame, or for one face that does not move"
        )
    return held


def _several(path: Path) -> np.ndarray | None:
    """Read the points of several frames, or nothing if the file holds something else."""
    suffix = path.suffix.lower()
    if suffix not in (".npy", ".json"):
        return None
    try:
        with reading(path, "landmarks", error=MediaError):
            held = read_array(path) if suffix == ".npy" else _numbers(path)
    except DynodeError:
        return None  # who reads those of one face says what is wrong
    is_several = held.ndim == 3 and held.shape[1:] in SHAPES and bool(np.isfinite(held).all())
    return held if is_several else None


def _numbers(path: Path) -> np.ndarray:
    return np.asarray(json.loads(path.read_text(encoding="utf-8")), dtype=np.float64)


def _steadied(points: np.ndarray) -> np.ndarray:
    """Take the tremble out of points (n, …); at the ends a steady motion goes on, as turned about them."""
    from scipy.ndimage import gaussian_filter1d

    beyond = min(len(points) - 1, math.ceil(4 * _STEADYING))
    padded = np.pad(points, [(beyond, beyond), (0, 0), (0, 0)], "reflect", reflect_type="odd")
    smooth: np.ndarray = gaussian_filter1d(padded, _STEADYING, axis=0)
    return smooth[beyond : len(padded) - beyond]


class Pasting:
    """Puts drawn faces back into the frames of their clip, in order."""

    def __init__(self, clip: Clip, faces: ClipFaces, shown: Sequence[int] | None = None) -> None:
        """Take the frames from a clip; it is decoded as they are asked for.

        Args:
            clip: The clip.
            faces: Where the face is in each of its frames.
            shown: Which of them each face is put into, never decreasing; None for each in turn.
        """
        self.clip, self.faces = clip, faces
        self.shown = range(len(clip)) if shown is None else shown
        self._photos: Iterator[np.ndarray] = iter(())
        self._next = len(clip) + 1
        self._last: np.ndarray | None = None

    @property
    def key(self) -> str:
        """A hash of what the faces are pasted into."""
        return self.clip.content_hash() + self.faces.key + repr(self.shown)

    def paste(self, images: Tensor, begin: int) -> Iterator[Tensor]:
        """Paste drawn faces (n, 3, h, w), those of the frames from `begin` on.

        Yields:
            Frames (1, 3, height, width) float in [-1, 1].
        """
        for number, face in enumerate(to_uint8(images).numpy(), begin):
            index = self.shown[number]
            photo, drawn = Image.fromarray(self._photo(index)), Image.fromarray(face)
            points = self.faces.points[index] if self.faces.points else None
            frame = self.faces.frames[index]
            crop = crop_face(photo, frame, drawn.width)
            pasted = paste_face(
                photo, drawn, frame, original=crop, detail="unchanged", points=points
            )
            shown = torch.from_numpy(np.asarray(pasted).copy()).permute(2, 0, 1)
            yield shown[None].float() / 127.5 - 1

    def _photo(self, index: int) -> np.ndarray:
        if self._last is not None and index == self._next - 1:
            return self._last
        if index < self._next:
            self._photos, self._next = self.clip.frames(), 0
        for photo in self._photos:
            self._next += 1
            if self._next > index:
                self._last = photo
                return photo
        raise MediaError(f"{self.clip.path.name} ends before frame {index}; save it again")
