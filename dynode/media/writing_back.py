"""Write a picture in its own numbers, and name what a kind of file cannot hold."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from dynode import files
from dynode.errors import MediaError
from dynode.media.annotations import png_texts
from dynode.media.colour_profile import to_srgb
from dynode.media.deep import write_deep
from dynode.media.images import check_image_name
from dynode.media.stored import StoredPicture


@dataclass(frozen=True)
class _Holds:
    """What a kind of file can hold."""

    alpha: bool = False
    profile: bool = False
    deep_grey: bool = False
    deep: bool = False
    exif: bool = False
    exact: bool = True
    xmp: bool = True
    texts: bool = False


_HOLDS = {
    ".png": _Holds(alpha=True, profile=True, deep_grey=True, deep=True, exif=True, texts=True),
    ".tif": _Holds(alpha=True, profile=True, deep_grey=True, exif=True),
    ".tiff": _Holds(alpha=True, profile=True, deep_grey=True, exif=True),
    ".webp": _Holds(alpha=True, profile=True, exif=True),
    ".bmp": _Holds(xmp=False),
    ".jpg": _Holds(profile=True, exif=True, exact=False),
    ".jpeg": _Holds(profile=True, exif=True, exact=False),
}
_QUALITY = 95
_XMP_TAG = 700  # of TIFF


def write_stored(picture: StoredPicture, path: Path) -> None:
    """Write a picture with all that the kind of file can hold; a warning names what it cannot.

    WebP is written without loss.

    Raises:
        MediaError: No image format has this suffix.
    """
    check_image_name(path)
    lost = list(picture.lost)
    fitting = _fitted(picture, _HOLDS[path.suffix.lower()], lost)
    if lost:
        raised = ", ".join(lost)
        warnings.warn(
            f"{path.name} does not keep {raised} of {picture.name}"
            + ("" if path.suffix.lower() == ".png" else "; a .png keeps most"),
            stacklevel=2,
        )
    with files.written(path) as temporary:
        if fitting.pixels.dtype == np.uint16 and (
            fitting.pixels.shape[2] == 3 or fitting.alpha is not None
        ):
            write_deep(
                _joined(fitting),
                temporary,
                profile=fitting.profile,
                exif=fitting.exif,
                texts=png_texts(fitting.texts, fitting.xmp),
            )
        else:
            _save(fitting, temporary)


def _fitted(picture: StoredPicture, holds: _Holds, lost: list[str]) -> StoredPicture:
    """Bring a picture down to what a file can hold, and write down what that costs."""
    if not holds.exact:
        lost.append("the numbers outside of the crop to the last digit (JPEG compresses again)")
    if picture.alpha is not None and not holds.alpha:
        lost.append("its transparency (laid on white)")
        ground = picture.alpha.astype(np.float32)[:, :, None] / picture.top
        mixed = picture.top + ground * (picture.pixels.astype(np.float32) - picture.top)
        picture = replace(picture, pixels=mixed.round().astype(picture.pixels.dtype), alpha=None)
    is_grey = picture.pixels.shape[2] == 1 and picture.alpha is None
    if picture.top > 255 and not (holds.deep or (holds.deep_grey and is_grey)):
        lost.append("more than 8 bits")
        picture = replace(
            picture,
            pixels=_eight(picture.pixels),
            alpha=None if picture.alpha is None else _eight(picture.alpha),
        )
    if picture.profile is not None and not holds.profile:
        lost.append("its colour profile (converted to sRGB)")
        image = to_srgb(_image(picture.pixels), picture.profile)
        picture = replace(picture, pixels=np.asarray(image), profile=None)
    if not holds.exif and _is_telling(picture.exif):
        lost.append("its EXIF")
    if picture.xmp and not holds.xmp:
        lost.append("its XMP")
    if picture.texts and not holds.texts:
        lost.append(f"its texts ({', '.join(picture.texts)})")
    return picture


def _is_telling(exif: bytes) -> bool:
    read = Image.Exif()
    read.load(exif)
    return bool(dict(read))


def _eight(values: np.ndarray) -> np.ndarray:
    rounded: np.ndarray = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return rounded


def _joined(picture: StoredPicture) -> np.ndarray:
    if picture.alpha is None:
        return picture.pixels
    colours = np.repeat(picture.pixels, 3 // picture.pixels.shape[2], axis=2)
    return np.concatenate([colours, picture.alpha[:, :, None]], axis=2)


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(
        np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    )


def _annotations(picture: StoredPicture, suffix: str) -> dict[str, Any]:
    """Return what Pillow writes of XMP and texts into a kind of file."""
    if suffix == ".png":
        return {"pnginfo": png_texts(picture.texts, picture.xmp)}
    if not picture.xmp or suffix == ".bmp":
        return {}
    return {"tiffinfo": {_XMP_TAG: picture.xmp}} if suffix[:4] == ".tif" else {"xmp": picture.xmp}


def _save(picture: StoredPicture, path: Path) -> None:
    image = _image(picture.pixels)
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(np.ascontiguousarray(picture.alpha)))
    options: dict[str, Any] = {"quality": _QUALITY, "subsampling": 0}
    if path.suffix.lower() == ".webp":
        options |= {"lossless": True, "exact": True}
    if picture.profile is not None:
        options["icc_profile"] = picture.profile
    if _is_telling(picture.exif):
        options["exif"] = picture.exif
    options |= _annotations(picture, path.suffix.lower())
    if picture.resolution is not None:
        options["dpi"] = picture.resolution
    try:
        image.save(path, **options)
    except (OSError, ValueError, TypeError) as error:
        raise MediaError(f"cannot write {path.name} ({error}); use .png") from error
