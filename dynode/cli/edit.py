"""`dynode edit`: from a picture, a clip, or nothing, to an edited one."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import clip_options, completing, console
from dynode.cli.edit_report import clip_document, picture_document, say_clip, say_picture
from dynode.cli.inverting_options import takes_inverter
from dynode.cli.method_options import split_method_options
from dynode.cli.presets import PresetCommand
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.dynamics.modes import Mode
    from dynode.pipeline.edited import EditResult
    from dynode.pipeline.written import Written
    from dynode.plugins.methods import Progress


@click.command(cls=PresetCommand)
@click.argument("source", required=False, type=click.Path(path_type=Path))
@click.option(
    "--plugin",
    metavar="NAME",
    shell_complete=completing.methods,
    help="Direction method; adds its options to this help.",
)
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="FILE|NAME[:STRENGTH]",
    shell_complete=completing.directions,
    help="Ready direction ('dynode directions list'); may be given several times.",
)
@click.option(
    "--strength", type=console.FINITE, default=1.0, show_default=True, help="Multiplies the edit."
)
@click.option("--sweep", metavar="LO:HI:N", help="Draw N strengths as a strip, or as a video.")
@click.option(
    "--fps",
    type=console.FINITE,
    show_default="25, or the generator's own",
    help="Frames a second of a sweep as video, or of a clip that --motion-from moves.",
)
@click.option(
    "--edited-only",
    is_flag=True,
    default=None,
    help="Write the edited picture without the original.",
)
@takes_inverter
@click.option(
    "--crop-only",
    is_flag=True,
    default=None,
    help="Take a picture for the crop, and write the edited crop, not the photograph.",
)
@click.option(
    "--keep-identity",
    type=console.FINITE,
    metavar="COSINE",
    help="Weaken the edit of a photograph until its faces stay as similar, for example 0.95.",
)
@clip_options.MODE
@clip_options.SMOOTHING
@clip_options.CHECK
@click.option(
    "--motion-from",
    type=click.Path(path_type=Path),
    help="Saved motion that codes are set in: write the clip, its content edited once.",
)
@click.option(
    "--length", type=click.IntRange(min=1), help="Frames of such a clip [default: 128, or all]."
)
@console.GENERATOR
@console.CLASS
@console.DEVICE
@console.SEED
@console.output_option("Picture or, of a clip or with --sweep, video [default: named by the edit].")
@console.FORCE
@console.JSON
def edit(
    source: Path | None,
    plugin: str | None,
    directions: tuple[str, ...],
    strength: float,
    sweep: str | None,
    fps: float | None,
    edited_only: bool | None,
    inverting: dict[str, Any],
    crop_only: bool | None,
    keep_identity: float | None,
    mode: Mode | None,
    smoothing: str | None,
    check: bool | None,
    motion_from: Path | None,
    length: int | None,
    generator: str | None,
    class_index: str | None,
    device: str | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    **method_options: Any,  # the options of the plugin, see MethodCommand
) -> None:
    r"""Edit a picture, a clip, or a sampled picture.

    SOURCE is an image, a clip or a latents file; without it a picture is sampled. The face of a
    photograph is found where a detector is installed or named, edited, and put back into the whole
    photograph; a crop, or any other picture, is written before and after. Of a clip every frame is
    inverted, the first one is edited, and a latent ODE carries the edit through the others. Codes of a
    video generator are edited once and set in their saved motion.

    \b
    Try:     dynode edit --plugin styleclip --text "smiling"
    Python:  dynode.edit(plugin="styleclip", text="smiling").save("smiling.png")
    """
    import dynode
    from dynode.pipeline.clip_edit import ClipEdit
    from dynode.pipeline.clips import ClipResult

    options = split_method_options(method_options)
    stem = _default_name(plugin, options, directions)
    drawing = _Drawing(
        source, output, stem, sweep=sweep, fps=fps, edited_only=edited_only, motion=motion_from
    )
    drawing.check(force=force)
    started = time.perf_counter()
    with console.progress_bar(plugin or "editing") as progress:
        result = dynode.edit(
            source,
            plugin=plugin,
            directions=directions,
            strength=strength,
            generator=generator,
            device=device,
            class_index=class_index,
            crop_only=bool(crop_only),
            keep_identity=keep_identity,
            mode=mode,
            fit=clip_options.fit_options(smoothing),
            check=check,
            motion=motion_from,
            length=length,
            fps=fps if motion_from else None,
            seed=seed,
            force=force,
            progress=progress,
            **inverting,
            **options,
        )
        written = drawing.write(result, progress)
    seconds = round(time.perf_counter() - started, 2)
    if as_json:
        told = {"output": str(drawing.path), "seed": seed}
        console.print_json(told | _document(result, written, plugin, options, seconds))
        return
    if isinstance(result, ClipEdit) and isinstance(written, ClipResult):
        say_clip(result, written)
    else:
        say_picture(result, plugin, seconds)
    console.tell(str(drawing.path))


def _document(
    result: EditResult,
    written: Written,
    plugin: str | None,
    options: dict[str, Any],
    seconds: float,
) -> dict[str, Any]:
    from dynode.pipeline.clip_edit import ClipEdit
    from dynode.pipeline.clips import ClipResult

    if isinstance(result, ClipEdit) and isinstance(written, ClipResult):
        return clip_document(result, written)
    return {"seconds": seconds} | picture_document(result, plugin, options)


class _Drawing:
    """What is to be written: a pair, the edited picture alone, a strip, a sweep, or a clip."""

    def __init__(
        self,
        source: Path | None,
        output: Path | None,
        stem: str,
        *,
        sweep: str | None,
        fps: float | None,
        edited_only: bool | None,
        motion: Path | None,
    ) -> None:
        from dynode.pipeline.applying import refuse_what_does_not_apply
        from dynode.pipeline.source_kinds import source_kind
        from dynode.pipeline.sweeps import parse_sweep

        kind = source_kind(source)
        given = {"sweep": sweep, "fps": fps, "edited_only": edited_only, "motion": motion}
        given |= console.typed("seed", "class_index", "plugin")
        refuse_what_does_not_apply("edit", given, kind)
        self.is_clip, self.is_drawn = kind == "clip", motion is not None
        moves = self.is_clip or self.is_drawn
        self.path = output or Path(stem + (".mp4" if moves else ".png"))
        self.strengths = parse_sweep(sweep)
        self.fps, self.edited_only = fps, bool(edited_only)

    def check(self, *, force: bool) -> None:
        """Refuse what cannot be written before any work is done."""
        from dynode import files
        from dynode.media.video import check_video_suffix
        from dynode.pipeline.frame_files import check_frames_name

        if self.is_drawn:
            check_frames_name(self.path)
        elif self.is_clip:
            check_video_suffix(self.path)
        else:
            self._check_still()
        files.check_free(self.path, force=force)

    def _check_still(self) -> None:
        from dynode.media.suffixes import IMAGE_SUFFIXES, VIDEO_SUFFIXES, is_moving

        allowed = (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES) if self.strengths else IMAGE_SUFFIXES
        if self.path.suffix.lower() not in allowed:
            hint = "" if self.strengths else "; add --sweep -2:2:50 for a video"
            raise OptionError(
                f"cannot write {self.path.name}: expected one of {' '.join(allowed)}{hint}"
            )
        if self.fps is None:
            return
        if self.fps <= 0:
            raise OptionError(f"--fps is {self.fps:g}; expected a number above 0, such as 25")
        if not is_moving(self.path):
            raise OptionError(
                f"--fps does not apply to {self.path.name}, a picture; leave it out, or write .mp4"
            )

    def write(self, result: EditResult, progress: Progress) -> Written:
        """Draw and write it."""
        if self.strengths:
            return result.save_sweep(self.path, self.strengths, fps=self.fps or 25.0)
        if self.edited_only:
            return result.save_edited(self.path)
        return result.save(self.path, progress=progress)


def _default_name(plugin: str | None, options: dict[str, Any], directions: tuple[str, ...]) -> str:
    """Name the output after the text, else the first direction file, else the plugin."""
    from dynode.pipeline.naming import split_strength

    told = options.get("text") or (
        Path(split_strength(directions[0])[0]).stem if directions else ""
    )
    slug = re.sub(r"[^a-z0-9]+", "-", str(told).lower()).strip("-")[:60]
    return slug or plugin or "edited"
