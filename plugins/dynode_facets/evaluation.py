"""How well the bundled scorer and CLIP read portraits whose factors are known."""

from __future__ import annotations

from functools import partial

from dynode_facets.world import FACETS
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

CONTRASTS: tuple[Contrast, ...] = (
    Contrast(
        "yaw", "a face with the head turned to the right", "a face with the head turned to the left"
    ),
    Contrast("pitch", "a person looking up", "a person looking down"),
    Contrast("smile", "a smiling face", "a face with a frown"),
    Contrast("mouth_open", "a person with an open mouth", "a person with a closed mouth"),
    Contrast("eye_open", "a person with eyes wide open", "a person with eyes closed"),
    Contrast("gaze", "a face with eyes to the right", "a face with eyes to the left"),
    Contrast("brow", "a face with angry eyebrows", "a face with raised eyebrows"),
    Contrast("age", "an old face", "a young face"),
    Contrast("face_width", "a person with a wide face", "a person with a narrow face"),
    Contrast("jaw", "a person with a square jaw", "a person with a pointed chin"),
    Contrast("nose_size", "a person with a big nose", "a person with a small nose"),
    Contrast("hair_length", "a person with long hair", "a person with short hair"),
    Contrast("beard", "a person with a beard", "a person without a beard"),
    Contrast("glasses", "a person with glasses", "a person without glasses"),
    Contrast("skin", "a person with light skin", "a person with dark skin"),
    Contrast("eye_hue", "a person with blue eyes", "a person with brown eyes"),
    Contrast("lip_colour", "a person with red lips", "a person with pale lips"),
    Contrast("clothes_hue", "a person in a blue sweater", "a person in an orange sweater"),
    Contrast("background_hue", "a face with a blue background", "a face with a yellow background"),
    Contrast(
        "background_lightness",
        "a person on a bright background",
        "a person on a dark background",
    ),
    Contrast("light", "a face lit from the right", "a face lit from the left"),
)
"""Prompts for `zero_shot`, all of words that captions use."""

DEGREES: Degrees = {
    "smile": ("a {}% smile", 0.0, 1.0),
    "eye_open": ("eyes {}% closed", 1.0, -1.0),
    "age": ("age {}%", -1.0, 1.0),
}

held_out = partial(held_out_of, FACETS)
correlations = partial(correlations_of, FACETS)
zero_shot = partial(zero_shot_of, FACETS, CONTRASTS)
degree_order = partial(degree_order_of, FACETS, DEGREES)
leakage = partial(leakage_of, FACETS)
