"""Images in and out; a picture is (3, h, w) float in [-1, 1], RGB."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

from dynode import files
from dynode.errors import MediaError
from dynode.media.suffixes import IMAGE_SUFFIXES

_SMALLEST_SIDE_PX = 16
_MOST_PIXELS = 200_000_000
_QUALITY = 95  # of JPEG and WebP


def read_image(path: Path, stream: BinaryIO | None = None) -> Image.Image:
    """Read any common image as upright 8-bit RGB.

    Orientation tags are applied, transparency is laid on white, 16-bit and CMYK are converted, and
    of an animation the first frame is taken.

    Args:
        path: PNG, JPEG, WebP, BMP, TIFF or GIF file.
        stream: Its content, where it lies in another file; `path` is then its name for messages.

    Raises:
        MediaError: The file is absent, no image, damaged, or too small or large to use.
    """
    try:
        with warnings.catch_warnings():
            # What Pillow can read in spite of damage is good enough; sizes are checked here.
            warnings.simplefilter("ignore")
            return _read(path, stream or path)
    except FileNotFoundError as error:
        raise MediaError(f"{path} does not exist; check the path of the image") from error
    except UnidentifiedImageError as error:
        raise MediaError(
            f"{path.name} is no image; expected PNG, JPEG, WebP, BMP, TIFF or GIF"
        ) from error
    except (IsADirectoryError, PermissionError) as error:
        what = "is a folder" if path.is_dir() else f"cannot be read ({error.strerror})"
        raise MediaError(f"{path} {what}; expected an image file") from error
    except Image.DecompressionBombError as error:
        raise MediaError(
            f"{path.name} declares too many pixels ({error}); make it smaller"
        ) from error
    except (OSError, SyntaxError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise MediaError(
            f"{path.name} is damaged ({reason}); save it again from its source"
        ) from error


def _read(path: Path, source: Path | BinaryIO) -> Image.Image:
    with Image.open(source) as opened:
        _check_size(path, opened.size)
        opened.load()
        return _as_rgb(ImageOps.exif_transpose(opened))


def _check_size(path: Path, size: tuple[int, int]) -> None:
    width, height = size
    if min(size) < _SMALLEST_SIDE_PX:
        raise MediaError(
            f"{path.name} is {width}×{height} pixels; expected at least {_SMALLEST_SIDE_PX} on each side"
        )
    if width * height > _MOST_PIXELS:
        raise MediaError(
            f"{path.name} is {width}×{height} pixels; expected at most {_MOST_PIXELS}; scale it down"
        )


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        values = np.nan_to_num(np.asarray(image, dtype=np.float64))
        top = _white_of(image.mode, values)
        return Image.fromarray(np.clip(values / top * 255, 0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        ground = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(ground, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")


def _white_of(mode: str, values: np.ndarray) -> float:
    """Find the value of white: 16 bits tell it, other numbers only by the range they use."""
    if mode.startswith("I;16"):
        return 65535.0
    ranges = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    return next((top for top in ranges if values.max() <= top), 65535.0)


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


def write_images(images: Tensor, paths: Sequence[Path]) -> None:
    """Write pictures (n, 3, h, w), one file each."""
    for tile, path in zip(to_uint8(images).numpy(), paths, strict=True):
        write_image(Image.fromarray(tile), path)
