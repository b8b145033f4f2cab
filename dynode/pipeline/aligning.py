"""Cut faces out of photographs on the way into an inverter, and put edited ones back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PIL import Image

from dynode import files
from dynode.crop import FaceFrame, crop_face, frame_of, paste_into
from dynode.crop.conventions import FFHQ, convention_of
from dynode.generator.protocol import Generator
from dynode.media.images import check_image_name, read_image, write_image
from dynode.media.stored import read_stored
from dynode.media.writing_back import write_stored
from dynode.pipeline.choosing import ReadyInverter
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.settling import settled

Align = Callable[[Image.Image, Path], Image.Image]
"""Cuts what the generator draws out of a photograph, given with its path."""


def aligner(generator: Generator, ready: ReadyInverter, faces: FaceSource) -> Align:
    """Make the step that cuts the face out of a photograph, for the `align` of `dynode.invert`.

    Args:
        generator: What will draw the face; it says how it wants faces cut out.
        ready: What will invert them.
        faces: Where they are.
    """
    find = faces.finder()
    convention = convention_of(generator.info.crop) or FFHQ

    def align(photo: Image.Image, path: Path) -> Image.Image:
        frame = frame_of(find(photo, path.name), convention)
        if faces.is_detected:
            (frame,) = settled(photo, [frame], 0, generator, ready)
        return crop_face(photo, frame, generator.info.resolution[0])

    return align


def align_file(
    source: Path,
    output: Path,
    faces: FaceSource,
    *,
    size_px: int = 1024,
    force: bool = False,
) -> Path:
    """Cut the face out of a photograph into a file, and write where it was beside it.

    Args:
        source: The photograph.
        output: Image to write.
        faces: Where the face is.
        size_px: Side of the crop.
        force: Replace outputs that exist.

    Returns:
        The description of the crop, for `paste_file`.
    """
    beside = output.with_suffix(".crop.json")
    check_image_name(output)
    for path in (output, beside):
        files.check_free(path, force=force)
    photo = read_image(source)
    frame = frame_of(faces.finder()(photo, source.name))
    write_image(crop_face(photo, frame, size_px), output)
    frame.save(beside)
    return beside


def paste_file(
    source: Path,
    edited: Path,
    output: Path,
    *,
    crop: Path,
    original: Path | None = None,
    feather: float = 0.15,
    force: bool = False,
) -> None:
    """Put an edited crop back into its photograph.

    Args:
        source: The photograph.
        edited: The edited crop.
        output: Image to write.
        crop: What `align_file` wrote beside the crop.
        original: The crop before the edit, to paste only the difference.
        feather: Width of the soft edge, as a part of the crop's side.
        force: Replace an output that exists.
    """
    check_image_name(output)
    files.check_free(output, force=force)
    before = read_image(original) if original is not None else None
    frame = FaceFrame.load(crop)
    pasted = paste_into(
        read_stored(source), read_image(edited), frame, original=before, feather=feather
    )
    write_stored(pasted, output)
