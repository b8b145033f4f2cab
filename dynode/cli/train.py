"""`dynode train`: fit the models that dynode uses to your own data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode.cli.clip_options import CHECK, say_trajectory
from dynode.cli.method_options import click_options, split_method_options
from dynode.dynamics.settings import FitOptions
from dynode.options import build_options


@click.group()
def train() -> None:
    """Fit models to your own data."""


class _OdeCommand(click.Command):
    """Takes the options of a fit as flags."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        own = super().get_params(ctx)
        return [*own[:1], *click_options(FitOptions), *own[1:]]


@train.command(cls=_OdeCommand)
@click.argument("latents", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--times", type=click.Path(path_type=Path), help="Frame times, one a line; else 0, 1, 2, …"
)
@CHECK
@console.SEED
@console.output_option("Trajectory to write [default: NAME.trajectory.safetensors].")
@console.FORCE
@console.JSON
def ode(
    latents: Path,
    times: Path | None,
    check: bool,
    seed: int,
    output: Path | None,
    force: bool,
    as_json: bool,
    **fit_options: Any,  # the fields of FitOptions
) -> None:
    """Fit a trajectory to the codes of a clip, and say how good it is.

    LATENTS is a latents file, or an array (frames, layers, width) as .npy, .npz, .pt or .pth.

    \b
    Try:     dynode train ode codes.npz -o clip.trajectory.safetensors
    Python:  dynode.fit_trajectory(latents).save("clip.trajectory.safetensors")
    """
    from dynode import files

    options = build_options(FitOptions, split_method_options(fit_options), owner="train ode")
    target = output or Path(latents.stem + ".trajectory.safetensors")
    files.check_free(target, force=force)

    from dynode.dynamics.report import measure, timed_fit
    from dynode.pipeline.codes import read_codes, read_times

    codes = read_codes(latents)
    when = read_times(times) if times else None
    with console.progress_bar("fitting") as progress:
        fitted, seconds = timed_fit(codes, when, options=options, seed=seed, progress=progress)
        fitted.save(target)
        report = measure(fitted, fit_s=seconds, check=check, seed=seed, progress=progress)
    if as_json:
        console.print_json({"output": str(target), "seed": seed} | report.document())
    else:
        say_trajectory(report)
        click.echo(str(target))
