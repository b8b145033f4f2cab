"""Put an edited face back into its photograph, with a soft edge."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dynode.crop.geometry import FaceFrame
from dynode.errors import MediaError

FEATHER = 0.15
"""Width of the soft edge, as a part of the crop's side."""


def paste_face(
    photo: Image.Image,
    face: Image.Image,
    frame: FaceFrame,
    *,
    original: Image.Image | None = None,
    feather: float = FEATHER,
) -> Image.Image:
    """Put a face into the frame it was cut from.

    Guaranteed: pixels where `paste_mask` is 0 keep their values. Inside, a face that was not edited
    differs from the photograph by the error of resampling twice, or with `original` by nothing.

    Args:
        photo: 8-bit RGB; not changed.
        face: The edited crop, square, of any size.
        frame: Where it was cut out.
        original: The crop before the edit. With it only the difference is pasted, so that detail of
            the photograph that is finer than the crop stays, also where it should go.
        feather: Width of the soft edge, as a part of the side: 0 to 0.5.

    Raises:
        MediaError: The faces are not square, or of different sizes.
    """
    if face.width != face.height or (original is not None and original.size != face.size):
        raise MediaError(
            f"the face is {face.width}×{face.height} pixels; expected a square one, and the original of the "
            f"same size"
        )
    box = _box(photo, frame)
    if box[2] <= box[0] or box[3] <= box[1]:
        return photo.copy()
    weights = paste_mask(frame, box, feather=feather)[:, :, None]
    before = np.asarray(photo.crop(box), dtype=np.float32)
    if original is None:
        wanted = _warped(np.asarray(face, dtype=np.float32), frame, box)
    else:
        moved = np.asarray(face, dtype=np.float32) - np.asarray(original, dtype=np.float32)
        wanted = before + _warped(moved, frame, box)
    mixed = np.clip(np.rint(before + weights * (wanted - before)), 0, 255).astype(np.uint8)
    result = photo.copy()
    result.paste(Image.fromarray(mixed), box[:2])
    return result


def paste_mask(
    frame: FaceFrame, box: tuple[int, int, int, int], *, feather: float = FEATHER
) -> np.ndarray:
    """Compute how much of the face each pixel takes: (h, w) in [0, 1], 0 outside of the frame.

    Args:
        frame: Where the face is.
        box: Left, top, right, bottom of the part of the photograph.
        feather: Width of the soft edge, as a part of the side.
    """
    u, v = _crop_points(frame, box, 1)
    inside = np.minimum(np.minimum(u, 1 - u), np.minimum(v, 1 - v))
    step = np.clip(inside / max(feather, 1e-6), 0, 1)
    smooth: np.ndarray = step * step * (3 - 2 * step)
    return smooth


def _box(photo: Image.Image, frame: FaceFrame) -> tuple[int, int, int, int]:
    low, high = np.floor(frame.corners.min(0)), np.ceil(frame.corners.max(0))
    left, top = max(int(low[0]), 0), max(int(low[1]), 0)
    return left, top, min(int(high[0]), photo.width), min(int(high[1]), photo.height)


def _crop_points(
    frame: FaceFrame, box: tuple[int, int, int, int], size_px: int
) -> tuple[np.ndarray, np.ndarray]:
    """Find where in the crop the centres of the pixels of a box lie."""
    left, top, right, bottom = box
    x, y = np.meshgrid(np.arange(left, right) + 0.5, np.arange(top, bottom) + 0.5)
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
