"""The table of named factors; importing it imports no torch."""

from __future__ import annotations

from dynode_worlds.factor import Factor

FACTORS: tuple[Factor, ...] = (
    Factor("turn", "the camera turned to the left", "to the right", "camera"),
    Factor("horizon", "low horizon, much sky", "high horizon, much land", "camera"),
    Factor("night", "bright day", "deep night: moon and stars", "light"),
    Factor("sun_height", "sun at the horizon, warm", "sun high, clear white light", "light"),
    Factor("sun_bearing", "sun on the left", "sun on the right", "light"),
    Factor("haze", "clear air", "thick haze over the land", "weather"),
    Factor("sky_hue", "turquoise", "violet", "sky"),
    Factor("aurora", "none", "bright aurora, seen at night", "sky"),
    Factor("cloud_cover", "no cloud", "overcast", "weather"),
    Factor("cloud_scale", "small clouds", "huge clouds", "sky"),
    Factor("cloud_drift", "clouds come from the left", "clouds have gone to the right", "sky"),
    Factor("wind", "trees lean to the left", "trees lean to the right", "weather"),
    Factor("ridge_height", "low hills", "high mountains", "land"),
    Factor("ridge_shape", "rounded", "jagged", "land"),
    Factor("massif", "highest peak on the left", "highest peak on the right", "land"),
    Factor("snow", "none", "down to the shore", "land"),
    Factor("season", "spring: fresh green", "autumn: gold and rust", "land"),
    Factor("trees", "bare shores", "forest", "land"),
    Factor("water", "a pond", "a wide lake", "water"),
    Factor("waves", "a mirror", "choppy water", "water"),
)

FACTOR_NAMES: tuple[str, ...] = tuple(factor.name for factor in FACTORS)
