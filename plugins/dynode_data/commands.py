"""`dynode data`: data sets of clips and pictures for training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from dynode.cli import console, takes_faces
from dynode.quoting import listed

if TYPE_CHECKING:
    from dynode import FaceSource
    from dynode.media import Clip
    from dynode_data import DataReport, MadeData

_SOURCE = click.argument("source", type=click.Path(path_type=Path))
_OUTPUT = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="Folder, or .zip file, to write.",
)
_FORMAT = click.option(
    "--format",
    type=click.Choice(["jpg", "png"]),
    default="jpg",
    show_default=True,
    help="How frames are stored; JPEG of quality 95, or without loss.",
)
_SIDE = click.IntRange(16, 4096)
_COUNT = click.IntRange(min=1)


@click.group()
def data() -> None:
    """Make and check data sets of clips: a folder for each clip, in a folder or a zip file."""


@data.command("from-videos")
@_SOURCE
@click.option(
    "--size-px",
    type=_SIDE,
    default=256,
    show_default=True,
    help="Side of the square frames in pixels.",
)
@click.option(
    "--fps", type=console.FINITE, help="Frames a second to take; all that are shown if absent."
)
@click.option(
    "--chunk",
    type=_COUNT,
    help="Frames a clip: a long video gives several, the rest is dropped; whole videos if absent.",
)
@_FORMAT
@takes_faces
@_OUTPUT
@console.FORCE
@console.JSON
def from_videos(
    source: Path, output: Path, faces: FaceSource | None, as_json: bool, **given: Any
) -> None:
    r"""Cut a video, or a folder of them, into clips of square frames.

    The centre of each frame is taken, or the face where a detector is named. Videos that cannot be
    used are named and left out.

    \b
    Try:     dynode data from-videos recordings --size-px 128 --fps 25 -o made.zip
    Python:  dynode_data.clips_from_videos("recordings", "made.zip", size_px=128, fps=25)
    """
    from dynode_data import clips_from_videos

    cutter = _face_cutter(faces)
    with console.progress_bar("reading videos") as progress:
        made = clips_from_videos(source, output, cutter=cutter, progress=progress, **given)
    _tell(made, as_json)


def _face_cutter(faces: FaceSource | None) -> Callable[[Clip], Any] | None:
    if faces is None:
        return None
    from dynode.pipeline import find_faces

    return lambda clip: find_faces(clip, faces).crop


@data.command()
@_SOURCE
@click.option("--size-px", type=_SIDE, help="Side in pixels; the clip's shorter side if absent.")
@click.option("--frames", type=_COUNT, help="Frames a clip; shorter clips are left out.")
@click.option(
    "--skip",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Frames to drop at the beginning of each clip.",
)
@_FORMAT
@_OUTPUT
@console.FORCE
@console.JSON
def crop(
    source: Path,
    size_px: int | None,
    frames: int | None,
    skip: int,
    format: Literal["jpg", "png"],
    output: Path,
    force: bool,
    as_json: bool,
) -> None:
    r"""Cut the frames of a data set to one square size, and its clips to one length.

    \b
    Try:     dynode data crop clips --size-px 64 --frames 128 -o small.zip
    Python:  dynode_data.crop_clips("clips", "small.zip", size_px=64, frames=128)
    """
    from dynode_data import crop_clips

    with console.progress_bar("cropping") as progress:
        made = crop_clips(
            source,
            output,
            size_px=size_px,
            frames=frames,
            skip=skip,
            format=format,
            force=force,
            progress=progress,
        )
    _tell(made, as_json)


@data.command()
@_SOURCE
@_OUTPUT
@console.FORCE
@console.JSON
def pack(source: Path, output: Path, force: bool, as_json: bool) -> None:
    r"""Copy the frames of a data set into a zip file that every reader takes; nothing is encoded anew.

    Frames that readers sorting by characters would see in another order get new numbers.

    \b
    Try:     dynode data pack clips -o packed.zip
    Python:  dynode_data.pack_clips("clips", "packed.zip")
    """
    from dynode_data import pack_clips

    with console.progress_bar("packing") as progress:
        made = pack_clips(source, output, force=force, progress=progress)
    _tell(made, as_json)


@data.command()
@_SOURCE
@click.option("--frames", type=_COUNT, help="Frames a clip; as many as it has if absent.")
@console.SEED
@_OUTPUT
@console.FORCE
@console.JSON
def freeze(
    source: Path, frames: int | None, seed: int, output: Path, force: bool, as_json: bool
) -> None:
    r"""Make clips that stand still, one frame of each repeated: what a metric of motion must refuse.

    \b
    Try:     dynode data freeze clips.zip -o still.zip
    Python:  dynode_data.freeze_clips("clips.zip", "still.zip")
    """
    from dynode_data import freeze_clips

    with console.progress_bar("freezing") as progress:
        made = freeze_clips(
            source, output, frames=frames, seed=seed, force=force, progress=progress
        )
    _tell(made, as_json)


@data.command()
@_SOURCE
@click.option(
    "--frames",
    type=_COUNT,
    default=3,
    show_default=True,
    help="Frames of a clip that training samples; shorter clips are named.",
)
@console.JSON
def check(source: Path, frames: int, as_json: bool) -> None:
    r"""Read every frame, and name what would trouble a training; exit code 1 if something would.

    \b
    Try:     dynode data check clips.zip
    Python:  dynode_data.check_clips("clips.zip").is_usable
    """
    from dynode_data import check_clips

    with console.progress_bar("checking") as progress:
        report = check_clips(source, frames=frames, progress=progress)
    if as_json:
        console.print_json(report.document())
    else:
        _say(report, frames)
    click.get_current_context().exit(0 if report.is_usable else 1)


def _say(report: DataReport, frames: int) -> None:
    sizes = ", ".join(f"{w}×{h} ({count})" for (w, h), count in report.sizes.items()) or "none"
    lines = {
        "clips": f"{report.clips}, of {report.shortest} to {report.longest} frames",
        "frames": f"{report.frames}, of the sizes {sizes}",
        f"shorter than {frames}": _named(report.short),
        "damaged": _why(list(report.damaged.values())),
        "no pictures": _named(report.odd_files),
        "other order by characters": _named(report.order_traps),
        "labels": report.labels,
    }
    for name, told in lines.items():
        if told:
            console.tell(f"{name}: {told}")
    console.tell("usable as it is" if report.is_usable else "not usable as it is")


def _named(names: tuple[str, ...]) -> str:
    return f"{len(names)}, {listed(list(names), 5)}" if names else ""


def _why(reasons: list[str], most: int = 5) -> str:
    more = f"; and {len(reasons) - most} more, which --json names" if len(reasons) > most else ""
    return f"{len(reasons)}, " + "; ".join(reasons[:most]) + more if reasons else ""


def _tell(made: MadeData, as_json: bool) -> None:
    if as_json:
        console.print_json({**vars(made), "path": str(made.path)})
    else:
        console.tell(f"{made.path}: {made.clips} clips, {made.frames} frames")
