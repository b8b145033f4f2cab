"""`dynode edit`: from a picture, or none, to an edited one."""

from __future__ import annotations

import math
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import clip_options, console, face_options
from dynode.cli.edit_clip import ClipEdit, edit_clip, is_clip
from dynode.cli.method_options import MethodCommand, split_method_options
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.dynamics.modes import Mode
    from dynode.generator.protocol import Generator
    from dynode.pipeline.edit import EditResult

_MOST_FRAMES = 2000


@click.command(cls=MethodCommand)
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option("--plugin", metavar="NAME", help="Direction method; adds its options to this help.")
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="FILE|NAME[:STRENGTH]",
    help="Ready direction ('dynode directions list'); may be given several times.",
)
@click.option(
    "--strength", type=console.FINITE, default=1.0, show_default=True, help="Multiplies the edit."
)
@click.option("--sweep", metavar="LO:HI:N", help="Draw N strengths as a strip, or as a video.")
@click.option(
    "--fps", type=console.FINITE, default=25.0, show_default=True, help="Of a sweep as video."
)
@click.option("--edited-only", is_flag=True, help="Write the edited picture without the original.")
@click.option(
    "--inverter", metavar="NAME", help="Inverter of a picture; chosen by domain if absent."
)
@clip_options.INVERTER_OPTIONS
@clip_options.MODE
@clip_options.SMOOTHING
@clip_options.LANDMARKS
@face_options.FACE_DETECTOR
@face_options.FACE_MODEL
@clip_options.CHECK
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.output_option("Picture or, with --sweep, video to write [default: named by the edit].")
@console.FORCE
@console.JSON
def edit(
    source: Path | None,
    plugin: str | None,
    directions: tuple[str, ...],
    strength: float,
    sweep: str | None,
    fps: float,
    edited_only: bool,
    inverter: str | None,
    inverter_options: tuple[str, ...],
    mode: Mode,
    smoothing: str,
    landmarks: Path | None,
    face_detector: str | None,
    face_model: Path | None,
    check: bool,
    generator: str | None,
    device: str | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    **method_options: Any,  # the options of the plugin, see MethodCommand
) -> None:
    r"""Edit a picture, or a sampled one, and write it before and after.

    SOURCE is an image, a clip or a latents file; without it a picture is sampled. Of a clip every
    frame is inverted, the first one is edited, and a latent ODE carries the edit through the others.

    \b
    Try:     dynode edit --plugin styleclip --text "smiling"
    Python:  dynode.edit(plugin="styleclip", text="smiling").after
    """
    from dynode import files

    options = split_method_options(method_options)
    if source is not None and is_clip(source):
        target = output or Path(_default_name(plugin, options, directions) + ".mp4")
        ready = [_parse_direction(text) for text in directions]
        asked = ClipEdit(
            plugin,
            options,
            ready,
            strength,
            mode,
            smoothing,
            landmarks,
            face_detector,
            face_model,
            check,
            inverter,
            inverter_options,
            generator,
            device,
            seed,
            force,
            as_json,
        )
        edit_clip(source, target, asked)
        return
    if (landmarks, face_detector, face_model) != (None, None, None):
        raise OptionError(
            "--landmarks, --face-detector and --face-model are for clips; of a picture, cut the face out "
            "first with 'dynode crop align'"
        )
    target = output or Path(_default_name(plugin, options, directions) + ".png")
    drawing = _Drawing(target, parse_sweep(sweep), fps, edited_only)
    drawing.check()
    files.check_free(target, force=force)
    ready = [_parse_direction(text) for text in directions]

    from dynode.generator.loading import load_generator
    from dynode.pipeline import edit as steps
    from dynode.pipeline import report

    started = time.perf_counter()
    with console.progress_bar(plugin or "editing") as progress:
        loaded = load_generator(generator, device=device)
        result = steps.edit(
            source,
            plugin=plugin,
            directions=ready,
            strength=strength,
            generator=loaded,
            inverter=inverter,
            seed=seed,
            force=force,
            progress=progress,
            **options,
        )
    drawing.write(loaded, result)
    seconds = round(time.perf_counter() - started, 2)
    if as_json:
        document = _document(result, loaded, plugin, options, strength)
        console.print_json({"output": str(target), "seed": seed, "seconds": seconds} | document)
    else:
        _say_unit(plugin, result)
        for conflict in report.conflicts(result.stack, strength):
            console.say(f"conflict: {conflict}")
        console.say(f"{report.summary(result.changes, result.stack)}; {seconds} s")
        click.echo(str(target))


def _say_unit(plugin: str | None, result: EditResult) -> None:
    """Say what a direction that was found for all pictures does at strength 1, if it knows."""
    from dynode.direction.info import DirectionInfo
    from dynode.plugins import registry

    if plugin is None or registry().directions[plugin].per_image:
        return
    found = list(result.stack)[-1][0].info
    if found.unit != DirectionInfo().unit:
        console.say(f"{found.name}: strength 1 is {found.unit}")


@dataclass(frozen=True)
class _Drawing:
    """What is to be written: a pair, the edited picture alone, a strip or a video."""

    path: Path
    strengths: tuple[float, ...]
    fps: float
    edited_only: bool

    def check(self) -> None:
        """Refuse a suffix that does not fit before any work is done."""
        from dynode.media.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES

        allowed = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES) if self.strengths else IMAGE_SUFFIXES
        if self.path.suffix.lower() not in allowed:
            hint = "" if self.strengths else "; add --sweep -2:2:50 for a video"
            raise OptionError(
                f"cannot write {self.path.name}: expected one of {' '.join(allowed)}{hint}"
            )
        if self.fps <= 0:
            raise OptionError(f"--fps is {self.fps:g}; expected a number above 0, such as 25")

    def write(self, generator: Generator, result: EditResult) -> None:
        """Draw and write it."""
        import torch

        from dynode.media.images import grid, write_image
        from dynode.media.suffixes import is_moving
        from dynode.media.video import write_video
        from dynode.pipeline.edit import sweep

        if self.strengths:
            frames = sweep(generator, result.original, result.stack, self.strengths)
            if is_moving(self.path):
                write_video([frames], self.path, fps=self.fps)
                return
            write_image(grid(frames, columns=len(frames)), self.path)
            return
        pairs = torch.stack([result.before, result.after], 1).flatten(0, 1)
        tiles = result.after if self.edited_only else pairs
        columns = 1 if self.edited_only else 2
        write_image(grid(tiles, columns=columns), self.path)


def _default_name(plugin: str | None, options: dict[str, Any], directions: tuple[str, ...]) -> str:
    """Name the output after the text, else the first direction file, else the plugin."""
    told = options.get("text") or (
        Path(_split_strength(directions[0])[0]).stem if directions else ""
    )
    slug = re.sub(r"[^a-z0-9]+", "-", str(told).lower()).strip("-")[:60]
    return slug or plugin or "edited"


def _split_strength(text: str) -> tuple[str, float]:
    if os.path.isfile(text):  # a name may hold colons itself
        return text, 1.0
    name, colon, strength = text.rpartition(":")
    try:
        return (name, float(strength)) if colon else (text, 1.0)
    except ValueError:
        if not os.path.isfile(name):
            return text, 1.0  # a whole name with colons; whoever looks for it says what is known
        raise OptionError(
            f"--direction is {text!r}; expected a strength after the colon, such as {name}:1.5"
        ) from None


def _parse_direction(text: str) -> tuple[Path, float]:
    from dynode.pipeline.library import direction_path

    name, strength = _split_strength(text)
    if not math.isfinite(strength):
        raise OptionError(f"--direction is {text!r}; expected a finite strength such as {name}:1.5")
    return direction_path(name), strength


def parse_sweep(text: str | None) -> tuple[float, ...]:
    """Read strengths such as `-2:2:9`; none if the text is absent.

    Raises:
        OptionError: It is something else, or asks for too many.
    """
    if text is None:
        return ()
    try:
        low, high, count = text.split(":")
        first, last, number = float(low), float(high), int(count)
    except ValueError:
        first = last = math.nan
    if not (math.isfinite(first) and math.isfinite(last)):
        raise OptionError(f"--sweep is {text!r}; expected LO:HI:N such as -2:2:9")
    if not 2 <= number <= _MOST_FRAMES:
        raise OptionError(f"--sweep asks for {number} pictures; expected 2 to {_MOST_FRAMES}")
    return tuple(first + (last - first) * index / (number - 1) for index in range(number))


def _document(
    result: EditResult,
    generator: Generator,
    plugin: str | None,
    options: dict[str, Any],
    strength: float,
) -> dict[str, Any]:
    import torch

    from dynode.pipeline import report

    return {
        "plugin": plugin,
        "options": options,
        "strength": strength,
        "generator": generator.info.name,
        "directions": [
            {"name": d.info.name, "space": d.space, "strength": torch.as_tensor(own).tolist()}
            for d, own in result.stack
        ],
        "expected_in_standard_deviations": dict(report.expected_effects(result.stack, strength)),
        "conflicts": [str(conflict) for conflict in report.conflicts(result.stack, strength)],
        "changes_in_standard_deviations": {
            name: round(change, 3) for name, change in result.changes.items()
        },
    }
