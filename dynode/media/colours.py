"""In which colours the numbers of a picture are: profile, code points, gAMA and cHRM, EXIF."""

from __future__ import annotations

import struct
import warnings

from PIL import ExifTags, Image

from dynode.media.colour_profile import D65, SRGB_PRIMARIES, RgbSpace, is_srgb

# ITU-T H.273, tables 2 and 3: what cICP of PNG and nclx of AVIF and HEIC number.
_D65_PRIMARIES = {
    1: SRGB_PRIMARIES,
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06)),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07)),
    9: ((0.708, 0.292), (0.17, 0.797), (0.131, 0.046)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06)),
}
_UNSPECIFIED = 2
_SRGB_LIKE = (1, 2, 6, 13, 14, 15)  # curves that are shown as sRGB's is
_GAMMAS = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR = {16: "PQ", 18: "HLG"}
# DCF 2.0 marks cameras' Adobe RGB (1998) so, without a profile.
_ADOBE_MARK = "R03"
_ADOBE = RgbSpace(((0.64, 0.33), (0.21, 0.71), (0.15, 0.06)), D65, 563 / 256)
_INTEROP_INDEX = 1
_GAMMA_OF_SRGB, _GAMMA_STEP = 0.45455, 0.00006
_PRIMARIES_STEP = 0.002


def profile_of(image: Image.Image, head: bytes, name: str) -> bytes | None:
    """Find the ICC profile of the colours of a picture, or make it from what else the file tells.

    Args:
        image: The opened picture.
        head: The beginning of its file.
        name: Its name, for warnings.

    Returns:
        The profile; None if the colours are sRGB, or if nothing tells them.

    Source:
        Order of precedence: Portable Network Graphics, third edition, section 4.3: cICP, iCCP, sRGB,
        gAMA and cHRM. Deviation: gAMA of 1/2.2 with the primaries of sRGB, or alone, is taken for sRGB
        as libpng and ImageMagick take it, since writers of sRGB write it.
    """
    try:
        found = _told(image, head, name)
        return None if found is None or is_srgb(found) else found
    except ValueError as error:
        warnings.warn(
            f"{name} has a colour profile that cannot be used ({error}); its colours are taken for sRGB and "
            f"may look paler or stronger: convert it to sRGB first",
            stacklevel=2,
        )
        return None


def _told(image: Image.Image, head: bytes, name: str) -> bytes | None:
    codes = _code_points(head)
    embedded = image.info.get("icc_profile")
    if codes is not None and (image.format == "PNG" or not embedded):
        return _of_code_points(*codes, name)
    if embedded:
        return bytes(embedded)
    if image.format == "PNG":
        return None if "srgb" in image.info else _of_gamma(image)
    if image.getexif().get_ifd(ExifTags.IFD.Interop).get(_INTEROP_INDEX) == _ADOBE_MARK:
        return _ADOBE.profile()
    return None


def _of_gamma(image: Image.Image) -> bytes | None:
    """Make a profile of PNG's gAMA and cHRM."""
    gamma, points = image.info.get("gamma"), image.info.get("chromaticity")
    if gamma is None and points is None:
        return None
    white, primaries = D65, SRGB_PRIMARIES
    if points is not None:
        white, red, green, blue = zip(points[::2], points[1::2], strict=True)
        primaries = (red, green, blue)
    is_usual = all(
        abs(number - usual) < _PRIMARIES_STEP
        for pair, known in zip((white, *primaries), (D65, *SRGB_PRIMARIES), strict=True)
        for number, usual in zip(pair, known, strict=True)
    )
    if gamma is None or abs(gamma - _GAMMA_OF_SRGB) < _GAMMA_STEP:
        return None if is_usual else RgbSpace(primaries, white).profile()
    if gamma <= 0:
        raise ValueError("gAMA of 0")
    return RgbSpace(primaries, white, 1 / gamma).profile()


def _of_code_points(primaries: int, transfer: int, name: str) -> bytes | None:
    """Make a profile of code points, or say what of them is not converted."""
    if transfer in _HDR:
        warnings.warn(
            f"{name} is a picture of high dynamic range ({_HDR[transfer]}); its light above white and its "
            f"curve are not converted, so it looks flat and grey: export it for sRGB first",
            stacklevel=4,
        )
        return None
    is_known = primaries in _D65_PRIMARIES or primaries == _UNSPECIFIED
    if not is_known or transfer not in (*_SRGB_LIKE, *_GAMMAS):
        raise ValueError(f"primaries {primaries} and transfer {transfer} of ITU-T H.273")
    points = _D65_PRIMARIES.get(primaries, SRGB_PRIMARIES)
    return RgbSpace(points, D65, _GAMMAS.get(transfer, "srgb")).profile()


def _code_points(head: bytes) -> tuple[int, int] | None:
    """Read primaries and transfer out of PNG's cICP, or the nclx box of AVIF and HEIC."""
    if head.startswith(b"\x89PNG"):
        at = head.find(b"cICP", 0, head.find(b"IDAT"))
        return (head[at + 4], head[at + 5]) if 0 < at < len(head) - 5 else None
    at = head.find(b"colrnclx")
    if head[4:8] != b"ftyp" or not 0 < at < len(head) - 12:
        return None
    first, second = struct.unpack(">HH", head[at + 8 : at + 12])
    return first, second
