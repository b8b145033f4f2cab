"""Every hook a plugin may implement, with `@dynode.hookimpl`, in the module its entry point names.

All `register_*` hooks are called once, when plugins are loaded; hand each thing to `register`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    import click

    from dynode.plugins import (
        face_detector,
        formats,
        inverter,
        methods,
        metric,
        picture_distance,
        trainable,
    )

hookspec = pluggy.HookspecMarker("dynode")
hookimpl = pluggy.HookimplMarker("dynode")


@hookspec
def register_directions(register: Callable[[methods.DirectionMethod], None]) -> None:
    """Contribute ways of finding directions. Since 0.1."""


@hookspec
def register_direction_kinds(register: Callable[[methods.DirectionKind], None]) -> None:
    """Contribute kinds of directions besides the core's, so that their files can be read. Since 0.2."""


@hookspec
def register_formats(register: Callable[[formats.Format], None]) -> None:
    """Contribute readers and writers of files that others publish directions in. Since 0.2."""


@hookspec
def register_inverters(register: Callable[[inverter.Inverter], None]) -> None:
    """Contribute ways of finding the latents of a picture. Since 0.1."""


@hookspec
def register_generators(
    register: Callable[[methods.GeneratorProvider | methods.GeneratorFamily], None],
) -> None:
    """Contribute generators known by name, or readers of other families of files. Since 0.1."""


@hookspec
def register_text_encoders(register: Callable[[methods.TextEncoder], None]) -> None:
    """Contribute text-image models. Since 0.1."""


@hookspec
def register_scorers(register: Callable[[methods.Scorer], None]) -> None:
    """Contribute predictors of attributes. Since 0.1."""


@hookspec
def register_metrics(register: Callable[[metric.Metric], None]) -> None:
    """Contribute figures of merit of pictures or clips. Since 0.1, streaming since 0.2."""


@hookspec
def register_distances(register: Callable[[picture_distance.PictureDistance], None]) -> None:
    """Contribute distances of pictures, for whatever compares pictures by a name. Since 0.2."""


@hookspec
def register_face_detectors(register: Callable[[face_detector.FaceDetector], None]) -> None:
    """Contribute finders of faces in photographs. Since 0.1."""


@hookspec
def register_trainables(
    register: Callable[[trainable.Trainable | trainable.TrainableGenerator], None],
) -> None:
    """Contribute trainings that belong to no method, inverter or family. Since 0.2."""


@hookspec
def register_commands(register: Callable[[click.Command], None]) -> None:
    """Contribute subcommands of `dynode`; one named `generators blend` goes into that group. Since 0.1."""
