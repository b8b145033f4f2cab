"""From a stored frame to what a player shows: shape of pixels, orientation, colours."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from dynode.media.light import Conversion, conversion_of

if TYPE_CHECKING:
    import av

_BT709, _UNTOLD, _BT601, _BT2020 = 1, 2, 5, 9
# Matrices by their number in ITU-T H.273, as far as the scaler knows them, and names of the others.
_MATRICES = {0: 0, 1: 1, 4: 4, 5: 5, 6: 5, 7: 7, 9: 9}
_OTHER_MATRICES = {
    8: "YCgCo",
    10: "BT.2020 of constant luminance",
    11: "SMPTE 2085",
    12: "chroma-derived",
    13: "chroma-derived",
    14: "ICtCp",
    15: "IPT-C2 (Dolby Vision)",
    16: "YCgCo-R",
    17: "YCgCo-R",
}
_HIGH_DEFINITION = 720  # lines, from which players take BT.709 where nothing is told
_NARROWEST, _WIDEST = Fraction(1, 8), Fraction(8)  # shapes of pixels that are no mistake
_SQUARE_ENOUGH = 0.02  # how far an oblique rotation may be off, of the scale of its matrix


@dataclass(frozen=True)
class Orientation:
    """How a stored picture is turned: transposed first, then flipped.

    Attributes:
        transposed: Rows become columns.
        flip_x: Left and right are exchanged then.
        flip_y: Top and bottom are exchanged then.
        oblique: The matrix says something else, which this is nearest to.
    """

    transposed: bool = False
    flip_x: bool = False
    flip_y: bool = False
    oblique: bool = False

    @classmethod
    def of(cls, matrix: bytes | None) -> Orientation:
        """Read a display matrix of FFmpeg: nine 32 bit numbers, (x, y) times its columns."""
        if matrix is None:
            return cls()
        a, b, _, c, d, *_ = struct.unpack("=9i", matrix[:36])
        transposed = abs(b) + abs(c) > abs(a) + abs(d)
        main, rest = ((c, b), (a, d)) if transposed else ((a, d), (b, c))
        oblique = max(map(abs, rest)) > _SQUARE_ENOUGH * max(map(abs, main))
        return cls(transposed, main[0] < 0, main[1] < 0, oblique)

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Turn pixels (h, w, 3)."""
        turned = pixels.swapaxes(0, 1) if self.transposed else pixels
        turned = turned[:: -1 if self.flip_y else 1, :: -1 if self.flip_x else 1]
        return np.ascontiguousarray(turned)


@dataclass(frozen=True)
class AsShown:
    """How the frames of one clip are shown; all are brought to the size of the first.

    Attributes:
        width: Of a frame with square pixels, before it is turned.
        height: As stored.
        orientation: How it is turned.
        matrix: What YUV is turned to RGB with.
        has_alpha: Whether it is laid on white.
        colours: From the clip's RGB to sRGB; None if it is that already.
        losses: What is not shown as a player would show it, in words.
    """

    width: int
    height: int
    orientation: Orientation
    matrix: int
    has_alpha: bool
    colours: Conversion | None
    losses: tuple[str, ...]

    @classmethod
    def of(cls, frame: av.VideoFrame, aspect: Fraction | None) -> AsShown:
        """Look at the first frame of a clip.

        Args:
            frame: As it was decoded.
            aspect: Width of a pixel over its height; None or 0 for square ones.
        """
        losses = []
        aspect = aspect or Fraction(1)
        if not _NARROWEST <= aspect <= _WIDEST:
            losses.append(f"declares pixels of shape {aspect}, which is taken for a mistake")
            aspect = Fraction(1)
        orientation = Orientation.of(_display_matrix(frame))
        if orientation.oblique:
            losses.append("is turned by no multiple of 90°; it is turned by the nearest one")
        matrix = _matrix(frame)
        if matrix not in _MATRICES:
            name = _OTHER_MATRICES.get(matrix, f"matrix {matrix}")
            losses.append(f"has colours coded as {name}, which are read as BT.709 and will be off")
            matrix = _BT709
        colours, loss = conversion_of(frame.color_trc, frame.color_primaries)
        losses += [loss] if loss else []
        alpha = any(component.is_alpha for component in frame.format.components)
        width = max(1, round(frame.width * aspect))
        return cls(width, frame.height, orientation, matrix, alpha, colours, tuple(losses))

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) as shown."""
        sides = (self.height, self.width)
        return sides[::-1] if self.orientation.transposed else sides

    def pixels(self, frame: av.VideoFrame) -> np.ndarray:
        """Return a frame as (h, w, 3) 8 bit sRGB."""
        if self.colours is not None:
            pixels = self.colours.apply(self._converted(frame, "rgb48le"))
        elif self.has_alpha:
            pixels = _on_white(self._converted(frame, "rgba"))
        else:
            pixels = self._converted(frame, "rgb24")
        return self.orientation.apply(pixels)

    def _converted(self, frame: av.VideoFrame, format: str) -> np.ndarray:
        scaled = (frame.width, frame.height) != (self.width, self.height)
        if frame.colorspace not in _MATRICES:
            frame.colorspace = _BT709  # else the scaler refuses it
        return frame.reformat(
            width=self.width,
            height=self.height,
            format=format,
            src_colorspace=_MATRICES[self.matrix] or None,
            interpolation="BICUBIC" if scaled else None,
        ).to_ndarray()


def _matrix(frame: av.VideoFrame) -> int:
    """Return the number of the matrix; where none is told, guess as players do."""
    if frame.colorspace != _UNTOLD:
        return frame.colorspace
    if frame.color_primaries == _BT2020:
        return _BT2020
    return _BT709 if frame.height >= _HIGH_DEFINITION else _BT601


def _display_matrix(frame: av.VideoFrame) -> bytes | None:
    from av.sidedata.sidedata import Type

    side_data: Mapping[Any, Any] = frame.side_data
    held = side_data.get(Type.DISPLAYMATRIX)
    return None if held is None else bytes(held)


def _on_white(pixels: np.ndarray) -> np.ndarray:
    """Lay (h, w, 4) 8 bit on white."""
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + 255 * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
