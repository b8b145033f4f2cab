"""Pictures as they are shown: upright, in sRGB, on white, with eight bits."""

from __future__ import annotations

import warnings

import numpy as np
from PIL import Image, ImageCms, ImageOps

from dynode.media.colour_profile import mode_of, to_srgb
from dynode.media.colours import profile_of


def as_shown(opened: Image.Image, head: bytes, name: str) -> Image.Image:
    """Make of an opened picture what a viewer shows of it.

    Args:
        opened: As Pillow reads it.
        head: The beginning of its file.
        name: Its name, for warnings about what cannot be converted.

    Returns:
        8-bit RGB in sRGB: orientation applied, colours converted from the picture's profile (also one
        told by gAMA, cHRM, cICP or EXIF), transparency laid on white, 16 bits and other numbers scaled.
    """
    profile = profile_of(opened, head, name)
    _warn_of_pages(opened, name)
    upright = ImageOps.exif_transpose(opened)
    colours, alpha = split_alpha(upright)
    shown = in_srgb(eight_bits(colours), profile, name)
    if alpha is None:
        return shown
    ground = Image.new("RGB", shown.size, "white")
    ground.paste(shown, mask=alpha)
    return ground


def split_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image | None]:
    """Take the transparency off a picture; a palette becomes the colours it stands for."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        whole = image.convert("LA" if image.mode in ("L", "LA", "La", "1") else "RGBA")
        return whole.convert(whole.mode[:-1]), whole.getchannel("A")
    return (image.convert("RGB") if image.mode == "P" else image), None


def eight_bits(image: Image.Image) -> Image.Image:
    """Scale numbers of other depths to eight bits; other modes stay as they are."""
    if image.mode == "1":
        return image.convert("L")
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    values *= 255 / _white_of(image.mode, values)
    return Image.fromarray(values.clip(0, 255, out=values).astype(np.uint8))


def in_srgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """Convert 8-bit colours of a profile to sRGB, or say why not."""
    if image.mode == "LAB" and profile is None:
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    if profile is None:
        return image.convert("RGB")
    try:
        wanted = mode_of(profile)
        if image.mode != wanted and image.mode not in ("L", "YCbCr", "RGBX"):
            raise ValueError(f"it is for {wanted}, the picture is {image.mode}")
        return to_srgb(image.convert(wanted), profile)
    except ValueError as error:
        warnings.warn(
            f"{name} has a colour profile that cannot be used ({error}); its colours are taken for sRGB and "
            f"may look paler or stronger: convert it to sRGB first",
            stacklevel=2,
        )
        return image.convert("RGB")


def _white_of(mode: str, values: np.ndarray) -> float:
    """Find the value of white: 16 bits tell it, other numbers only by the range they use."""
    if mode.startswith("I;16"):
        return 65535.0
    ranges = (1.0, 255.0, 65535.0) if mode == "F" else (255.0, 65535.0)
    return next((top for top in ranges if values.max() <= top), 65535.0)


def _warn_of_pages(opened: Image.Image, name: str) -> None:
    pages = getattr(opened, "n_frames", 1) if opened.format == "TIFF" else 1
    if pages > 1:
        warnings.warn(f"{name} has {pages} pages; the first is taken", stacklevel=3)
