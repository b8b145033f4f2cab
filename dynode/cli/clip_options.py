"""What the commands on clips share: options of the inverter and of the fit, and their report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dynode.cli import console
from dynode.dynamics.modes import MODES
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.dynamics.report import TrajectoryReport
    from dynode.dynamics.settings import FitOptions
    from dynode.pipeline.video import ClipResult

INVERTER_OPTIONS = click.option(
    "--inverter-option",
    "inverter_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Option of the inverter, for example steps=20; may be given several times.",
)
SMOOTHING = click.option(
    "--smoothing",
    type=click.Choice(["none", "auto"]),
    default="none",
    show_default=True,
    help="auto takes the codes of the frames for noisy and steadies a jittery clip.",
)
MODE = click.option(
    "--mode",
    type=click.Choice(MODES),
    default="transport",
    show_default=True,
    help="How the edit of a clip's first frame is carried to the others.",
)
LANDMARKS = click.option(
    "--landmarks",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Points of the face in a clip, one list or one a frame (.json, .npy), to cut it out.",
)
CHECK = click.option(
    "--check/--no-check",
    default=True,
    help="Measure frames that are left out, by a second fit.",
)


def parse_inverter_options(given: Sequence[str]) -> dict[str, str]:
    """Read `NAME=VALUE` pairs.

    Raises:
        OptionError: One of them is none.
    """
    parsed = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise OptionError(
                f"--inverter-option is {text!r}; expected NAME=VALUE such as steps=20"
            )
        parsed[name.replace("-", "_")] = value
    return parsed


def fit_options(smoothing: str) -> FitOptions:
    """Return the options of a fit for a clip."""
    from dynode.dynamics.settings import FitOptions

    return FitOptions(smoothing=smoothing)


def say_trajectory(report: TrajectoryReport) -> None:
    """Tell how good a fit is on stderr: a line on its frames, one on frames that were left out."""
    console.say(
        f"{report.frames} frames, {report.rank} components; reconstruction error "
        f"{report.observed.mse:.3g} (relative {report.observed.relative:.2%}), "
        f"{report.evaluations} evaluations, {report.fit_s:.1f} s"
    )
    if report.held_out:
        told = ", ".join(f"{how} {error.mse:.3g}" for how, error in report.held_out.items())
        console.say(f"error at {report.held_out_frames} frames that were left out: {told}")


def say_result(result: ClipResult) -> None:
    """Tell a written clip on stderr."""
    say_trajectory(result.report)
    steps = ", ".join(f"{name} {value:.1f} s" for name, value in result.seconds.items())
    console.say(
        f"{result.frames} frames at {result.fps:g} a second; jitter {result.jitter['result']:.4f} "
        f"(source {result.jitter['source']:.4f}); {steps}"
    )
