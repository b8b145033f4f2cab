"""Stops of a walk as a score: what was on the table at each, for `dynode walk`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from dynode.errors import UsageError
from dynode.pipeline import Score, file_stems
from dynode_studio.state import Slider, State
from dynode_studio.telling import inverter_flags

STEP_S = 2.0
"""From one stop to the next."""
SCORE, CLIP = "score.json", "walk.mp4"
_TRUNCATION = 0.7  # of `dynode walk`


def score_of(stops: Sequence[State], step: float = STEP_S) -> Score:
    """Say when a walk is at which stop, and how strong every direction is there.

    Files that were opened, and directions that are no ready ones, are named by their files; they have to
    lie where the command runs.

    Args:
        stops: What was on the table, in order.
        step: Seconds from one to the next.

    Raises:
        UsageError: There is only one, or a stop has what no score says.
    """
    if len(stops) < 2:
        raise UsageError(f"a walk goes through at least 2 stops, and {len(stops)} is set")
    alike = {(stop.source.truncation, stop.source.class_index) for stop in stops if _is_seed(stop)}
    if len(alike) > 1:
        raise UsageError(
            "the samples of a walk have one truncation and one class; these have several"
        )
    pictures = [inverter_flags(stop.source) for stop in stops if stop.source.kind == "picture"]
    if any(flags != pictures[0] for flags in pictures):
        raise UsageError(
            "the pictures of a walk are inverted in one way; these were in several: save their codes, and "
            "open those"
        )
    names = dict.fromkeys(_named(slider) for stop in stops for slider in stop.active)
    strengths = [{_named(slider): slider.strength for slider in stop.active} for stop in stops]
    times = [step * number for number in range(len(stops))]
    points = tuple((time, _point(stop)) for time, stop in zip(times, stops, strict=True))
    keys = {
        name: tuple((t, found.get(name, 0.0)) for t, found in zip(times, strengths, strict=True))
        for name in names
    }
    return Score(points, keys)


def walk_command(stops: Sequence[State], generator: str | None = None) -> str:
    """Write the command that draws the walk of a score."""
    parts = ["dynode", "walk", SCORE, "-o", CLIP]
    sample = next((stop.source for stop in stops if _is_seed(stop)), None)
    if sample is not None and sample.truncation != _TRUNCATION:
        parts += ["--truncation", repr(sample.truncation)]
    if sample is not None and sample.class_index is not None:
        parts += ["--class", str(sample.class_index)]
    picture = next((stop.source for stop in stops if stop.source.kind == "picture"), None)
    parts += [] if picture is None else inverter_flags(picture)
    return shlex.join([*parts, *(["--generator", generator] if generator else [])])


def _is_seed(stop: State) -> bool:
    return stop.source.kind == "seed"


def _point(stop: State) -> str:
    source = stop.source
    if source.kind == "clip":
        raise UsageError("a walk goes through pictures and codes; a clip is no stop of it")
    return str(source.seed) if source.kind == "seed" else source.name or "codes.safetensors"


def _named(slider: Slider) -> str:
    if slider.rows:
        raise UsageError(
            f"{slider.name} moves some layers only, which a score cannot say; take all layers, or limit the "
            f"direction with 'dynode directions limit'"
        )
    is_ready = not slider.file and slider.recipe is None
    return slider.name if is_ready else f"{file_stems([slider.name])[0]}.safetensors"
