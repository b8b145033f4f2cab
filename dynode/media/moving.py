"""Moving pictures: GIF, WebP and PNG of several frames, with the delays that browsers keep."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dynode.errors import MediaError

_MOST_PIXELS = 200_000_000
_HASTY_MS, _INSTEAD_MS = 10, 100  # browsers slow what is shown 10 ms and less down to 100 ms


def is_moving_picture(path: Path) -> bool:
    """Say whether a file begins as a GIF, WebP or PNG."""
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        head = stream.read(12)
    return head.startswith((b"GIF8", b"\x89PNG")) or head[8:] == b"WEBP"


@dataclass(frozen=True)
class MovingPicture:
    """A file of Pillow's that holds several frames.

    Attributes:
        path: The file.
    """

    path: Path

    def frames(self) -> Iterator[np.ndarray]:
        """Compose the frames one after the other: (h, w, 3) 8 bit RGB, transparency on white."""
        return (pixels for pixels, _ in self._shown())

    def look(self) -> tuple[tuple[int, int], list[Fraction]]:
        """Return the size (height, width) and how long each frame is shown, in seconds."""
        size, delays = (0, 0), list[Fraction]()
        for pixels, delay in self._shown():
            size = (pixels.shape[0], pixels.shape[1])
            delays.append(delay)
        return size, delays

    def _shown(self) -> Iterator[tuple[np.ndarray, Fraction]]:
        import imageio.v3 as iio

        with _explained(self.path), iio.imopen(self.path, "r", plugin="pillow") as opened:
            file: Any = opened  # its annotations leave out what the plugin takes
            _check_size(self.path, file.properties(index=0).shape)
            count = file.properties(index=...).n_images or 1
            for index in range(count):
                pixels = file.read(index=index, mode="RGBA")
                told = file.metadata(index=index, exclude_applied=False)
                if index > 0 or not told.get(
                    "default_image"
                ):  # a still for those who read no other
                    yield _on_white(pixels), _delay(told)


def _check_size(path: Path, shape: tuple[int, ...]) -> None:
    height, width = shape[:2]
    if width * height > _MOST_PIXELS:
        raise MediaError(
            f"{path.name} declares {width}×{height} pixels; expected at most {_MOST_PIXELS}"
        )


def _delay(info: dict[str, Any]) -> Fraction:
    shown_ms = info.get("duration") or 0
    if shown_ms <= _HASTY_MS:
        shown_ms = _INSTEAD_MS
    return Fraction(shown_ms).limit_denominator(1_000_000) / 1000


def _on_white(pixels: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(pixels)
    ground = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(ground, picture).convert("RGB"))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split()) or "it ends early"
        raise MediaError(
            f"{path.name} is damaged ({reason}); save it again from its source"
        ) from error
