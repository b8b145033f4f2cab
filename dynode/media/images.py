"""Images in and out; a picture is (3, h, w) float in [-1, 1], RGB."""

from __future__ import annotations

import contextlib
import os
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.formats import head_of, open_picture
from dynode.media.shown import as_shown
from dynode.media.suffixes import IMAGE_SUFFIXES

_SMALLEST_SIDE_PX = 16
_MOST_PIXELS = 200_000_000
# A file of few bytes may unfold to a thousand times as many; photographs take a bit for two pixels.
_TRUSTED_PIXELS, _MOST_PIXELS_A_BYTE = 40_000_000, 64
# What Pillow's readers raise on damaged files, found by mutating them.
_DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    zlib.error,
    MemoryError,
    ZeroDivisionError,
    NotImplementedError,
)
_QUALITY = 95  # of JPEG and WebP


def read_image(path: Path, stream: BinaryIO | None = None) -> Image.Image:
    """Read a picture as it is shown, see `as_shown`; of an animation the first frame.

    Args:
        path: A file of one of `formats.FORMATS`, whatever its suffix; HEIC with the extra `heif`.
        stream: Its content, where it lies in another file; `path` is then its name for messages.

    Raises:
        MediaError: The file is absent, no image, damaged, or too small or large to use.
    """
    with reading(path, stream or path) as (opened, head):
        return as_shown(opened, head, path.name)


def read_opened(picture: Image.Image, name: str) -> Image.Image:
    """Bring a picture that is in memory, or was opened by its owner, to what `read_image` gives.

    Args:
        picture: Of any mode; not modified.
        name: What to call it in messages.

    Raises:
        MediaError: It is damaged, or too small or large to use.
    """
    with _told_in_one_line(Path(name)):
        _check_size(Path(name), picture.size)
        return as_shown(picture, b"", name)


@contextlib.contextmanager
def reading(path: Path, source: Path | BinaryIO) -> Iterator[tuple[Image.Image, bytes]]:
    """Open and decode a picture for a block of code, with the beginning of its file.

    Its size is checked before it is decoded. What goes wrong, also in the block, is one line.

    Raises:
        MediaError: See `read_image`.
    """
    with _told_in_one_line(path), open_picture(path, source) as opened:
        _check_size(path, opened.size, _bytes_of(source))
        opened.load()
        yield opened, head_of(source)


@contextlib.contextmanager
def _told_in_one_line(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # What Pillow can read in spite of damage is good enough; sizes are checked here.
            warnings.filterwarnings("ignore", module="PIL")
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError as error:
        raise MediaError(_told_absent(path)) from error
    except UnidentifiedImageError as error:
        raise MediaError(
            f"{path.name} is no image; expected PNG, JPEG, WebP, AVIF, TIFF, BMP or GIF"
        ) from error
    except (IsADirectoryError, PermissionError) as error:
        what = "is a folder" if path.is_dir() else f"cannot be read ({error.strerror})"
        raise MediaError(f"{path} {what}; expected an image file") from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{path.name} declares too many pixels ({error}); make it smaller"
        ) from error
    except _DAMAGE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise MediaError(
            f"{path.name} is damaged ({reason}); save it again from its source"
        ) from error


def _told_absent(path: Path) -> str:
    if str(path) == "-":
        return "'-' would be standard input, which is not read; give the path of a file"
    return f"{path} does not exist; check the path of the image"


def _bytes_of(source: Path | BinaryIO) -> int:
    if isinstance(source, Path):
        return source.stat().st_size
    return source.seek(0, os.SEEK_END)


def _check_size(path: Path, size: tuple[int, int], file_bytes: int | None = None) -> None:
    width, height = size
    if min(size) < _SMALLEST_SIDE_PX:
        raise MediaError(
            f"{path.name} is {width}×{height} pixels; expected at least {_SMALLEST_SIDE_PX} on each side"
        )
    if width * height > _MOST_PIXELS:
        raise MediaError(
            f"{path.name} is {width}×{height} pixels; expected at most {_MOST_PIXELS}; scale it down"
        )
    if file_bytes is None:  # in memory already
        return
    if width * height > max(_TRUSTED_PIXELS, file_bytes * _MOST_PIXELS_A_BYTE):
        raise MediaError(
            f"{path.name} declares {width}×{height} pixels in {file_bytes} bytes, less than any photograph "
            f"takes; it was not decoded: scale it down"
        )


def fit_to(image: Image.Image, resolution: tuple[int, int]) -> Tensor:
    """Crop the centre to the aspect of a resolution and resize to it.

    Args:
        image: 8-bit RGB.
        resolution: (height, width) in pixels.

    Returns:
        (1, 3, h, w) float in [-1, 1].
    """
    height, width = resolution
    fitted = ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)
    values = torch.from_numpy(np.asarray(fitted).copy()).permute(2, 0, 1)
    return values[None].float() / 127.5 - 1


def to_uint8(images: Tensor) -> Tensor:
    """Map pictures (n, 3, h, w) from [-1, 1] to (n, h, w, 3) 8 bit, clamped and rounded."""
    scaled = images.detach().float().clamp(-1, 1).add(1).mul(127.5).round()
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).cpu()


def grid(images: Tensor, *, columns: int, gap_px: int = 2) -> Image.Image:
    """Lay pictures (n, 3, h, w) out in rows on a white ground, with a gap between neighbours."""
    pixels = to_uint8(images).numpy()
    count, height, width, _ = pixels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    size = (columns * (width + gap_px) - gap_px, rows * (height + gap_px) - gap_px)
    sheet = Image.new("RGB", size, "white")
    for index, tile in enumerate(pixels):
        row, column = divmod(index, columns)
        sheet.paste(Image.fromarray(tile), (column * (width + gap_px), row * (height + gap_px)))
    return sheet


def check_image_name(path: Path) -> None:
    """Refuse a name that no image can be written under.

    Raises:
        MediaError: No image format has this suffix.
    """
    if path.suffix.lower() not in IMAGE_SUFFIXES:
        raise MediaError(
            f"cannot write {path.name}: {path.suffix or 'no suffix'} is no image format; use .png"
        )


def write_image(image: Image.Image, path: Path) -> None:
    """Write an image; the suffix gives the format, and the file appears only when it is whole.

    Raises:
        MediaError: No image format has this suffix.
    """
    check_image_name(path)
    with files.written(path) as temporary:
        image.save(temporary, quality=_QUALITY)
