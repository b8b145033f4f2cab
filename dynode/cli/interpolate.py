"""`dynode interpolate`: a clip at another frame rate, or at any times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode.cli.clip_options import CHECK, SMOOTHING, fit_options, say_result
from dynode.cli.inverting_options import takes_inverter


@click.command()
@click.argument("clip", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--fps", type=float, help="Frames a second.")
@click.option("--factor", type=int, help="Frames for each interval between two frames.")
@click.option(
    "--times", type=click.Path(path_type=Path), help="File of times in seconds, one a line."
)
@takes_inverter
@SMOOTHING
@CHECK
@console.GENERATOR
@console.DEVICE
@console.SEED
@console.output_option("Video to write [default: CLIP-interpolated.mp4].")
@console.FORCE
@console.JSON
def interpolate(
    clip: Path,
    fps: float | None,
    factor: int | None,
    times: Path | None,
    inverting: dict[str, Any],
    smoothing: str | None,
    check: bool | None,
    generator: str | None,
    device: str | None,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draw a clip at another frame rate, or at any times, with its sound.

    The frames are inverted, one trajectory is fitted to their codes, and the generator draws it.

    \b
    Try:     dynode interpolate clip.mp4 --fps 60 -o smooth.mp4
    Python:  dynode.interpolate("clip.mp4", fps=60).save("smooth.mp4")
    """
    import dynode
    from dynode import files
    from dynode.media.video import check_video_suffix

    target = output or Path(clip.stem + "-interpolated.mp4")
    check_video_suffix(target)
    files.check_free(target, force=force)
    with console.progress_bar("interpolating") as progress:
        interpolation = dynode.interpolate(
            clip,
            fps=fps,
            factor=factor,
            times=times,
            generator=generator,
            device=device,
            fit=fit_options(smoothing),
            check=check is not False,
            seed=seed,
            progress=progress,
            **inverting,
        )
        result = interpolation.save(target, progress=progress)
    if as_json:
        console.print_json({"output": str(target), "seed": seed} | result.document())
    else:
        say_result(result)
        console.tell(str(target))
