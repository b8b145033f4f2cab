"""Options of `dynode generate --video`, and the refusal of those that do not apply."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from dynode.cli import console
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.pipeline.generate_video import GeneratedVideo
    from dynode.pipeline.written import Written

_Command = TypeVar("_Command", bound=Callable[..., object])


def video_options(command: _Command) -> _Command:
    """Add the options of videos to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


class GridSize(click.ParamType[tuple[int, int]]):
    """Rows x columns, such as 5x5."""

    name = "ROWSxCOLUMNS"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Read `5x5`."""
        found = re.fullmatch(r"(\d{1,4})[x×](\d{1,4})", str(value))
        if found is None:
            self.fail(f"{value!r} is no grid; expected rows x columns such as 5x5", param, ctx)
        return int(found[1]), int(found[2])


_OPTIONS = (
    click.option("--video", is_flag=True, help="Draw videos, with a generator that has motion."),
    click.option(
        "--length", type=click.IntRange(min=1), help="Frames a video [default: 128, or all]."
    ),
    click.option(
        "--fps", type=console.FINITE, help="Frames a second [default: the generator's own]."
    ),
    click.option("--grid", type=GridSize(), help="Videos side by side, such as 5x5."),
    click.option(
        "--decompose", is_flag=True, help="One motion a row of the grid, one content a column."
    ),
    click.option(
        "--from",
        "start",
        type=click.Path(path_type=Path),
        help="Picture that the videos begin with.",
    ),
    click.option(
        "--content-from",
        "content",
        type=click.Path(path_type=Path),
        help="Saved content to draw, instead of that of the seeds.",
    ),
    click.option(
        "--motion-from",
        type=click.Path(path_type=Path),
        help="Saved motion to draw with, such as that of an inverted clip.",
    ),
    click.option(
        "--snapshots",
        type=click.Path(path_type=Path, file_okay=False, exists=True),
        help="Folder of a run: draw with its best snapshot by the recorded metric.",
    ),
    click.option(
        "--motion", type=click.Path(path_type=Path), help="Write the motion to this file too."
    ),
)
NAMES = (
    *("length", "fps", "grid", "decompose", "start", "content", "motion_from", "snapshots"),
    "motion",
)

_FLAGS = {"start": "from", "content": "content-from"}
PICTURE_NAMES = ("columns", "truncation_cutoff", "mix", "mix_rows")


def refuse_foreign(context: click.Context, video: bool) -> None:
    """Refuse options of videos without --video, and of pictures with it.

    Raises:
        OptionError: One was given that does not apply.
    """
    from click.core import ParameterSource

    names = PICTURE_NAMES if video else NAMES
    given = [name for name in ("start", "content") if video and context.params.get(name)]
    if given and "truncation" in console.typed("truncation"):
        flag = _FLAGS[given[0]]
        raise OptionError(
            f"--truncation is for sampled contents, and --{flag} gives them; leave it out"
        )
    for name in names:
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT:
            flag = _FLAGS.get(name, name.replace("_", "-"))
            instead = "use --grid, or " if name == "columns" else ""
            advice = f"{instead}leave it out" if video else "add --video, or leave it out"
            kind = "pictures" if video else "videos"
            raise OptionError(f"--{flag} is for {kind} and does not apply here; {advice}")


@dataclass(frozen=True)
class VideoRequest:
    """What `dynode generate --video` was asked for; see its options."""

    seeds: str | None
    truncation: float
    noise: Literal["const", "random", "none"]
    latents: Path | None
    output: Path | None
    generator: str | None
    device: str | None
    force: bool
    as_json: bool

    def run(self, options: Mapping[str, Any]) -> None:
        """Draw and write; `options` are those of `video_options` by name."""
        from dynode import files
        from dynode.pipeline.frame_files import check_frames_name
        from dynode.pipeline.generate import check_codes_name
        from dynode.pipeline.generate_video import generate_video

        target, motion = self.output or Path("generated.mp4"), options["motion"]
        check_frames_name(target)
        for path in filter(None, (target, self.latents, motion)):
            files.check_free(path, force=self.force)
        for path in filter(None, (self.latents, motion)):
            check_codes_name(path)
        with console.progress_bar("drawing") as progress:
            made = generate_video(
                self.seeds,
                generator=self._generator(options["snapshots"]),
                device=self.device,
                length=options["length"],
                fps=options["fps"],
                grid=options["grid"],
                truncation=self.truncation,
                decompose=options["decompose"],
                class_number=options["class_number"],
                start=options["start"],
                content=options["content"],
                motion=options["motion_from"],
                noise=self.noise,
                progress=progress,
            )
            written = made.save(target, progress=progress)
        if self.latents:
            made.save_latents(self.latents)
        if motion:
            made.save_motion(motion)
        self._report(made, written)

    def _generator(self, snapshots: Path | None) -> str | Path | None:
        from dynode.pipeline.snapshots import best_snapshot

        if snapshots is None:
            return self.generator
        if self.generator is not None:
            raise OptionError("--generator and --snapshots both name what draws; leave one out")
        return best_snapshot(snapshots)

    def _report(self, made: GeneratedVideo, written: Written) -> None:
        if not self.as_json:
            console.tell(str(written.path))
            return
        console.print_json(
            {
                "output": str(written.path),
                "seeds": list(made.seeds),
                "generator": made.generator.info.name,
                "frames": written.frames,
                "fps": made.fps,
            }
        )
