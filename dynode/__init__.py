"""dynode: edit faces, scenes and videos with StyleGAN; every direction method is a plugin.

Importing this package is cheap; torch is imported by the first name that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dynode.errors import DynodeError
from dynode.lazy import names_on_demand
from dynode.options import option
from dynode.plugins.face_detector import FaceDetector
from dynode.plugins.formats import Format
from dynode.plugins.hookspecs import hookimpl
from dynode.plugins.inverter import Inverter
from dynode.plugins.methods import (
    DirectionKind,
    DirectionMethod,
    GeneratorFamily,
    GeneratorProvider,
    Scorer,
    TextEncoder,
)
from dynode.plugins.metric import Measurement, Metric, Needs, Setting
from dynode.plugins.picture_distance import PictureDistance
from dynode.renamed import find_old_names
from dynode.version import __version__ as __version__

if TYPE_CHECKING:
    from dynode.direction.base import Direction
    from dynode.direction.linear import LinearDirection
    from dynode.direction.mapper import MapperDirection
    from dynode.direction.network import NetworkDirection
    from dynode.direction.path import PathDirection
    from dynode.direction.stack import EditStack
    from dynode.direction.style import StyleDirection
    from dynode.direction.style_mapper import StyleMapperDirection
    from dynode.direction.weight import WeightDirection
    from dynode.direction.z import ZDirection
    from dynode.dynamics.fit import fit_trajectory
    from dynode.dynamics.settings import FitOptions
    from dynode.dynamics.trajectory import Trajectory
    from dynode.generator.loading import load_generator
    from dynode.generator.module import wrap_module
    from dynode.generator.protocol import Generator, GeneratorInfo
    from dynode.latents.latents import Latents
    from dynode.latents.weight_offset import LowRankOffset, WeightOffset
    from dynode.measuring.measurement import measure
    from dynode.pipeline.animate import animate
    from dynode.pipeline.directions import load_direction
    from dynode.pipeline.edit import edit, find
    from dynode.pipeline.face_source import FaceSource
    from dynode.pipeline.generate import generate
    from dynode.pipeline.interpolate import interpolate
    from dynode.pipeline.invert import invert
    from dynode.pipeline.inverted import Inversion
    from dynode.pipeline.training import train
    from dynode.stylegan2.export import export_generator
    from dynode.stylegan2.generator import StyleGAN2

find_old_names()

_LAZY = {
    "interpolate": "dynode.pipeline.interpolate",
    "generate": "dynode.pipeline.generate",
    "FaceSource": "dynode.pipeline.face_source",
    "FitOptions": "dynode.dynamics.settings",
    "Trajectory": "dynode.dynamics.trajectory",
    "fit_trajectory": "dynode.dynamics.fit",
    "Direction": "dynode.direction",
    "EditStack": "dynode.direction",
    "LinearDirection": "dynode.direction",
    "MapperDirection": "dynode.direction",
    "StyleDirection": "dynode.direction",
    "WeightDirection": "dynode.direction",
    "load_direction": "dynode.pipeline.directions",
    "Generator": "dynode.generator",
    "GeneratorInfo": "dynode.generator",
    "load_generator": "dynode.generator",
    "Latents": "dynode.latents",
    "LowRankOffset": "dynode.latents",
    "WeightOffset": "dynode.latents",
    "NetworkDirection": "dynode.direction",
    "PathDirection": "dynode.direction",
    "animate": "dynode.pipeline.animate",
    "wrap_module": "dynode.generator",
    "edit": "dynode.pipeline.edit",
    "find": "dynode.pipeline.edit",
    "Inversion": "dynode.pipeline.inverted",
    "measure": "dynode.measuring",
    "invert": "dynode.pipeline.invert",
    "train": "dynode.pipeline.training",
    "StyleMapperDirection": "dynode.direction",
    "StyleGAN2": "dynode.stylegan2.generator",
    "export_generator": "dynode.stylegan2.export",
    "ZDirection": "dynode.direction",
}

# Packages of the public interface: `dynode.crop.crop_face` needs no import of its own.
_PACKAGES = frozenset(
    [
        "crop",
        "direction",
        "distance",
        "generator",
        "importing",
        "latents",
        "models",
        "pipeline",
    ]
    + ["scaffold", "scoring", "testing", "training"]
)

__all__ = [
    "interpolate",
    "generate",
    "FaceSource",
    "Direction",
    "DirectionKind",
    "DirectionMethod",
    "DynodeError",
    "EditStack",
    "FaceDetector",
    "FitOptions",
    "Format",
    "Generator",
    "GeneratorFamily",
    "GeneratorInfo",
    "GeneratorProvider",
    "Inversion",
    "Inverter",
    "Latents",
    "LinearDirection",
    "LowRankOffset",
    "MapperDirection",
    "Measurement",
    "Metric",
    "Needs",
    "NetworkDirection",
    "PathDirection",
    "PictureDistance",
    "Scorer",
    "Setting",
    "StyleDirection",
    "StyleGAN2",
    "StyleMapperDirection",
    "TextEncoder",
    "Trajectory",
    "WeightDirection",
    "WeightOffset",
    "ZDirection",
    "animate",
    "edit",
    "export_generator",
    "find",
    "fit_trajectory",
    "hookimpl",
    "invert",
    "load_direction",
    "load_generator",
    "measure",
    "option",
    "train",
    "wrap_module",
]

__getattr__ = names_on_demand(__name__, _LAZY, _PACKAGES)
