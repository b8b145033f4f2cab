"""Colours chosen in a perceptual space."""

from __future__ import annotations

import torch
from torch import Tensor

_OKLAB_TO_LMS = (
    (1.0, 0.3963377774, 0.2158037573),
    (1.0, -0.1055613458, -0.0638541728),
    (1.0, -0.0894841775, -1.2914855480),
)
_LMS_TO_RGB = (
    (4.0767416621, -3.3077115913, 0.2309699292),
    (-1.2684380046, 2.6097574011, -0.3413193965),
    (-0.0041960863, -0.7034186147, 1.7076147010),
)


def oklch(lightness: Tensor, chroma: Tensor | float, hue_deg: Tensor | float) -> Tensor:
    """Convert perceptual colours to gamma-encoded RGB.

    Args:
        lightness: Perceived lightness in [0, 1], shape (n, 1, 1, 1).
        chroma: Colourfulness, about 0 to 0.2, broadcast with `lightness`.
        hue_deg: Hue in degrees: 30 red, 90 yellow, 145 green, 250 blue.

    Returns:
        RGB in [0, 1], shape (n, 3, 1, 1). Colours outside the gamut are clipped.

    Source:
        Ottosson 2020, Oklab. Deviation: a plain power 1/2.2 instead of the
        piecewise sRGB curve, which keeps the map smooth.
    """
    hue = torch.as_tensor(hue_deg, dtype=lightness.dtype, device=lightness.device) * torch.pi / 180
    one = torch.ones_like(lightness)
    lab = torch.cat((lightness, one * chroma * torch.cos(hue), one * chroma * torch.sin(hue)), 1)
    to_lms = lightness.new_tensor(_OKLAB_TO_LMS)
    to_rgb = lightness.new_tensor(_LMS_TO_RGB)
    cone = torch.einsum("ij,njhw->nihw", to_lms, lab) ** 3
    linear = torch.einsum("ij,njhw->nihw", to_rgb, cone)
    return linear.clamp(1e-4, 1.0) ** (1 / 2.2)


def blend(first: Tensor, second: Tensor, amount: Tensor | float) -> Tensor:
    """Mix two colours; 0 gives the first, 1 the second."""
    return first + (second - first) * amount
