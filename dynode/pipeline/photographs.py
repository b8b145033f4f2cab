"""Photographs: faces cut out for a generator, and put back edited into the whole picture."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dynode.crop import FaceFrame, crop_face, frame_of, paste_into
from dynode.crop.conventions import FFHQ, convention_of
from dynode.crop.detecting import recogniser_of
from dynode.crop.geometry import five_points
from dynode.errors import MediaError, OptionError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import to_uint8
from dynode.media.stored import StoredPicture, read_stored
from dynode.media.writing_back import write_stored
from dynode.pipeline.choosing import ReadyInverter
from dynode.pipeline.edited import EditResult, apply_stack
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.invert import invert_given
from dynode.pipeline.settling import settled
from dynode.pipeline.written import Written
from dynode.plugins.loaded import Recogniser
from dynode.plugins.methods import Progress, silent

_CROP_APART = (
    0.15  # of the side: corners of a picture that already is a crop, and of the face's frame
)
_RECOGNISED = 256  # pixels of a face that is recognised
_HALVINGS = 5  # of the strength, until identity is kept: to a part in 32
_SMALL = 0.25  # of the generator's side
_TURNED = (0.1, 0.9)  # where between the eyes the nose of a face lies that looks towards the camera


@dataclass(frozen=True, eq=False)
class Photograph:
    """A photograph with faces that a generator can draw.

    Attributes:
        stored: As it is in its file.
        points: Landmarks of each face.
        frames: The square around each face.
        recogniser: What knows people again, if there is something.
    """

    stored: StoredPicture
    points: tuple[np.ndarray, ...]
    frames: tuple[FaceFrame, ...]
    recogniser: Recogniser | None = None

    def crops(self, size_px: int) -> list[Image.Image]:
        """Cut its faces out."""
        return [crop_face(self.stored.shown, frame, size_px) for frame in self.frames]

    def with_faces(self, drawn: Tensor) -> StoredPicture:
        """Put drawn faces (n, 3, h, w) in [-1, 1] into their places; the rest stays bit for bit.

        Detail of the photograph that is finer than the drawn face stays where the face is as it was.
        """
        stored = self.stored
        tiles = [Image.fromarray(tile) for tile in to_uint8(drawn).numpy()]
        places = zip(tiles, self.crops(drawn.shape[-1]), self.frames, self.points, strict=True)
        for tile, crop, frame, points in places:
            stored = paste_into(
                stored, tile, frame, original=crop, detail="unchanged", points=points
            )
        return stored

    def latents(
        self, generator: Generator, ready: ReadyInverter, *, seed: int, progress: Progress = silent
    ) -> Latents:
        """Invert its faces."""
        found = [
            invert_given(crop, generator, ready, seed=seed, progress=progress).latents
            for crop in self.crops(max(generator.info.resolution))
        ]
        return Latents.cat(found)

    def similarity(self, before: Tensor, after: Tensor) -> tuple[float, ...]:
        """Say how much each face stays the same person: cosines of descriptions; empty without any.

        Args:
            before: Drawn faces (n, 3, h, w) in [-1, 1].
            after: The same faces, edited.
        """
        if self.recogniser is None:
            return ()
        told = list[float]()
        for one, two, frame, points in zip(before, after, self.frames, self.points, strict=True):
            matrix = frame.to_crop(_RECOGNISED)
            inside = (points + 0.5) @ matrix[:, :2].T + matrix[:, 2] - 0.5
            seen = [
                self.recogniser.describe(np.asarray(_enlarged(tile)), inside)
                for tile in to_uint8(torch.stack([one, two])).numpy()
            ]
            norms = float(np.linalg.norm(seen[0]) * np.linalg.norm(seen[1]))
            told.append(float(seen[0] @ seen[1]) / max(norms, 1e-12))
        return tuple(told)


def _enlarged(tile: np.ndarray) -> Image.Image:
    return Image.fromarray(tile).resize((_RECOGNISED, _RECOGNISED), Image.Resampling.BICUBIC)


@dataclass(frozen=True, eq=False, repr=False)
class PhotographEdit(EditResult):
    """An edit of the faces of a photograph; `before` and `after` are the faces as they were drawn.

    Attributes:
        photograph: What the faces were cut out of.
        identity: How much each face, as it is drawn, stays the same person, 1 for entirely: the cosine of a
            recogniser's descriptions; empty where none is installed.
    """

    photograph: Photograph
    identity: tuple[float, ...]

    def picture(self) -> StoredPicture:
        """The photograph with its edited faces."""
        return self.photograph.with_faces(self.after)

    def image(self) -> Image.Image:
        """The photograph with its edited faces, as 8-bit RGB."""
        from dynode.media.colour_profile import to_srgb

        edited = self.picture()
        pixels = edited.pixels if edited.top == 255 else (edited.pixels // 257).astype(np.uint8)
        shown = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
        return shown.convert("RGB") if edited.profile is None else to_srgb(shown, edited.profile)

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write the whole photograph, with its transparency, profile and EXIF as far as they fit."""
        write_stored(self.picture(), Path(path))
        return Written(Path(path), 1)

    def save_edited(self, path: str | Path) -> Written:
        """Refuse, for `save` writes the edited photograph alone; the drawn faces are `after`."""
        raise OptionError(
            "--edited-only does not apply to a photograph, which is written edited alone; leave it out, or "
            "add --crop-only"
        )

    def save_sweep(
        self, path: str | Path, strengths: Sequence[float], *, fps: float = 25.0
    ) -> Written:
        """Refuse, for the strengths of one face are no photograph."""
        raise OptionError(
            "--sweep does not apply to a photograph, whose face is put back; add --crop-only to draw the "
            "face alone"
        )


def open_photograph(
    path: Path,
    generator: Generator,
    faces: FaceSource | None = None,
    *,
    ready: ReadyInverter | None = None,
) -> Photograph | None:
    """Find the faces of a photograph.

    Args:
        path: Its file.
        generator: What draws faces, cut out as its `crop` says.
        faces: Where they are; None looks for them where the generator draws cut out faces and a
            detector is ready.
        ready: What will invert them; one that takes whole photographs gets them, and one that knows better
            than landmarks where its generator draws faces is asked.

    Returns:
        None for a picture that is to be taken whole: one that already is a crop, one without a face
        (a warning says so), or where nothing can look for faces.

    Raises:
        MediaError: The picture cannot be read, or `faces` finds none.
        DynodeError: The detector cannot be used.
    """
    looking = faces or automatic_faces(generator)
    if looking is None or (faces is None and ready is not None and ready.takes_whole(generator)):
        return None
    stored = read_stored(path)
    convention = convention_of(generator.info.crop) or FFHQ
    if faces is None and stored.shown.size == generator.info.resolution[::-1]:
        return None
    try:
        points = looking.points_of(stored.shown, path.name)
    except MediaError as error:
        if faces is not None:
            raise
        warnings.warn(f"{path.name}: {error}; its middle is taken for the face", stacklevel=3)
        return None
    frames = [frame_of(each, convention) for each in points]
    if faces is None and len(frames) == 1 and is_crop(frames[0], stored.shown.size):
        return None
    for each, frame in zip(points, frames, strict=True):
        _warn_of_face(path.name, each, frame, generator)
    recogniser = None
    if looking.is_detected:
        recogniser = recogniser_of(looking.load())
        if ready is not None:
            alone = [settled(stored.shown, [frame], 0, generator, ready) for frame in frames]
            frames = [frame for (frame,) in alone]
    return Photograph(stored, tuple(points), tuple(frames), recogniser)


def automatic_faces(generator: Generator) -> FaceSource | None:
    """Say who looks for faces where nobody was named: the detector that is ready, if faces are wanted."""
    if convention_of(generator.info.crop) is None:
        return None
    return FaceSource.ready()


def is_crop(frame: FaceFrame, size: tuple[int, int]) -> bool:
    """Say whether a picture (width, height) is about what would be cut out of it."""
    width, height = size
    whole = np.array([(0, 0), (0, height), (width, height), (width, 0)])
    apart = np.hypot(*(frame.corners - whole).T)
    return float(apart.max()) <= _CROP_APART * max(size)


def _warn_of_face(name: str, points: np.ndarray, frame: FaceFrame, generator: Generator) -> None:
    left, right, nose, *_ = five_points(points)
    between = right - left
    place = float((nose - left) @ between / max(float(between @ between), 1e-9))
    if not _TURNED[0] <= place <= _TURNED[1]:
        warnings.warn(
            f"{name}: the face is seen from the side, which generators of faces seldom draw; expect the edit "
            f"to change who it is",
            stacklevel=4,
        )
    side = max(generator.info.resolution)
    if frame.side < _SMALL * side:
        warnings.warn(
            f"{name}: the face's square is {frame.side:.0f} pixels wide and {generator.info.name} draws "
            f"{side}; detail is invented, a larger photograph is better",
            stacklevel=4,
        )


def check_identity(least: float | None) -> None:
    """Refuse a least similarity that is none.

    Raises:
        OptionError: It is not between 0 and 1.
    """
    if least is not None and not 0 < least < 1:
        raise OptionError(f"--keep-identity is {least:g}; expected more than 0 and less than 1")


def photograph_edit(
    result: EditResult, photograph: Photograph, least: float | None = None
) -> PhotographEdit:
    """Tell an edit of faces as one of their photograph.

    Args:
        result: The edit of its faces.
        photograph: What they were cut out of.
        least: Least similarity of each face; the strength is lowered by bisection until it holds.

    Raises:
        OptionError: A similarity is asked for and nothing is installed that can tell it.
    """
    if least is not None and photograph.recogniser is None:
        raise OptionError(
            "--keep-identity needs a face detector that knows people again, and none is used; install "
            "dynode-gan[faces], or name one with --face-detector"
        )
    identity = photograph.similarity(result.before, result.after)
    if least is not None and min(identity) < least:
        result, identity = _weakened(result, photograph, least)
    return PhotographEdit(**vars(result), photograph=photograph, identity=identity)


def _weakened(
    result: EditResult, photograph: Photograph, least: float
) -> tuple[EditResult, tuple[float, ...]]:
    low, high = 0.0, 1.0  # of the strength that was asked for
    for _ in range(_HALVINGS):
        share = (low + high) / 2
        tried = apply_stack(
            result.generator, result.original, result.stack, share * result.strength
        )
        is_kept = min(photograph.similarity(tried.before, tried.after)) >= least
        low, high = (share, high) if is_kept else (low, share)
    kept = apply_stack(result.generator, result.original, result.stack, low * result.strength)
    return kept, photograph.similarity(kept.before, kept.after)
