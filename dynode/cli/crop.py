"""`dynode crop`: faces out of photographs, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynode.cli import console
from dynode.cli.inverting_options import takes_faces

if TYPE_CHECKING:
    from dynode.pipeline.face_source import FaceSource

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def crop() -> None:
    """Cut faces out of photographs as FFHQ does, and put edited ones back."""


@crop.command()
@click.argument("photo", type=_FILE)
@takes_faces
@click.option(
    "--size-px",
    type=click.IntRange(16, 4096),
    default=1024,
    show_default=True,
    help="Side of the crop in pixels.",
)
@console.output_option("Image to write [default: NAME.face.png].")
@console.FORCE
@console.JSON
def align(
    photo: Path,
    faces: FaceSource | None,
    size_px: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Cut the face out of a photograph, upright; where it was is written beside it.

    \b
    Try:     dynode crop align photo.jpg --landmarks points.json -o face.png
    Python:  dynode.crop.crop_face(photo, dynode.crop.frame_of(landmarks), 1024)
    """
    from dynode.pipeline.aligning import align_file
    from dynode.pipeline.face_source import FaceSource

    target = output or Path(f"{photo.stem}.face.png")
    source = faces or FaceSource()  # which says what is missing
    beside = align_file(photo, target, source, size_px=size_px, force=force)
    if as_json:
        console.print_json({"output": str(target), "crop": str(beside)})
    else:
        console.tell(str(target))


@crop.command()
@click.argument("photo", type=_FILE)
@click.argument("edited", type=_FILE)
@click.option("--crop", "frame", type=_FILE, required=True, help="The .crop.json beside the crop.")
@click.option(
    "--original",
    type=_FILE,
    help="The crop before the edit: only the difference is pasted, finer detail stays.",
)
@click.option(
    "--feather",
    type=console.FiniteRange(0, 0.5),
    default=0.15,
    show_default=True,
    help="Width of the soft edge, as a part of the crop's side.",
)
@console.output_option("Image to write [default: NAME.edited.png].")
@console.FORCE
@console.JSON
def paste(
    photo: Path,
    edited: Path,
    frame: Path,
    original: Path | None,
    feather: float,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Put an edited crop back into its photograph; nothing outside of the crop changes.

    Transparency, colour profile, 16 bits and EXIF stay; what the output cannot hold is named. JPEG
    compresses again: write .png, .tif or .webp to keep every number.

    \b
    Try:     dynode crop paste photo.jpg edited.png --crop face.crop.json -o result.png
    Python:  dynode.crop.paste_face(photo, edited, frame)
    """
    from dynode.pipeline.aligning import paste_file

    target = output or Path(f"{photo.stem}.edited.png")
    paste_file(photo, edited, target, crop=frame, original=original, feather=feather, force=force)
    if as_json:
        console.print_json({"output": str(target)})
    else:
        console.tell(str(target))
