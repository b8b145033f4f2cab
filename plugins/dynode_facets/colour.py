"""Colours of a portrait, chosen in a perceptual space and smooth in the factors."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from dynode_worlds.colour import oklch


@dataclass(frozen=True)
class Palette:
    """The colours of one batch of portraits, each (n, 3, 1, 1) RGB in [0, 1]."""

    skin: Tensor
    skin_shadow: Tensor
    skin_light: Tensor
    skin_line: Tensor
    blush: Tensor
    hair: Tensor
    hair_shadow: Tensor
    hair_light: Tensor
    brow: Tensor
    beard: Tensor
    iris: Tensor
    iris_rim: Tensor
    lip: Tensor
    lip_dark: Tensor
    clothes: Tensor
    clothes_shadow: Tensor
    background: Tensor
    background_shadow: Tensor


def palette(f: dict[str, Tensor]) -> Palette:
    """Choose the colours for a batch of factors, each column (n, 1, 1, 1)."""
    return Palette(**_skin(f), **_hair(f), **_accents(f), **_scene(f))


def _skin(f: dict[str, Tensor]) -> dict[str, Tensor]:
    lightness = 0.72 + 0.165 * f["skin"]
    chroma = 0.076 - 0.010 * f["skin"] - 0.010 * f["age"]
    hue = 57.0 + 5.0 * f["skin"]
    return {
        "skin": oklch(lightness, chroma, hue),
        "skin_shadow": oklch(lightness - 0.13, chroma + 0.018, hue - 11),
        "skin_light": oklch(lightness + 0.055, chroma - 0.008, hue + 8),
        "skin_line": oklch(lightness * 0.62, chroma + 0.012, hue - 16),
        "blush": oklch(lightness - 0.045, chroma + 0.045, hue - 27),
    }


def _hair(f: dict[str, Tensor]) -> dict[str, Tensor]:
    grey = 0.92 * (0.5 + 0.5 * f["age"]) ** 2
    natural = 0.47 + 0.245 * f["hair_lightness"]
    lightness = natural + (0.80 + 0.06 * f["hair_lightness"] - natural) * grey
    chroma = (0.085 + 0.028 * f["hair_lightness"] - 0.034 * f["hair_hue"]) * (1 - grey) + 0.008
    hue = 66.0 + 23.0 * f["hair_hue"] * (1 - grey) + 10.0 * grey
    return {
        "hair": oklch(lightness, chroma, hue),
        "hair_shadow": oklch(lightness * 0.76 - 0.015, chroma, hue - 8),
        "hair_light": oklch(lightness * 0.94 + 0.12, chroma, hue + 4),
        "brow": oklch(lightness * 0.66 + 0.02, chroma * 0.8, hue - 6),
        "beard": oklch(lightness * 0.86, chroma * 0.9, hue - 6),
    }


def _accents(f: dict[str, Tensor]) -> dict[str, Tensor]:
    iris_lightness = 0.52 + 0.06 * f["eye_hue"]
    iris_hue = 150.0 + 95.0 * f["eye_hue"]
    lip_lightness = 0.60 + 0.10 * f["skin"] - 0.09 * f["lip_colour"]
    lip_chroma = 0.125 + 0.055 * f["lip_colour"] - 0.012 * f["age"]
    lip_hue = 30.0 - 10.0 * f["lip_colour"]
    clothes_hue = 165.0 + 130.0 * f["clothes_hue"]
    one = torch.ones_like(clothes_hue)
    return {
        "iris": oklch(iris_lightness, 0.105, iris_hue),
        "iris_rim": oklch(iris_lightness * 0.55, 0.07, iris_hue),
        "lip": oklch(lip_lightness, lip_chroma, lip_hue),
        "lip_dark": oklch(lip_lightness * 0.82, lip_chroma, lip_hue),
        "clothes": oklch(0.56 * one, 0.105, clothes_hue),
        "clothes_shadow": oklch(0.42 * one, 0.095, clothes_hue),
    }


def _scene(f: dict[str, Tensor]) -> dict[str, Tensor]:
    lightness = 0.68 + 0.21 * f["background_lightness"]
    hue = 170.0 + 120.0 * f["background_hue"]
    return {
        "background": oklch(lightness + 0.04, 0.062, hue),
        "background_shadow": oklch(lightness - 0.09, 0.072, hue + 8),
    }
