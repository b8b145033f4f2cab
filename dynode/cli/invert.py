"""`dynode invert`: the codes of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console, face_options
from dynode.cli.method_options import MethodCommand, click_options, split_method_options

if TYPE_CHECKING:
    from dynode.generator.protocol import Generator
    from dynode.pipeline.invert import Inversion
    from dynode.plugins.methods import Progress


class InvertCommand(MethodCommand):
    """Takes the options of the inverter that `--inverter` names."""

    option_name = "--inverter"

    def method_flags(self, name: str, taken: set[str]) -> list[click.Parameter]:
        """Make the flags of the inverter's options."""
        from dynode.plugins import registry

        return click_options(registry().inverters[name].options, taken)


@click.command(cls=InvertCommand)
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--inverter", metavar="NAME", help="How; that of the generator's domain if absent.")
@click.option(
    "--preview",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the first pictures beside what their codes draw, into this image.",
)
@click.option(
    "--landmarks",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Points of the face (.json, .npy or text), to cut it out as FFHQ does.",
)
@face_options.FACE_DETECTOR
@face_options.FACE_MODEL
@console.output_option("Latents to write [default: NAME.latents.safetensors].")
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.FORCE
@console.JSON
def invert(
    source: Path,
    inverter: str | None,
    preview: Path | None,
    landmarks: Path | None,
    face_detector: str | None,
    face_model: Path | None,
    output: Path | None,
    generator: str | None,
    device: str | None,
    seed: int,
    force: bool,
    as_json: bool,
    **method_options: Any,  # the options of the inverter, see InvertCommand
) -> None:
    r"""Find the codes that draw a picture, the pictures of a folder, or the frames of a clip.

    What is found is kept as it is found: a second call, also after a crash, does only what is
    missing. Pictures that cannot be used are listed, and the exit code is then 1.

    \b
    Try:     dynode invert photos --inverter e4e -o latents.safetensors --preview preview.png
    Python:  dynode.invert("photos", inverter="e4e").latents.save("latents.safetensors")
    """
    from dynode import files
    from dynode.media.images import check_image_name

    target = output or Path(f"{source.stem}.latents.safetensors")
    files.check_free(target, force=force)
    if preview:
        check_image_name(preview)
        files.check_free(preview, force=force)

    from dynode.generator.loading import load_generator
    from dynode.pipeline.invert import invert as find_codes

    with console.progress_bar("inverting") as progress:
        loaded = load_generator(generator, device=device)
        where = {"landmarks": landmarks, "face_detector": face_detector, "face_model": face_model}
        cut = _faces(source, loaded, where, progress)
        found = find_codes(
            source,
            loaded,
            inverter=inverter,
            seed=seed,
            progress=progress,
            **cut,
            **split_method_options(method_options),
        )
    found.save(target, fingerprint=loaded.info.fingerprint)
    if preview:
        from dynode.pipeline.previews import write_preview

        write_preview(source, found, loaded, preview, **cut)
    _tell(found, target, preview, as_json=as_json)


def _faces(
    source: Path, generator: Generator, where: dict[str, Any], progress: Progress
) -> dict[str, Any]:
    """Make what cuts faces out of photographs, or find them in the frames of a clip, if asked to."""
    from dynode.media.kind import is_clip

    if not is_clip(source):
        from dynode.pipeline.aligning import aligner

        is_asked = any(value is not None for value in where.values())
        return {"align": aligner(generator.info.resolution[0], **where)} if is_asked else {}
    from dynode.media.clip import open_clip
    from dynode.pipeline.faces import faces_for

    return {"faces": faces_for(open_clip(source), generator, **where, progress=progress)}


def _tell(found: Inversion, target: Path, preview: Path | None, *, as_json: bool) -> None:
    for reason in found.failures.values():
        console.say(f"failed: {reason}")
    if as_json:
        console.print_json(
            {
                "output": str(target),
                "preview": str(preview) if preview else None,
                "pictures": list(found.names),
                "failures": dict(found.failures),
            }
        )
    else:
        click.echo(str(target))
        if preview:
            click.echo(str(preview))
    if found.failures:
        console.say(f"{len(found.failures)} failed, {len(found.names)} inverted")
        raise SystemExit(1)
