"""Plugins: the hooks, what they contribute and load, and how they are found and registered."""

from __future__ import annotations

from dynode.plugins.boundary import at_work
from dynode.plugins.convertible import Convertible
from dynode.plugins.discovery import (
    PluginReport,
    Registry,
    registry,
)
from dynode.plugins.entry_points import (
    GROUP,
    distribution_of,
    selected_entry_points,
)
from dynode.plugins.face_detector import FaceDetector
from dynode.plugins.formats import Format
from dynode.plugins.hookspecs import hookimpl
from dynode.plugins.installing import install_command
from dynode.plugins.inverter import Inverter
from dynode.plugins.loaded import (
    Detector,
    FeatureScorerModel,
    HiddenScorerModel,
    LimitedTextModel,
    Recogniser,
    ScorerModel,
    ScoringDetector,
    TextImageModel,
)
from dynode.plugins.methods import (
    DirectionKind,
    DirectionMethod,
    GeneratorFamily,
    GeneratorProvider,
    Plugin,
    Progress,
    Scorer,
    TextEncoder,
    silent,
)
from dynode.plugins.metric import Measurement, Metric, Needs, Setting
from dynode.plugins.picture_distance import PictureDistance
from dynode.plugins.trainable import Trainable, TrainableGenerator
from dynode.plugins.truth import Truth

__all__ = [
    "Convertible",
    "Detector",
    "DirectionKind",
    "DirectionMethod",
    "FaceDetector",
    "FeatureScorerModel",
    "Format",
    "GROUP",
    "GeneratorFamily",
    "GeneratorProvider",
    "HiddenScorerModel",
    "Inverter",
    "LimitedTextModel",
    "Measurement",
    "Metric",
    "Needs",
    "PictureDistance",
    "Plugin",
    "PluginReport",
    "Progress",
    "Recogniser",
    "Registry",
    "Scorer",
    "ScorerModel",
    "ScoringDetector",
    "Setting",
    "TextEncoder",
    "TextImageModel",
    "Trainable",
    "TrainableGenerator",
    "Truth",
    "at_work",
    "distribution_of",
    "hookimpl",
    "install_command",
    "registry",
    "selected_entry_points",
    "silent",
]
