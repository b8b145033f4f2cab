"""How well the bundled scorer and CLIP read landscapes whose factors are known."""

from __future__ import annotations

from functools import partial

from dynode_skies.world import SKIES
from dynode_worlds.evaluation import Contrast, Degrees, embedded, scores
from dynode_worlds.evaluation import correlations as correlations_of
from dynode_worlds.evaluation import degree_order as degree_order_of
from dynode_worlds.evaluation import held_out as held_out_of
from dynode_worlds.evaluation import leakage as leakage_of
from dynode_worlds.evaluation import zero_shot as zero_shot_of

__all__ = [
    "CONTRASTS",
    "DEGREES",
    "correlations",
    "degree_order",
    "embedded",
    "held_out",
    "leakage",
    "scores",
    "zero_shot",
]

_BY_NIGHT = (("night", 0.4, 1.0),)
_BY_DAY = (("night", -1.0, -0.1),)
_WITH_TREES = (("trees", -0.2, 1.0),)
_WITH_CLOUDS = (("cloud_cover", -0.4, 1.0),)
_WITH_MOUNTAINS = (("ridge_height", -0.2, 1.0),)

CONTRASTS: tuple[Contrast, ...] = (
    Contrast("turn", "a landscape, looking right", "a landscape, looking left"),
    Contrast("horizon", "a landscape with a high horizon", "a landscape with a low horizon"),
    Contrast("night", "a landscape at night", "a landscape by day"),
    Contrast("sun_height", "a landscape at noon", "a landscape at sunset", _BY_DAY),
    Contrast(
        "sun_bearing",
        "a landscape with the sun on the right",
        "a landscape with the sun on the left",
        (("cloud_cover", -1.0, 0.5),),
    ),
    Contrast("haze", "a landscape in the fog", "a landscape in clear air"),
    Contrast(
        "sky_hue", "a landscape with a violet sky", "a landscape with a turquoise sky", _BY_DAY
    ),
    Contrast(
        "aurora",
        "a landscape under northern lights",
        "a landscape without northern lights",
        _BY_NIGHT,
    ),
    Contrast("cloud_cover", "a landscape with an overcast sky", "a landscape with a clear sky"),
    Contrast(
        "cloud_scale", "a landscape with huge clouds", "a landscape with small clouds", _WITH_CLOUDS
    ),
    Contrast(
        "wind",
        "a landscape with wind from the left",
        "a landscape with wind from the right",
        _WITH_TREES,
    ),
    Contrast("ridge_height", "a landscape with high mountains", "a landscape with low hills"),
    Contrast(
        "massif",
        "a landscape with a peak on the right",
        "a landscape with a peak on the left",
        _WITH_MOUNTAINS,
    ),
    Contrast("snow", "a landscape with deep snow", "a landscape without snow"),
    Contrast("season", "a landscape in autumn", "a landscape in spring", (("snow", -1.0, 0.3),)),
    Contrast("trees", "a landscape with many trees", "a landscape without trees"),
    Contrast("water", "a landscape with a wide lake", "a landscape with a small lake"),
    Contrast("waves", "a landscape with choppy water", "a landscape with calm water"),
)
"""Prompts for `zero_shot`, all of words that captions use, asked where captions speak of them."""

DEGREES: Degrees = {
    "snow": ("{}% snow", -1.0, 1.0),
    "cloud_cover": ("{}% clouds", -1.0, 1.0),
    "sun_height": ("a {}% sunset", 1.0, -1.0),
}

held_out = partial(held_out_of, SKIES)
correlations = partial(correlations_of, SKIES)
zero_shot = partial(zero_shot_of, SKIES, CONTRASTS)
degree_order = partial(degree_order_of, SKIES, DEGREES)
leakage = partial(leakage_of, SKIES)
