"""Pictures as they are stored: their own numbers, to be changed in places and written back whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from dynode.media.annotations import not_kept, texts_of, xmp_of
from dynode.media.colour_profile import from_srgb, mode_of
from dynode.media.colours import profile_of
from dynode.media.deep import is_deep, read_deep
from dynode.media.images import reading
from dynode.media.shown import as_shown, split_alpha

_ORIENTATION = 0x0112
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}
_TOO_COLOURED = 12  # levels between the colours of a face that is not grey


@dataclass(frozen=True, eq=False)
class StoredPicture:
    """A picture in its own numbers, upright.

    Attributes:
        name: Its file name.
        pixels: (h, w, 1) grey or (h, w, 3) RGB, 8 or 16 bit, in the colours of `profile`.
        alpha: Opacity (h, w) in the same bits; None if it is opaque everywhere.
        profile: ICC profile of its colours; None for sRGB.
        exif: What else cameras tell, without the orientation.
        resolution: Pixels an inch, across and down, if told.
        shown: What a viewer shows of it, 8-bit sRGB.
        lost: What of the file is not in here, in words.
        xmp: What programs tell as XMP, without the orientation; empty if nothing.
        texts: Text entries by keyword, as PNG has them; the comment of a JPEG is one of them.
    """

    name: str
    pixels: np.ndarray
    alpha: np.ndarray | None
    profile: bytes | None
    exif: bytes
    resolution: tuple[float, float] | None
    shown: Image.Image
    lost: tuple[str, ...] = ()
    xmp: bytes = b""
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def top(self) -> int:
        """The number of full light: 255 or 65535."""
        return int(np.iinfo(self.pixels.dtype).max)

    def numbers_of(self, face: Image.Image) -> np.ndarray:
        """Express 8-bit sRGB in the numbers of this picture: (h, w, 1 or 3) float."""
        grey = self.pixels.shape[2] == 1
        if grey:
            self._warn_of_colour(face)
        if self.profile is not None:
            face = from_srgb(face, self.profile)
        face = face.convert("L" if grey else "RGB")
        values = np.asarray(face, dtype=np.float32).reshape(face.height, face.width, -1)
        return values * np.float32(self.top / 255)

    def _warn_of_colour(self, face: Image.Image) -> None:
        colours = np.asarray(face.convert("RGB"), dtype=np.int16)
        if np.ptp(colours, axis=2).mean() > _TOO_COLOURED:
            warnings.warn(
                f"{self.name} is grey, so the face is pasted without its colours; save the photograph in "
                f"RGB to keep them",
                stacklevel=4,
            )


def read_stored(path: Path) -> StoredPicture:
    """Read a picture in its own numbers, see `StoredPicture`.

    Raises:
        MediaError: See `read_image`.
    """
    with reading(path, path) as (opened, head):
        shown = as_shown(opened, head, path.name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # said while it was made
            profile = profile_of(opened, head, path.name)
        lost = list[str]()
        if is_deep(opened, head):
            turn = _UPRIGHT.get(opened.getexif().get(_ORIENTATION, 1), lambda pixels: pixels)
            pixels, alpha = _deep(path, opened, turn)
        else:
            pixels, alpha, profile = _shallow(opened, profile, shown, lost)
        exif = opened.getexif()
        exif.pop(_ORIENTATION, None)
        if profile is not None and mode_of(profile) != ("L" if pixels.shape[2] == 1 else "RGB"):
            pixels, profile = _without_odd_profile(pixels, profile)
        told = opened.info.get("dpi")
        return StoredPicture(
            path.name,
            pixels,
            alpha,
            profile,
            exif.tobytes(),
            (float(told[0]), float(told[1])) if told else None,
            shown,
            (*lost, *not_kept(opened, head)),
            xmp_of(opened),
            texts_of(opened),
        )


def _deep(
    path: Path, opened: Image.Image, turn: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray | None]:
    has_alpha = opened.mode in ("RGBA", "LA") or "transparency" in opened.info
    pixels = turn(read_deep(path, alpha=has_alpha))
    return pixels[:, :, :3], pixels[:, :, 3] if has_alpha else None


def _shallow(
    opened: Image.Image, profile: bytes | None, shown: Image.Image, lost: list[str]
) -> tuple[np.ndarray, np.ndarray | None, bytes | None]:
    """Take the numbers of what Pillow reads whole; what it does not is taken as it is shown."""
    upright = ImageOps.exif_transpose(opened)
    if upright.mode.startswith("I;16"):
        return np.asarray(upright, dtype=np.uint16)[:, :, None], None, profile
    if upright.mode in ("P", "PA", "1"):
        lost.append("its palette" if upright.mode != "1" else "its two colours")
    if upright.mode == "1":
        upright = upright.convert("L")
    if getattr(opened, "n_frames", 1) > 1 and opened.format != "MPO":
        lost.append("all but its first picture")
    colours, alpha = split_alpha(upright)
    if colours.mode not in ("L", "RGB"):
        lost.append(f"its {colours.mode} numbers")
        colours, profile = shown, None
    pixels = np.asarray(colours).reshape(colours.height, colours.width, -1)
    return pixels, None if alpha is None else np.asarray(alpha), profile


def _without_odd_profile(pixels: np.ndarray, profile: bytes) -> tuple[np.ndarray, bytes | None]:
    """Give grey numbers under a profile of RGB three channels; drop a profile that says nothing."""
    if mode_of(profile) == "RGB":
        return np.repeat(pixels, 3, axis=2), profile
    return pixels, None
