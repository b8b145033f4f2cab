"""What the commands on clips share: options of the fit, and their report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dynode.cli import console
from dynode.dynamics.modes import MODES

if TYPE_CHECKING:
    from dynode.dynamics.report import TrajectoryReport
    from dynode.dynamics.settings import FitOptions
    from dynode.pipeline.clips import ClipResult

SMOOTHING = click.option(
    "--smoothing",
    type=click.Choice(["none", "auto"]),
    show_default="none",
    help="auto takes the codes of the frames for noisy and steadies a jittery clip.",
)
MODE = click.option(
    "--mode",
    type=click.Choice(MODES),
    show_default="transport",
    help="How the edit of a clip's first frame is carried to the others.",
)
CHECK = click.option(
    "--check/--no-check",
    default=None,
    show_default="check",
    help="Measure frames that are left out, by a second fit.",
)


def fit_options(smoothing: str | None) -> FitOptions | None:
    """Return the options of a fit for a clip, if any were given."""
    if smoothing is None:
        return None
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
