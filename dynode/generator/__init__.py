"""Generators: what they offer, how one is loaded, any module as one, what they draw at random."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.lazy import names_on_demand

if TYPE_CHECKING:
    from dynode.generator.channels import as_rgb
    from dynode.generator.classes import choose_class
    from dynode.generator.computing import (
        Compiles,
        DrawsInPrecisions,
        Precision,
        arithmetic,
        computing_as,
    )
    from dynode.generator.loading import load_generator, loaded
    from dynode.generator.module import wrap_module
    from dynode.generator.noise import StoresNoise
    from dynode.generator.population import (
        Population,
        draw_labels,
        draw_population,
        draw_z,
    )
    from dynode.generator.protocol import (
        Generator,
        GeneratorInfo,
    )
    from dynode.generator.redraw import (
        KeepsActivations,
        Synthesizer,
        redrawing,
    )
    from dynode.generator.rows import parse_rows
    from dynode.generator.video import FitsMotion, VideoGenerator, fitted_motion
    from dynode.generator.writing import WritesCheckpoint

__all__ = [
    "Compiles",
    "DrawsInPrecisions",
    "FitsMotion",
    "Generator",
    "GeneratorInfo",
    "KeepsActivations",
    "Population",
    "Precision",
    "StoresNoise",
    "Synthesizer",
    "VideoGenerator",
    "WritesCheckpoint",
    "arithmetic",
    "as_rgb",
    "choose_class",
    "computing_as",
    "draw_labels",
    "draw_population",
    "draw_z",
    "fitted_motion",
    "load_generator",
    "loaded",
    "parse_rows",
    "redrawing",
    "wrap_module",
]

__getattr__ = names_on_demand(
    __name__,
    {
        "Compiles": "dynode.generator.computing",
        "DrawsInPrecisions": "dynode.generator.computing",
        "FitsMotion": "dynode.generator.video",
        "Generator": "dynode.generator.protocol",
        "GeneratorInfo": "dynode.generator.protocol",
        "KeepsActivations": "dynode.generator.redraw",
        "Population": "dynode.generator.population",
        "Precision": "dynode.generator.computing",
        "StoresNoise": "dynode.generator.noise",
        "Synthesizer": "dynode.generator.redraw",
        "VideoGenerator": "dynode.generator.video",
        "WritesCheckpoint": "dynode.generator.writing",
        "arithmetic": "dynode.generator.computing",
        "as_rgb": "dynode.generator.channels",
        "choose_class": "dynode.generator.classes",
        "computing_as": "dynode.generator.computing",
        "draw_labels": "dynode.generator.population",
        "draw_population": "dynode.generator.population",
        "draw_z": "dynode.generator.population",
        "fitted_motion": "dynode.generator.video",
        "load_generator": "dynode.generator.loading",
        "loaded": "dynode.generator.loading",
        "parse_rows": "dynode.generator.rows",
        "redrawing": "dynode.generator.redraw",
        "wrap_module": "dynode.generator.module",
    },
)
