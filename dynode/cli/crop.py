"""`dynode crop`: faces out of photographs, and back."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console, face_options

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def crop() -> None:
    """Cut faces out of photographs as FFHQ does, and put edited ones back."""


@crop.command()
@click.argument("photo", type=_FILE)
@click.option("--landmarks", type=_FILE, help="5 or 68 points of the face (.json, .npy or text).")
@face_options.FACE_DETECTOR
@face_options.FACE_MODEL
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
    landmarks: Path | None,
    face_detector: str | None,
    face_model: Path | None,
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

    target = output or Path(f"{photo.stem}.face.png")
    beside = align_file(
        photo,
        target,
        landmarks=landmarks,
        face_detector=face_detector,
        face_model=face_model,
        size_px=size_px,
        force=force,
    )
    if as_json:
        console.print_json({"output": str(target), "crop": str(beside)})
    else:
        click.echo(str(target))


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
    type=click.FloatRange(0, 0.5),
    default=0.15,
    show_default=True,
    help="Width of the soft edge, as a part of the crop's side.",
)
@console.output_option("Image to write [default: NAME.edited.png].")
@console.FORCE
def paste(
    photo: Path,
    edited: Path,
    frame: Path,
    original: Path | None,
    feather: float,
    output: Path | None,
    force: bool,
) -> None:
    r"""Put an edited crop back into its photograph; nothing outside of the crop changes.

    \b
    Try:     dynode crop paste photo.jpg edited.png --crop face.crop.json -o result.png
    Python:  dynode.crop.paste_face(photo, edited, frame)
    """
    from dynode.pipeline.aligning import paste_file

    target = output or Path(f"{photo.stem}.edited.png")
    paste_file(photo, edited, target, crop=frame, original=original, feather=feather, force=force)
    click.echo(str(target))
