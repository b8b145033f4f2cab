"""Generators: what they offer, how one is loaded, any module as one, what they draw at random."""

from dynode.generator.classes import choose_class
from dynode.generator.loading import load_generator
from dynode.generator.module import wrap_module
from dynode.generator.population import Population, draw_labels, draw_population, draw_z
from dynode.generator.protocol import Generator, GeneratorInfo
from dynode.generator.video import VideoGenerator

__all__ = [
    "Generator",
    "GeneratorInfo",
    "Population",
    "VideoGenerator",
    "choose_class",
    "draw_labels",
    "draw_population",
    "draw_z",
    "load_generator",
    "wrap_module",
]
