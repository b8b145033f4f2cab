"""`dynode edit CLIP`: every frame is inverted, the first is edited, the trajectory carries the edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode.cli.clip_options import fit_options, parse_inverter_options, say_result
from dynode.dynamics.modes import Mode
from dynode.errors import OptionError
from dynode.media.suffixes import VIDEO_SUFFIXES
from dynode.options import build_options


def is_clip(source: Path | None) -> bool:
    """Say whether a source is taken as a clip; of a .gif the first picture is edited."""
    suffix = source.suffix.lower() if source is not None else ""
    return suffix in VIDEO_SUFFIXES and suffix != ".gif"


@dataclass(frozen=True)
class ClipEdit:
    """What was asked on the command line.

    Attributes:
        plugin: Direction method, by name.
        options: Its options.
        directions: Ready directions, each with a strength.
        strength: Multiplies the edit.
        mode: How the edit is carried.
        smoothing: See `FitOptions`.
        landmarks: Points of the face, in a file.
        face_detector: What finds the face, by name.
        face_model: File for it.
        check: Measure frames that are left out.
        inverter: Inverter by name.
        inverter_options: `NAME=VALUE` pairs.
        generator: Generator by name or file.
        device: Where to compute.
        seed: Seed of everything random.
        force: Overwrite, and accept directions of another generator.
        as_json: Print one document.
    """

    plugin: str | None
    options: Mapping[str, Any]  # of the plugin
    directions: Sequence[tuple[Path, float]]
    strength: float
    mode: Mode
    smoothing: str
    landmarks: Path | None
    face_detector: str | None
    face_model: Path | None
    check: bool
    inverter: str | None
    inverter_options: Sequence[str]
    generator: str | None
    device: str | None
    seed: int
    force: bool
    as_json: bool


def edit_clip(source: Path, target: Path, asked: ClipEdit) -> None:
    """Edit a clip and write it."""
    from dynode import files, plugins
    from dynode.media.video import check_video_suffix

    check_video_suffix(target)
    files.check_free(target, force=asked.force)
    chosen = parse_inverter_options(asked.inverter_options)
    if asked.plugin is None and not asked.directions:
        raise OptionError(
            "nothing to do: name a method with --plugin (see 'dynode plugins') or a ready one with "
            "--direction FILE"
        )
    if asked.plugin is not None:  # before the frames are inverted, which takes long
        method = plugins.registry().directions[asked.plugin]
        build_options(method.options, asked.options, owner=asked.plugin)

    from dynode.generator.loading import load_generator
    from dynode.pipeline import edit as steps
    from dynode.pipeline import report, video

    with console.progress_bar("editing") as progress:
        loaded = load_generator(asked.generator, device=asked.device)
        fitted = video.fit_clip(
            source,
            loaded,
            inverter=asked.inverter,
            inverter_options=chosen,
            options=fit_options(asked.smoothing),
            landmarks=asked.landmarks,
            face_detector=asked.face_detector,
            face_model=asked.face_model,
            check=asked.check,
            seed=asked.seed,
            progress=progress,
        )
        with video.timed(fitted.seconds, "edit"):
            edited = steps.edit(
                fitted.trajectory.observed[0],
                plugin=asked.plugin,
                directions=asked.directions,
                strength=asked.strength,
                generator=loaded,
                seed=asked.seed,
                force=asked.force,
                progress=progress,
                **asked.options,
            )
        result = video.edit_clip(
            fitted,
            loaded,
            edited.stack,
            target,
            mode=asked.mode,
            strength=asked.strength,
            progress=progress,
        )
    if asked.as_json:
        changes = {name: round(change, 3) for name, change in edited.changes.items()}
        document = {"output": str(target), "seed": asked.seed, "changes_of_first_frame": changes}
        console.print_json(document | result.document())
    else:
        console.say(f"first frame: {report.summary(edited.changes, edited.stack)}")
        say_result(result)
        click.echo(str(target))
