"""Put an edited face back into its photograph, with a soft edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import numpy as np
from PIL import Image

from dynode.crop.geometry import FaceFrame
from dynode.crop.seam import face_mask, matched
from dynode.errors import MediaError, OptionError
from dynode.media.stored import StoredPicture

FEATHER = 0.15
"""Width of the soft edge, as a part of the crop's side."""

Detail = Literal["all", "unchanged"]
"""Which detail of a photograph stays that is finer than the crop: all, or where the face is as it was."""

_THINNEST = 1 / 65535  # opacity that a change is still divided by
_LIKE, _UNLIKE = 0.03, 0.10  # of full light: a face that is as it was, and one that is not
_AROUND = 0.015  # of the side: how far around a pixel likeness is judged


def paste_face(
    photo: Image.Image,
    face: Image.Image,
    frame: FaceFrame,
    *,
    original: Image.Image | None = None,
    detail: Detail = "all",
    feather: float = FEATHER,
    points: np.ndarray | None = None,
) -> Image.Image:
    """Put a face into the frame it was cut from.

    Guaranteed: pixels where `paste_mask` is 0 keep their values. Inside, a face that was not edited
    differs from the photograph by the error of resampling twice, or with `original` by nothing.

    Args:
        photo: 8-bit RGB; not changed.
        face: The edited crop, square, of any size.
        frame: Where it was cut out.
        original: The crop before the edit; with it, finer detail of the photograph stays.
        detail: Where: all over, also at lips that have moved, or where the face is like `original`.
        feather: Width of the soft edge, as a part of the side: 0 to 0.5.
        points: Landmarks of the face. With them the soft edge follows the face, and a face that is
            pasted whole, or keeps unchanged detail alone, is brought to the photograph's colours there.

    Raises:
        MediaError: The faces are not square, or of different sizes.
        OptionError: `detail` is "unchanged" and there is no `original`.
    """
    _check_faces(face, original, detail)
    before = None if original is None else np.asarray(original, dtype=np.float32)
    pixels, values = np.asarray(photo), np.asarray(face, dtype=np.float32)
    pasted = paste_pixels(
        pixels, values, frame, original=before, detail=detail, feather=feather, points=points
    )
    return Image.fromarray(pasted)


def paste_into(
    photo: StoredPicture,
    face: Image.Image,
    frame: FaceFrame,
    *,
    original: Image.Image | None = None,
    detail: Detail = "all",
    feather: float = FEATHER,
    points: np.ndarray | None = None,
) -> StoredPicture:
    """Put a face into a photograph in the photograph's own numbers.

    Guaranteed: pixels where `paste_mask` is 0 keep their numbers, of any depth and in any profile;
    transparency stays everywhere, and what is pasted shows through it over white as `face` does.

    Args:
        photo: As it is stored; not changed.
        face: The edited crop, 8-bit sRGB, square, of any size.
        frame: Where it was cut out.
        original: As for `paste_face`.
        detail: As for `paste_face`.
        feather: As for `paste_face`.
        points: As for `paste_face`.

    Raises:
        MediaError: See `paste_face`.
    """
    _check_faces(face, original, detail)
    pixels = paste_pixels(
        photo.pixels,
        photo.numbers_of(face),
        frame,
        original=None if original is None else photo.numbers_of(original),
        detail=detail,
        feather=feather,
        points=points,
        opacity=None if photo.alpha is None else photo.alpha.astype(np.float32) / photo.top,
    )
    return replace(photo, pixels=pixels)


def paste_pixels(
    pixels: np.ndarray,
    face: np.ndarray,
    frame: FaceFrame,
    *,
    original: np.ndarray | None = None,
    detail: Detail = "all",
    feather: float = FEATHER,
    points: np.ndarray | None = None,
    opacity: np.ndarray | None = None,
) -> np.ndarray:
    """Put a face into whole numbers, see `paste_face`.

    Args:
        pixels: (h, w, c), 8 or 16 bit; not changed.
        face: (s, s, c) float, on the same scale, as is `original`.
        frame: Where it was cut out.
        original: The crop before the edit.
        detail: As for `paste_face`.
        feather: As for `paste_face`.
        points: As for `paste_face`.
        opacity: (h, w) in [0, 1] of the photograph, through which the face is seen over white.
    """
    left, top, right, bottom = box = _box(pixels.shape[1::-1], frame)
    result = pixels.copy()
    if right <= left or bottom <= top:
        return result
    white = np.iinfo(pixels.dtype).max
    weights = paste_mask(frame, box, feather=feather, points=points)
    stored = result[top:bottom, left:right].astype(np.float32)
    cover = np.float32(1) if opacity is None else opacity[top:bottom, left:right, None]
    before = white + cover * (stored - white)
    soft = None if points is None else weights
    wanted = _wanted((face, original), before, frame, box, soft, detail, white)
    change = weights[:, :, None] * (wanted - before) / np.maximum(cover, _THINNEST)
    mixed = np.rint(np.where(cover > 0, stored + change, stored))
    result[top:bottom, left:right] = np.clip(mixed, 0, white).astype(pixels.dtype)
    return result


def _wanted(
    faces: tuple[np.ndarray, np.ndarray | None],
    before: np.ndarray,
    frame: FaceFrame,
    box: tuple[int, int, int, int],
    weights: np.ndarray | None,
    detail: Detail,
    white: float,
) -> np.ndarray:
    """Bring a drawn face to the photograph's colours, and to its detail where it is like the crop."""
    face, original = faces
    if original is not None and detail == "all":
        return np.asarray(before + _warped(face - original, frame, box))
    drawn = _warped(face, frame, box)
    seen = None if original is None else _warped(original, frame, box)
    if weights is not None:
        drawn = matched(drawn, before if seen is None else seen, weights, frame.side, white)
    if seen is None:
        return drawn
    return np.asarray(drawn + _likeness((drawn - seen) / white, frame.side) * (before - seen))


def _likeness(apart: np.ndarray, side: float) -> np.ndarray:
    """Say how much each pixel of a drawn face is like the crop: (h, w, 1), 1 where it is not apart."""
    from scipy import ndimage

    sigma = _AROUND * side
    around = ndimage.gaussian_filter(np.abs(apart).max(2), sigma, mode="nearest")
    step = np.clip((_UNLIKE - around) / (_UNLIKE - _LIKE), 0, 1)
    return np.asarray(step * step * (3 - 2 * step))[:, :, None]


def _check_faces(face: Image.Image, original: Image.Image | None, detail: Detail) -> None:
    if detail == "unchanged" and original is None:
        raise OptionError("detail='unchanged' compares with original, which is not given; give it")
    if face.width != face.height or (original is not None and original.size != face.size):
        raise MediaError(
            f"the face is {face.width}×{face.height} pixels; expected a square one, and the original of the "
            f"same size"
        )


def paste_mask(
    frame: FaceFrame,
    box: tuple[int, int, int, int],
    *,
    feather: float = FEATHER,
    points: np.ndarray | None = None,
) -> np.ndarray:
    """Compute how much of the face each pixel takes: (h, w) in [0, 1], 0 outside of the frame.

    Args:
        frame: Where the face is.
        box: Left, top, right, bottom of the part of the photograph.
        feather: Width of the soft edge, as a part of the side.
        points: Landmarks of the face, for an edge that follows it inside of the frame.
    """
    u, v = _crop_points(frame, box, 1)
    inside = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
    step = np.clip(inside / max(feather, 1e-6), 0, 1)
    smooth: np.ndarray = step * step * (3 - 2 * step)
    if points is None:
        return smooth
    return np.asarray(smooth * face_mask(frame, points, *_centres(box)))


def _box(size: tuple[int, ...], frame: FaceFrame) -> tuple[int, int, int, int]:
    """Find left, top, right and bottom of the part of a photograph (width, height) in a frame."""
    width, height = size
    low, high = np.floor(frame.corners.min(0)), np.ceil(frame.corners.max(0))
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    return left, top, min(int(high[0]), width), min(int(high[1]), height)


def _centres(box: tuple[int, int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    left, top, right, bottom = box
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
    return x, y


def _crop_points(
    frame: FaceFrame, box: tuple[int, int, int, int], size_px: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find where in the crop the centres of the pixels of a box lie."""
    x, y = _centres(box)
    matrix = frame.to_crop(size_px)
    u = matrix[0, 0] * x + matrix[0, 1] * y + matrix[0, 2]
    v = matrix[1, 0] * x + matrix[1, 1] * y + matrix[1, 2]
    return u, v


def _warped(face: np.ndarray, frame: FaceFrame, box: tuple[int, int, int, int]) -> np.ndarray:
    """Draw a crop (s, s, 3) into a box of the photograph, first made smaller if it is larger."""
    size = min(face.shape[0], max(1, round(frame.side)))
    planes = [face[:, :, index] for index in range(face.shape[2])]
    if size < face.shape[0]:
        planes = [_resized(plane, size) for plane in planes]
    u, v = _crop_points(frame, box, size)
    return np.stack([_bicubic(plane, u - 0.5, v - 0.5) for plane in planes], axis=2)


def _resized(plane: np.ndarray, size: int) -> np.ndarray:
    image = Image.fromarray(np.ascontiguousarray(plane))
    return np.asarray(image.resize((size, size), Image.Resampling.LANCZOS))


def _bicubic(plane: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy import ndimage

    sampled: np.ndarray = ndimage.map_coordinates(
        plane.astype(np.float32), [y, x], order=3, mode="nearest"
    )
    return sampled
