"""Colours of a landscape under the light of the hour, smooth in the factors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_worlds.colour import blend, oklch
from dynode_worlds.shapes import ramp


@dataclass(frozen=True)
class Palette:
    """The colours of one batch of landscapes, (n, 3, 1, 1) RGB in [0, 1]; shares are (n, 1, 1, 1).

    Attributes:
        dark: How much night there is, 0 to 1.
        warm: How much of the light is that of a low sun, 0 to 1.
    """

    dark: Tensor
    warm: Tensor
    zenith: Tensor
    middle: Tensor
    low: Tensor
    haze: Tensor
    sun: Tensor
    glow: Tensor
    cloud_light: Tensor
    cloud_shade: Tensor
    rock: Tensor
    rock_shade: Tensor
    snow: Tensor
    snow_shade: Tensor
    hill: Tensor
    hill_shade: Tensor
    meadow: Tensor
    meadow_shade: Tensor
    fir: Tensor
    fir_light: Tensor
    leaves: Tensor
    lake: Tensor
    sparkle: Tensor


def palette(f: dict[str, Tensor]) -> Palette:
    """Choose the colours for a batch of factors, each column (n, 1, 1, 1)."""
    dark = (0.5 + 0.5 * f["night"]).clamp(min=0.0) ** 1.7
    low = 1.0 - ramp(f["sun_height"], -1.1, 0.9)
    warm = low**1.4 * (1.0 - 0.8 * dark)
    sky = _sky(f, dark, warm)
    light = _light(dark, warm)
    return Palette(dark=dark, warm=warm, **sky, **_clouds(f, dark, warm), **_land(f, light))


def _of(lightness: float | Tensor, chroma: float, hue: float | Tensor, like: Tensor) -> Tensor:
    return oklch(torch.zeros_like(like) + lightness, chroma, hue)


def _hours(day: Tensor, dusk: Tensor, night: Tensor, dark: Tensor, warm: Tensor) -> Tensor:
    return blend(blend(day, dusk, warm), night, dark)


# Lightness, chroma, hue, and how much of the sky's own hue it takes on: by day, at dusk, at night.
_Colour = tuple[float, float, float, float]
_SKY: dict[str, tuple[_Colour, _Colour, _Colour]] = {
    "zenith": ((0.64, 0.125, 248, 1), (0.50, 0.100, 285, 1), (0.235, 0.065, 275, 1)),
    "middle": ((0.79, 0.080, 235, 1), (0.72, 0.105, 10, 0.6), (0.34, 0.075, 268, 1)),
    "low": ((0.91, 0.040, 225, 1), (0.845, 0.125, 66, 0), (0.46, 0.070, 255, 1)),
    "dull": ((0.78, 0.012, 240, 0), (0.63, 0.035, 330, 0), (0.30, 0.030, 270, 0)),
    "haze": ((0.87, 0.025, 235, 0), (0.80, 0.075, 50, 0), (0.42, 0.050, 262, 0)),
    "sun": ((0.99, 0.025, 100, 0), (0.93, 0.120, 80, 0), (0.95, 0.020, 240, 0)),
    "glow": ((0.97, 0.045, 95, 0), (0.82, 0.150, 55, 0), (0.62, 0.050, 255, 0)),
}


def _sky(f: dict[str, Tensor], dark: Tensor, warm: Tensor) -> dict[str, Tensor]:
    turned = 24.0 * f["sky_hue"]
    colours = {}
    for name, hours in _SKY.items():
        day, dusk, night = (
            _of(lightness, chroma, hue + share * turned, dark)
            for lightness, chroma, hue, share in hours
        )
        colours[name] = _hours(day, dusk, night, dark, warm)
    grey = 0.45 * ramp(f["cloud_cover"], -0.1, 1.3)
    dull = colours.pop("dull")
    for name, share in (("zenith", 1.0), ("middle", 1.0), ("low", 0.6)):
        colours[name] = blend(colours[name], dull, share * grey)
    return colours


def _clouds(f: dict[str, Tensor], dark: Tensor, warm: Tensor) -> dict[str, Tensor]:
    heavy = 0.09 * ramp(f["cloud_cover"], 0.0, 1.2)
    light = _hours(
        _of(0.985, 0.006, 90, dark),
        _of(0.87, 0.095, 45, dark),
        _of(0.47, 0.040, 265, dark),
        dark,
        warm,
    )
    shade = _hours(
        _of(0.79 - heavy, 0.025, 252, dark),
        _of(0.60 - heavy, 0.075, 345, dark),
        _of(0.28, 0.045, 272, dark),
        dark,
        warm,
    )
    return {"cloud_light": light, "cloud_shade": shade}


def _light(dark: Tensor, warm: Tensor) -> Tensor:
    """Return what the light of the hour does to colours of things, (n, 3, 1, 1)."""
    day, dusk, night = (
        dark.new_tensor(rgb).view(1, 3, 1, 1)
        for rgb in ((1.0, 1.0, 1.0), (0.94, 0.70, 0.62), (0.24, 0.30, 0.46))
    )
    return _hours(day, dusk, night, dark, warm)


def _land(f: dict[str, Tensor], light: Tensor) -> dict[str, Tensor]:
    season = f["season"]
    like = season
    white = ramp(f["snow"], -0.1, 1.15)
    hue = 101.0 - 36.0 * season
    meadow = _of(0.70 + 0.01 * season, 0.135, hue + 22 * (0.5 - 0.5 * season), like)
    meadow_shade = _of(0.49, 0.100, hue + 30 * (0.5 - 0.5 * season), like)
    hill = _of(0.57, 0.090, hue + 30 * (0.5 - 0.5 * season), like)
    hill_shade = _of(0.41, 0.060, hue + 48 * (0.5 - 0.5 * season) + 12, like)
    snow, snow_shade = _of(0.975, 0.008, 240, like), _of(0.74, 0.045, 258, like)
    frost = blend(snow, snow_shade, 0.35)
    colours = {
        "rock": _of(0.66, 0.030, 62, like),
        "rock_shade": _of(0.40, 0.035, 275, like),
        "snow": snow,
        "snow_shade": snow_shade,
        "hill": blend(hill, snow, 0.75 * white),
        "hill_shade": blend(hill_shade, snow_shade, 0.65 * white),
        "meadow": blend(meadow, snow, 0.88 * white),
        "meadow_shade": blend(meadow_shade, snow_shade, 0.88 * white),
        "fir": _of(0.32, 0.045, 160, like),
        "fir_light": blend(_of(0.47, 0.075, 140, like), frost, 0.75 * white),
        "leaves": blend(_of(0.64, 0.135, 92 - 42 * season, like), frost, 0.55 * white),
        "lake": _of(0.42, 0.070, 235, like),
        "sparkle": _of(0.95, 0.020, 220, like),
    }
    return {name: colour * light for name, colour in colours.items()}
