"""The table of named factors; importing it imports no torch."""

from __future__ import annotations

from dynode_worlds.factor import Factor

FACTORS: tuple[Factor, ...] = (
    Factor("yaw", "turned to the left of the picture", "turned to its right", "pose"),
    Factor("pitch", "looking down", "looking up", "pose"),
    Factor("smile", "corners of the mouth down", "broad smile", "expression"),
    Factor("mouth_open", "lips closed", "mouth wide open", "expression"),
    Factor("eye_open", "eyes closed", "eyes wide open", "expression"),
    Factor("gaze", "eyes look to the left of the picture", "to its right", "expression"),
    Factor("brow", "raised, sad or surprised", "lowered, angry", "expression"),
    Factor("age", "young and smooth", "old: wrinkles, grey hair", "identity"),
    Factor("face_width", "narrow face", "wide face", "identity"),
    Factor("jaw", "pointed chin", "square jaw", "identity"),
    Factor("nose_size", "small nose", "large nose", "identity"),
    Factor("hair_length", "cropped", "past the shoulders", "identity"),
    Factor("beard", "clean-shaven", "full beard", "identity"),
    Factor("glasses", "none", "bold dark frames", "accessory"),
    Factor("hair_hue", "red", "ash blond", "colour"),
    Factor("hair_lightness", "dark", "light", "colour"),
    Factor("skin", "dark", "light", "colour"),
    Factor("eye_hue", "brown", "blue", "colour"),
    Factor("lip_colour", "pale", "deep red", "colour"),
    Factor("clothes_hue", "terracotta", "violet", "colour"),
    Factor("background_hue", "peach", "violet", "scene"),
    Factor("background_lightness", "dark", "light", "scene"),
    Factor("light", "from the left", "from the right", "scene"),
)

FACTOR_NAMES: tuple[str, ...] = tuple(factor.name for factor in FACTORS)
