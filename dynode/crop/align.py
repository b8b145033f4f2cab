"""Cut a face out of a photograph, upright and at the size the generator draws."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dynode.crop.geometry import FaceFrame

_BORDER = 0.1
_PADDING = 0.3
_BLUR = 0.02


def crop_face(photo: Image.Image, frame: FaceFrame, size_px: int) -> Image.Image:
    """Cut a frame out of a photograph.

    Args:
        photo: 8-bit RGB.
        frame: Where the face is.
        size_px: Side of the result in pixels.

    Returns:
        A square picture. What lies outside of the photograph is mirrored and blurred.

    Source:
        Karras et al. 2019, FFHQ, as in the published e4e code: shrink by whole numbers, cut out with
        a border, pad, transform with bilinear sampling.
        Deviation: a frame that leaves the photograph by more than the photograph's size is padded
        by repeated mirroring.
    """
    corners = frame.corners
    shrink = int(np.floor(frame.side / size_px * 0.5))
    if shrink > 1:
        size = (round(photo.width / shrink), round(photo.height / shrink))
        photo = photo.resize(size, Image.Resampling.LANCZOS)
        corners = corners / shrink
    side = frame.side / max(shrink, 1)
    photo, corners = _cut_out(photo, corners, max(round(side * _BORDER), 3))
    photo, corners = _padded(photo, corners, side, max(round(side * _BORDER), 3))
    return photo.transform(
        (size_px, size_px),
        Image.Transform.QUAD,
        tuple(corners.flatten().tolist()),
        Image.Resampling.BILINEAR,
    )


def _bounds(corners: np.ndarray) -> tuple[int, int, int, int]:
    low, high = np.floor(corners.min(0)), np.ceil(corners.max(0))
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _cut_out(
    photo: Image.Image, corners: np.ndarray, border: int
) -> tuple[Image.Image, np.ndarray]:
    """Drop what is far from the face, so that the rest is fast."""
    left, top, right, bottom = _bounds(corners)
    box = (
        min(max(left - border, 0), photo.width - 1),
        min(max(top - border, 0), photo.height - 1),
        max(min(right + border, photo.width), 1),
        max(min(bottom + border, photo.height), 1),
    )
    if box[2] <= box[0] or box[3] <= box[1]:  # the face is outside
        return photo, corners
    if box == (0, 0, photo.width, photo.height):
        return photo, corners
    return photo.crop(box), corners - np.array(box[:2])


def _padded(
    photo: Image.Image, corners: np.ndarray, side: float, border: int
) -> tuple[Image.Image, np.ndarray]:
    """Mirror the photograph beyond its edges where the frame leaves it, softly blurred."""
    left, top, right, bottom = _bounds(corners)
    pad = np.array(
        [
            -left + border,
            -top + border,
            right - photo.width + border,
            bottom - photo.height + border,
        ]
    )
    pad = np.maximum(pad, 0)
    if pad.max() <= border - 4:
        return photo, corners
    from scipy import ndimage

    pad = np.maximum(pad, round(side * _PADDING))
    widths = ((pad[1], pad[3]), (pad[0], pad[2]), (0, 0))
    pixels = np.pad(np.asarray(photo, dtype=np.float32), widths, "reflect")
    height, width = pixels.shape[:2]
    row, column = np.ogrid[:height, :width]
    across = np.minimum(column / max(pad[0], 1), (width - 1 - column) / max(pad[2], 1))
    down = np.minimum(row / max(pad[1], 1), (height - 1 - row) / max(pad[3], 1))
    mask = np.maximum(1 - across, 1 - down)[:, :, None]
    blurred = ndimage.gaussian_filter(pixels, [side * _BLUR, side * _BLUR, 0])
    pixels = pixels + (blurred - pixels) * np.clip(mask * 3 + 1, 0, 1)
    pixels = pixels + (np.median(pixels, axis=(0, 1)) - pixels) * np.clip(mask, 0, 1)
    padded = Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
    return padded, corners + pad[:2]
