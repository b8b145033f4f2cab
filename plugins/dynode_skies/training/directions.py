"""Write the ready directions of landscapes: the world's own axes, which no method had to find."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dynode.direction import DirectionInfo, LinearDirection
from dynode.generator import Generator, load_generator
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode_skies.factors import FACTOR_STD, factor_index
from dynode_skies.w_space import CODE_SPACE
from dynode_worlds.training.library import Ready, choose_ready

LIBRARY: tuple[Ready, ...] = (
    Ready("autumn", "season"),
    Ready("aurora", "aurora"),
    Ready("clouds", "cloud_cover"),
    Ready("drift", "cloud_drift"),
    Ready("forest", "trees"),
    Ready("haze", "haze"),
    Ready("lake", "water"),
    Ready("mountains", "ridge_height"),
    Ready("night", "night"),
    Ready("snow", "snow"),
    Ready("sunset", "sun_height", is_lowering=True),
)


@dataclass(frozen=True)
class DirectionsRecipe:
    """Options of `write_library`; the defaults made the bundled directions."""

    only: tuple[str, ...] = option((), help="Names of the directions, by commas; all if absent.")


def write_library(
    output: Path,
    recipe: DirectionsRecipe,
    *,
    generator: Generator | None = None,
    progress: Progress = silent,
) -> None:
    """Write the ready directions, one file each; those that are there are left alone.

    Args:
        output: Folder of the files.
        recipe: What to do.
        generator: A generator of skies; None for the bundled one.
        progress: Called after every direction.

    Raises:
        UsageError: The recipe names a direction that is none of the library.
    """
    wanted = choose_ready(LIBRARY, recipe.only)
    loaded = generator if generator is not None else load_generator("skies-128")
    output.mkdir(parents=True, exist_ok=True)
    for index, ready in enumerate(wanted):
        path = output / f"{ready.name}.safetensors"
        if not path.exists():
            axis(ready, loaded).save(path)
        progress(index + 1, len(wanted), ready.name)


def axis(ready: Ready, generator: Generator) -> LinearDirection:
    """Return the step of the code that moves one factor by its deviation over the population."""
    step = CODE_SPACE.basis(generator.info.w_dim)[:, factor_index(ready.factor)] * FACTOR_STD
    info = DirectionInfo(
        name=ready.name,
        method="planted",
        options={"factor": ready.factor},
        fingerprint=generator.info.fingerprint,
        generator="skies-128",
        licence="Apache-2.0",
        unit=f"one standard deviation of {ready.factor}, {'downwards' if ready.is_lowering else 'upwards'}",
        source="dynode skies train directions, the axes of the world's code space",
    )
    return LinearDirection((-step if ready.is_lowering else step).float(), info=info)
