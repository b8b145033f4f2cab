"""`dynode invert`: the codes of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import console
from dynode.cli.inverting_options import takes_inverter
from dynode.cli.method_options import MethodCommand, click_options, split_method_options
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.generator import Generator
    from dynode.pipeline.inverted import Inversion


class InvertCommand(MethodCommand):
    """Takes the options of the inverter that `--inverter` names."""

    option_name = "--inverter"

    def method_flags(self, name: str) -> list[click.Parameter]:
        """Make the flags of the inverter's options."""
        from dynode.plugins import registry

        return click_options(registry().inverters[name].options)


@click.command(cls=InvertCommand)
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--preview",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the first pictures beside what their codes draw, into this image.",
)
@takes_inverter
@console.output_option("Latents to write [default: NAME.latents.safetensors].")
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.FORCE
@console.JSON
def invert(
    source: Path,
    preview: Path | None,
    inverting: dict[str, Any],
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
    import dynode

    target = output or Path(f"{source.stem}.latents.safetensors")
    _check_targets(target, preview, force=force)
    options = _own_options(inverting.pop("inverter_options"), split_method_options(method_options))
    with console.progress_bar("inverting") as progress:
        drawing = dynode.load_generator(generator, device=device)
        _check_motion(drawing, source, target, force=force)
        found = dynode.invert(source, drawing, seed=seed, progress=progress, **inverting, **options)
    found.save(target, force=force)
    if preview:
        from dynode.pipeline.previews import write_preview

        write_preview(source, found, drawing, preview)
    _tell(found, target, preview, as_json=as_json)


def _check_targets(target: Path, preview: Path | None, *, force: bool) -> None:
    from dynode import files
    from dynode.media.images import check_image_name

    files.check_free(target, force=force)
    if preview:
        check_image_name(preview)
        files.check_free(preview, force=force)


def _check_motion(generator: Generator, source: Path, target: Path, *, force: bool) -> None:
    """Refuse where a motion would be written over, before it is found."""
    from dynode import files
    from dynode.pipeline.inverted import finds_motion, motion_path

    if finds_motion(generator, source):
        files.check_free(motion_path(target), force=force)


def _own_options(named: dict[str, str], flags: dict[str, Any]) -> dict[str, Any]:
    """Join the inverter's options, which are flags of this command and `--inverter-option` too."""
    for name in named.keys() & flags.keys():
        raise OptionError(
            f"--{name.replace('_', '-')} and --inverter-option {name}=… are both given; leave one out"
        )
    return named | flags


def _tell(found: Inversion, target: Path, preview: Path | None, *, as_json: bool) -> None:
    from dynode.pipeline.inverted import motion_path

    for reason in found.failures.values():
        console.say(f"failed: {reason}")
    if as_json:
        console.print_json(
            {
                "output": str(target),
                "preview": str(preview) if preview else None,
                "motion": str(motion_path(target)) if found.motion else None,
                "pictures": list(found.names),
                "failures": dict(found.failures),
            }
        )
    else:
        console.tell(str(target))
        if found.motion:
            console.tell(str(motion_path(target)))
        if preview:
            console.tell(str(preview))
    if found.failures:
        console.say(f"{len(found.failures)} failed, {len(found.names)} inverted")
        raise SystemExit(1)
