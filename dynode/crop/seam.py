"""The edge between a pasted face and its photograph: soft, around the face, of one colour."""

from __future__ import annotations

import numpy as np
from PIL import Image

from dynode.crop.geometry import FaceFrame, five_points

# In the larger of the distances between the eyes, and from eyes to mouth.
_ACROSS, _UP, _DOWN = 1.75, 1.75, 1.65
_MIDDLE = 0.35  # from the eyes towards the mouth
_FULL = 0.66  # of the way from the middle to the edge that is taken whole
_GRID = 96  # squares along the side that colours are compared on
_LIGHT = 0.05  # of full light: how far from the usual difference still is one of light
_NEAR, _FAR, _FAR_WEIGHT = 0.06, 0.25, 0.02  # of the side: how far a difference at the seam reaches


def face_mask(frame: FaceFrame, points: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Compute how much of a pasted face each pixel takes: an oval around it with a soft edge.

    Args:
        frame: Where the face was cut out.
        points: Its landmarks (5, 2) or (68, 2), as detectors give them.
        x: (h, w) places of pixels across.
        y: (h, w) places of pixels down.

    Returns:
        (h, w) in [0, 1].
    """
    left, right, _, *corners = five_points(points) + 0.5
    eyes, mouth = (left + right) / 2, (corners[0] + corners[1]) / 2
    unit = max(float(np.hypot(*(right - left))), float(np.hypot(*(mouth - eyes))))
    across = np.array(frame.half) / np.hypot(*frame.half)
    middle = eyes + _MIDDLE * (mouth - eyes)
    u = ((x - middle[0]) * across[0] + (y - middle[1]) * across[1]) / (_ACROSS * unit)
    v = ((y - middle[1]) * across[0] - (x - middle[0]) * across[1]) / unit
    distance = np.hypot(u, np.where(v < 0, v / _UP, v / _DOWN))
    step = np.clip((1 - distance) / (1 - _FULL), 0, 1)
    smooth: np.ndarray = step**3 * (10 - 15 * step + 6 * step**2)  # flat to the second order
    return smooth


def matched(
    drawn: np.ndarray, stored: np.ndarray, weights: np.ndarray, side: float, white: float
) -> np.ndarray:
    """Bring a drawn face to the colours of its photograph along the seam.

    What differs where the two meet is spread inwards, smoothly; the middle gets its mean.

    Args:
        drawn: (h, w, c) float.
        stored: (h, w, c) float, the same place of the photograph.
        weights: (h, w) in [0, 1], how much of the drawn face is taken.
        side: Side of the face's frame in pixels.
        white: The number of full light.

    Returns:
        (h, w, c) float.
    """
    from scipy import ndimage

    step = max(1, int(side) // _GRID)
    ring = (4 * weights * (1 - weights))[::step, ::step].astype(np.float64)
    if ring.sum() < 1:
        return drawn
    apart = (stored - drawn)[::step, ::step]
    usual = np.tensordot(ring, apart, 2) / ring.sum()
    # What is far from usual is another thing (hair on skin), not the same in another light.
    ring = ring / (1 + (np.abs(apart - usual).max(2) / (_LIGHT * white)) ** 2)
    apart = apart * ring[:, :, None]
    shares, total = [], 1e-9
    for reach, weight in ((_NEAR, 1.0), (_FAR, _FAR_WEIGHT), (1.0, _FAR_WEIGHT**2)):
        sigma = reach * side / step
        shares.append(weight * ndimage.gaussian_filter(apart, [sigma, sigma, 0]))
        total = total + weight * ndimage.gaussian_filter(ring, sigma)
    shift = sum(shares) / np.asarray(total)[:, :, None]
    size = (drawn.shape[1], drawn.shape[0])
    planes = [Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(shift, 2, 0)]
    smooth = [np.asarray(plane.resize(size, Image.Resampling.BILINEAR)) for plane in planes]
    return np.asarray(drawn + np.stack(smooth, axis=2))
