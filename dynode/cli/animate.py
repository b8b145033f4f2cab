"""`dynode animate`: a still picture in, a clip out."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click

from dynode.cli import completing, console
from dynode.cli.inverting_options import takes_inverter
from dynode.cli.renamed import RenamingCommand
from dynode.errors import OptionError
from dynode.pipeline.easing import EASES

if TYPE_CHECKING:
    from dynode.pipeline.animate import Animation


class AnimateCommand(RenamingCommand):
    """Takes `--strength` by the name it had in 0.1 too."""

    renamed: ClassVar = {"--scale": "--strength"}


@click.command(cls=AnimateCommand)
@click.argument("image", required=False, type=click.Path(path_type=Path))
@click.option(
    "--micromotion",
    "--direction",
    "motion",
    required=True,
    metavar="FILE|NAME[:STRENGTH]",
    shell_complete=completing.directions,
    help="Ready micromotion or any direction ('dynode directions list'), or its file.",
)
@click.option(
    "--strength",
    type=console.FINITE,
    default=1.0,
    show_default=True,
    help="Multiplies it; 1 is the whole micromotion, or strength 1 of any other direction.",
)
@click.option(
    "--frames",
    type=click.IntRange(2, 100_000),
    default=100,
    show_default=True,
    help="Frames of the clip.",
)
@click.option(
    "--fps", type=console.FINITE, default=30.0, show_default=True, help="Frames a second."
)
@click.option(
    "--ease",
    type=click.Choice(list(EASES)),
    default="smooth",
    show_default=True,
    help="How the motion sets off and arrives.",
)
@click.option("--boomerang", is_flag=True, help="There and back, so that the clip can be repeated.")
@takes_inverter
@console.truncation_option(None, "Truncation ψ of a sampled picture; 0.7 if absent.")
@console.GENERATOR
@console.CLASS
@console.DEVICE
@console.SEED
@console.output_option("Clip to write, .mp4, .gif or .webp [default: named after the motion].")
@console.FORCE
@console.JSON
def animate(
    image: Path | None,
    motion: str,
    strength: float,
    frames: int,
    fps: float,
    ease: str,
    boomerang: bool,
    inverting: dict[str, Any],
    truncation: float | None,
    generator: str | None,
    class_index: str | None,
    device: str | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    r"""Make a clip of a still picture, or a sampled one, by a micromotion or any direction.

    IMAGE is an image or a latents file of one picture; without it a picture is sampled.

    \b
    Try:     dynode animate --micromotion smile --seed 3 -o smile.mp4
    Python:  dynode.animate(motion="smile", seed=3).save("smile.mp4")
    """
    import dynode
    from dynode import files
    from dynode.media.video import check_video_suffix
    from dynode.pipeline.applying import refuse_what_does_not_apply
    from dynode.pipeline.library import motion_path, without_motion
    from dynode.pipeline.naming import with_strength
    from dynode.pipeline.source_kinds import source_kind

    refuse_what_does_not_apply("animate", console.typed("seed"), source_kind(image))
    path, own = with_strength(motion, motion_path, option="--micromotion")
    assert isinstance(path, Path)
    target = output or Path(without_motion(path.stem) + ".mp4")
    check_video_suffix(target)
    files.check_free(target, force=force)
    if fps <= 0:
        raise OptionError(f"--fps is {fps:g}; expected a number above 0, such as 30")
    started = time.perf_counter()
    with console.progress_bar("animating") as progress:
        animation = dynode.animate(
            image,
            (path, own),
            strength=strength,
            frames=frames,
            ease=ease,
            boomerang=boomerang,
            generator=generator,
            device=device,
            class_index=class_index,
            truncation=truncation,
            seed=seed,
            force=force,
            progress=progress,
            **inverting,
        )
        count = animation.save(target, fps=fps, progress=progress)
    seconds = round(time.perf_counter() - started, 2)
    facts = {
        "frames": count,
        "fps": fps,
        "strength": animation.strength,
        "seed": seed,
        "seconds": seconds,
    }
    _report(animation, target, facts, as_json=as_json)


def _report(
    animation: Animation, target: Path, facts: Mapping[str, float], *, as_json: bool
) -> None:
    changes = {name: round(change, 3) for name, change in animation.changes().items()}
    if as_json:
        document = {
            "output": str(target),
            "motion": animation.motion.info.name,
            "generator": animation.generator.info.name,
            **facts,
            "changes_in_standard_deviations": changes,
        }
        console.print_json(document)
        return
    most = sorted(changes.items(), key=lambda pair: -abs(pair[1]))[:3]
    told = ", ".join(f"{name.replace('_', ' ')} {change:+.1f}" for name, change in most)
    console.say(
        f"{facts['frames']} frames at {facts['fps']:g} a second; moved most: "
        f"{told or 'not measured'}; {facts['seconds']} s"
    )
    console.tell(str(target))
