"""Colour profiles: read by littlecms, and made where a file tells its colours in another way."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from PIL import Image, ImageCms

Point = tuple[float, float]

D65: Point = (0.3127, 0.3290)
SRGB_PRIMARIES: tuple[Point, Point, Point] = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))

_MODES = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab": "LAB"}
_D50 = np.array([0.9642, 1.0, 0.8249])
# Cone responses of the Bradford transform, as the ICC's specification (annex E) has them.
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_AS_GOOD_AS_SRGB = 2  # levels: what roundings inside littlecms make of sRGB itself
_LATTICE = 9


@dataclass(frozen=True)
class RgbSpace:
    """Colours of three primaries.

    Attributes:
        primaries: Chromaticities (x, y) of red, green and blue.
        white: Chromaticity of white.
        gamma: Exponent from stored numbers to light, or `srgb` for the curve of sRGB.
    """

    primaries: tuple[Point, Point, Point] = SRGB_PRIMARIES
    white: Point = D65
    gamma: float | Literal["srgb"] = "srgb"

    def profile(self) -> bytes:
        """Write it as an ICC profile, version 4.

        Raises:
            ValueError: The primaries span no colours, or the exponent is none.
        """
        exponents = _SRGB_CURVE if self.gamma == "srgb" else (float(self.gamma),)
        if not 0.05 < exponents[0] < 20:
            raise ValueError(f"gamma {exponents[0]:g}")
        curve = b"para\0\0\0\0" + struct.pack(">HH", 3 if self.gamma == "srgb" else 0, 0)
        curve += b"".join(map(_s15, exponents))
        columns = self._to_d50().T
        tags = [(b"wtpt", _xyz(_D50))]
        tags += [(name, _xyz(column)) for name, column in zip(_COLUMNS, columns, strict=True)]
        tags += [(name, curve) for name in (b"rTRC", b"gTRC", b"bTRC")]
        return _icc(tags)

    def _to_d50(self) -> np.ndarray:
        """Compute the matrix from linear RGB to XYZ under D50, white adapted as Bradford."""
        corners = np.stack([_xyz_of(point) for point in self.primaries], axis=1)
        white = _xyz_of(self.white)
        try:
            matrix = corners * np.linalg.solve(corners, white)
        except np.linalg.LinAlgError as error:
            raise ValueError("primaries on one line") from error
        gains = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
        adapted: np.ndarray = np.linalg.inv(_BRADFORD) @ gains @ _BRADFORD @ matrix
        if not np.isfinite(adapted).all() or np.abs(adapted).max() > 100:
            raise ValueError("primaries of no colours")
        return adapted


_COLUMNS = (b"rXYZ", b"gXYZ", b"bXYZ")


def _xyz_of(point: Point) -> np.ndarray:
    x, y = point
    if y <= 0:
        raise ValueError(f"a primary at y = {y:g}")
    return np.array([x / y, 1.0, (1 - x - y) / y])


def _s15(number: float) -> bytes:
    return struct.pack(">i", round(number * 65536))


def _xyz(values: np.ndarray) -> bytes:
    return b"XYZ \0\0\0\0" + b"".join(_s15(float(value)) for value in values)


def _icc(tags: list[tuple[bytes, bytes]]) -> bytes:
    offset = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for name, data in tags:
        table += name + struct.pack(">II", offset + len(body), len(data))
        body += data
    head = struct.pack(">I4sI", offset + len(body), b"lcms", 0x04300000) + b"mntrRGB XYZ "
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    return (head + b"".join(_s15(value) for value in _D50)).ljust(128, b"\0") + table + body


def mode_of(profile: bytes) -> str:
    """Say of which of Pillow's modes the colours of a profile are.

    Raises:
        ValueError: The profile cannot be read, or is of none of them.
    """
    space = _opened(profile).profile.xcolor_space.strip()
    if space not in _MODES:
        raise ValueError(f"a profile for {space}")
    return _MODES[space]


@lru_cache(maxsize=8)
def is_srgb(profile: bytes) -> bool:
    """Say whether a profile is sRGB's own, but for roundings."""
    if mode_of(profile) != "RGB":
        return False
    steps = np.linspace(0, 255, _LATTICE).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(_LATTICE, -1, 3)
    shown = np.asarray(to_srgb(Image.fromarray(colours), profile), dtype=np.int16)
    return int(np.abs(shown - colours).max()) <= _AS_GOOD_AS_SRGB


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert from the colours of a profile to sRGB.

    Args:
        image: 8 bit, of the profile's mode (`mode_of`).
        profile: ICC profile.

    Returns:
        8-bit RGB.

    Raises:
        ValueError: The profile cannot be used.
    """
    return _converted(image, _opened(profile), _srgb(), "RGB")


def from_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Convert 8-bit sRGB to the colours of a profile, in its mode.

    Raises:
        ValueError: The profile cannot be used in this way.
    """
    return _converted(image, _srgb(), _opened(profile), mode_of(profile))


def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


def _opened(profile: bytes) -> ImageCms.ImageCmsProfile:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (OSError, TypeError, ImageCms.PyCMSError) as error:
        raise ValueError("no ICC profile") from error


def _converted(
    image: Image.Image,
    source: ImageCms.ImageCmsProfile,
    target: ImageCms.ImageCmsProfile,
    mode: str,
) -> Image.Image:
    try:
        made = ImageCms.profileToProfile(image, source, target, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise ValueError(" ".join(str(error).split()) or "unusable") from error
    assert made is not None
    return made
