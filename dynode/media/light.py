"""Other transfers and primaries than sRGB's: HDR is tone-mapped, wide colours are brought in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

# Numbers of ITU-T H.273. BT.709 and its relatives are shown as sRGB by players, and so here.
_LINEAR, _SRGB, _PQ, _HLG = 8, 13, 16, 18
_AS_SRGB = (1, 2, 4, 5, 6, 7, 11, 12, _SRGB, 14, 15)
_WHITE_NITS = 203  # diffuse white of HDR: ITU-R BT.2408
_HLG_PEAK_NITS, _HLG_GAMMA = 1000, 1.2
_KNEE = 0.94  # of white: what is below stays, what is above is compressed to the rest
_LEVELS = 65536

_D65, _DCI_WHITE, _C = (0.3127, 0.3290), (0.314, 0.351), (0.310, 0.316)
# Chromaticities of red, green, blue and white by number.
_PRIMARIES = {
    1: ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060), _D65),
    4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
    8: ((0.681, 0.319), (0.243, 0.692), (0.145, 0.049), _C),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI_WHITE),
    12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    22: ((0.630, 0.340), (0.295, 0.605), (0.155, 0.077), _D65),
}
_BT709, _UNTOLD = 1, 2


@dataclass(frozen=True)
class Conversion:
    """From RGB with some transfer and primaries to sRGB.

    Attributes:
        transfer: Its number.
        primaries: Their number.
    """

    transfer: int
    primaries: int

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """Convert (h, w, 3) 16 bit to (h, w, 3) 8 bit sRGB."""
        light: np.ndarray = self._light[pixels]
        if self.transfer == _HLG:
            light = _displayed(light, self.primaries)
        light = light @ self._matrix
        if self.transfer in (_PQ, _HLG, _LINEAR):
            light = _compressed(light)
        steps = np.clip(light, 0, 1) * np.float32(_LEVELS - 1) + np.float32(0.5)
        shown: np.ndarray = _srgb_bytes()[steps.astype(np.uint16)]
        return shown

    @cached_property
    def _light(self) -> np.ndarray:
        """Light for every stored value; 1 is white."""
        eotf: dict[int, Callable[[np.ndarray], np.ndarray]] = {
            _PQ: _pq,
            _HLG: _hlg_scene,
            _LINEAR: lambda stored: stored,
        }
        stored = np.linspace(0, 1, _LEVELS)
        return eotf.get(self.transfer, _srgb)(stored).astype(np.float32)

    @cached_property
    def _matrix(self) -> np.ndarray:
        """From these primaries to sRGB's, to be multiplied from the right."""
        to_srgb: np.ndarray = np.linalg.inv(_to_xyz(_BT709)) @ _adapted(self.primaries)
        return to_srgb.T.astype(np.float32)


def conversion_of(transfer: int, primaries: int) -> tuple[Conversion | None, str]:
    """Choose what has to be done to the RGB of a clip.

    Args:
        transfer: Number of the transfer in ITU-T H.273.
        primaries: Number of the primaries there.

    Returns:
        The conversion, or None if the RGB is shown as it is; and what is lost, in words, or nothing.
    """
    losses = []
    if transfer not in (*_AS_SRGB, 0, 3, _LINEAR, _PQ, _HLG):
        losses.append(f"has transfer {transfer}, which is shown as sRGB and will be off")
        transfer = _SRGB
    if primaries not in (*_PRIMARIES, 0, 3, _UNTOLD):
        losses.append(f"has primaries {primaries}, which are shown as sRGB's and will be off")
        primaries = _UNTOLD
    if transfer in (_PQ, _HLG):
        primaries = 9 if primaries in (0, 3, _UNTOLD) else primaries
        name = "PQ" if transfer == _PQ else "HLG"
        losses.append(
            f"is HDR ({name}); it is tone-mapped to sRGB: what is brighter than white is compressed"
        )
    told = " and ".join(losses)
    primaries = _BT709 if primaries in (0, 3, _UNTOLD) else primaries
    if primaries == _BT709 and transfer not in (_LINEAR, _PQ, _HLG):
        return None, told
    return Conversion(transfer, primaries), told


def _pq(stored: np.ndarray) -> np.ndarray:
    """SMPTE ST 2084, in units of diffuse white."""
    m1, m2 = 2610 / 16384, 2523 / 32
    c1, c2, c3 = 3424 / 4096, 2413 / 128, 2392 / 128
    root = stored ** (1 / m2)
    nits: np.ndarray = (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1) * 10000
    white: np.ndarray = nits / _WHITE_NITS
    return white


def _hlg_scene(stored: np.ndarray) -> np.ndarray:
    """ITU-R BT.2100: light of the scene in [0, 1]."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return np.where(stored <= 0.5, stored**2 / 3, (np.exp((stored - c) / a) + b) / 12)


def _displayed(scene: np.ndarray, primaries: int) -> np.ndarray:
    """Light of a display of 1000 nits for light of the scene (h, w, 3), in units of white."""
    luminance: np.ndarray = scene @ _to_xyz(primaries)[1].astype(np.float32)
    gain: np.ndarray = np.maximum(luminance, 1e-9) ** np.float32(_HLG_GAMMA - 1)
    display: np.ndarray = scene * gain[..., None] * np.float32(_HLG_PEAK_NITS / _WHITE_NITS)
    return display


def _srgb(stored: np.ndarray) -> np.ndarray:
    return np.where(stored <= 0.04045, stored / 12.92, ((stored + 0.055) / 1.055) ** 2.4)


@cache
def _srgb_bytes() -> np.ndarray:
    """The 8 bit sRGB value for light in 65536 steps."""
    light = np.linspace(0, 1, _LEVELS)
    coded = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(coded * 255).astype(np.uint8)


def _compressed(light: np.ndarray) -> np.ndarray:
    """Bring light above the knee to below 1; all three colours by one factor, so the hue stays."""
    brightest = light.max(-1, keepdims=True)
    above = np.maximum(brightest - _KNEE, 0) / (1 - _KNEE)
    target = _KNEE + (1 - _KNEE) * above / (1 + above)
    return np.where(brightest > _KNEE, light * (target / np.maximum(brightest, _KNEE)), light)


def _to_xyz(primaries: int) -> np.ndarray:
    """The matrix from linear RGB to XYZ, white of luminance 1."""
    *colours, white = (np.array([x / y, 1, (1 - x - y) / y]) for x, y in _PRIMARIES[primaries])
    columns = np.stack(colours, 1)
    matrix: np.ndarray = columns * np.linalg.solve(columns, white)
    return matrix


def _adapted(primaries: int) -> np.ndarray:
    """To XYZ under D65: other whites become it, by Bradford's cones."""
    cones = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    matrix = _to_xyz(primaries)
    source, target = cones @ matrix.sum(1), cones @ _to_xyz(_BT709).sum(1)
    adapted: np.ndarray = np.linalg.inv(cones) @ np.diag(target / source) @ cones @ matrix
    return adapted
