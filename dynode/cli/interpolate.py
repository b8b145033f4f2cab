"""`dynode interpolate`: a clip at another frame rate, or at any times."""

from __future__ import annotations

from pathlib import Path

import click

from dynode.cli import console
from dynode.cli.clip_options import (
    CHECK,
    INVERTER_OPTIONS,
    LANDMARKS,
    SMOOTHING,
    fit_options,
    parse_inverter_options,
    say_result,
)
from dynode.cli.face_options import FACE_DETECTOR, FACE_MODEL


@click.command()
@click.argument("clip", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--fps", type=float, help="Frames a second.")
@click.option("--factor", type=int, help="Frames for each interval between two frames.")
@click.option(
    "--times", type=click.Path(path_type=Path), help="File of times in seconds, one a line."
)
@click.option(
    "--inverter", metavar="NAME", help="Inverter of the frames; chosen by domain if absent."
)
@INVERTER_OPTIONS
@SMOOTHING
@LANDMARKS
@FACE_DETECTOR
@FACE_MODEL
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
    inverter: str | None,
    inverter_options: tuple[str, ...],
    smoothing: str,
    landmarks: Path | None,
    face_detector: str | None,
    face_model: Path | None,
    check: bool,
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
    Python:  trajectory.rollout(times).latents
    """
    from dynode import files
    from dynode.media.video import check_video_suffix

    target = output or Path(clip.stem + "-interpolated.mp4")
    check_video_suffix(target)
    files.check_free(target, force=force)
    chosen = parse_inverter_options(inverter_options)

    from dynode.generator.loading import load_generator
    from dynode.media.clip import open_clip
    from dynode.pipeline import interpolate as steps
    from dynode.pipeline.codes import read_times
    from dynode.pipeline.video import fit_clip

    when = read_times(times) if times else None
    steps.wanted_times(open_clip(clip), fps=fps, factor=factor, times=when)
    with console.progress_bar("interpolating") as progress:
        loaded = load_generator(generator, device=device)
        fitted = fit_clip(
            clip,
            loaded,
            inverter=inverter,
            inverter_options=chosen,
            options=fit_options(smoothing),
            landmarks=landmarks,
            face_detector=face_detector,
            face_model=face_model,
            check=check,
            seed=seed,
            progress=progress,
        )
        result = steps.interpolate_clip(
            fitted, loaded, target, fps=fps, factor=factor, times=when, progress=progress
        )
    if as_json:
        console.print_json({"output": str(target), "seed": seed} | result.document())
    else:
        say_result(result)
        click.echo(str(target))
