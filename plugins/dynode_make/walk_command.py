"""`dynode walk`: a clip that wanders between seeds, codes or pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dynode.cli import completing, console
from dynode_make.point_options import takes_points
from dynode_make.walk_options import WALK_NOISE, WALK_PATHS, WALK_SPACES

if TYPE_CHECKING:
    from dynode_make.grids import WalkGrid
    from dynode_make.walks import Walk


@click.command()
@click.argument("points", nargs=-1, required=True, metavar="POINTS...")
@click.option(
    "--loop", is_flag=True, help="Go back to the first point, so that the clip can be repeated."
)
@click.option("--seconds", type=console.FINITE, help="Length [default: 2 for each leg].")
@click.option(
    "--fps", type=console.FINITE, default=30.0, show_default=True, help="Frames a second."
)
@click.option(
    "--space",
    type=click.Choice(WALK_SPACES),
    default="w",
    show_default=True,
    help="w: the codes as they are; z: great circles between the normal vectors of seeds.",
)
@click.option(
    "--path",
    type=click.Choice(WALK_PATHS),
    default="straight",
    show_default=True,
    help="Straight from point to point, a smooth curve through them, or smooth noise in their span.",
)
@click.option(
    "--noise",
    type=click.Choice(WALK_NOISE),
    default="const",
    show_default=True,
    help="Noise of the generator: as stored, flowing in a loop of about 4 seconds, or none.",
)
@click.option(
    "--grid", metavar="ROWSxCOLUMNS", help="Several walks side by side; the points are dealt out."
)
@click.option("--even", is_flag=True, help="Constant speed as seen, by a picture distance.")
@click.option(
    "--direction",
    "directions",
    multiple=True,
    metavar="FILE|NAME[:STRENGTH]",
    shell_complete=completing.directions,
    help="Direction laid over it; may be given several times.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    metavar="NAME=TIME:FACTOR,…",
    help="Strength of a direction over time, such as smile=0:0,2:1.5,4:0, or of truncation.",
)
@click.option(
    "--sound",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Sound that the walk follows and the clip gets; it says the length.",
)
@click.option(
    "--follow",
    "follow",
    multiple=True,
    metavar="NAME=TRAIT",
    help="What a direction, step or truncation follows: loudness, onsets, bass, middle or treble "
    "[default: directions the onsets, step the loudness].",
)
@takes_points
@console.output_option("Clip to write, .mp4, .gif or .webp, or a folder [default: walk.mp4].")
@console.FORCE
@console.JSON
def walk(output: Path | None, force: bool, as_json: bool, **asked: Any) -> None:
    r"""Make a clip that wanders between POINTS: seeds, files of codes or pictures, in order, or one score.

    \b
    Try:     dynode walk 0-3 --loop --even -o walk.mp4
    Python:  dynode_make.walk("0-3", loop=True, seconds=1, fps=8).save("walk.mp4")
    """
    import dynode_make
    from dynode import files
    from dynode.pipeline import check_frames_name
    from dynode_make.grids import parse_grid
    from dynode_make.keyed import parse_key
    from dynode_make.sounding import parse_follow

    target = output or Path("walk.mp4")
    check_frames_name(target)
    files.check_free(target, force=force)
    keys = {name: keyed.keys for name, keyed in map(parse_key, asked.pop("keys"))}
    opening = asked.pop("opening")
    asked["follow"] = dict(map(parse_follow, asked["follow"])) or None
    rows_columns = parse_grid(asked.pop("grid"))
    with console.progress_bar("walking") as progress:
        asked |= {"keys": keys, "progress": progress, **opening}
        if rows_columns is None:
            made: Walk | WalkGrid = dynode_make.walk(asked.pop("points"), **asked)
        else:
            made = dynode_make.walk_grid(asked.pop("points"), *rows_columns, **asked)
        written = made.save(target, progress=progress)
    if not as_json:
        console.tell(str(target))
        return
    told = {"output": str(target), "frames": written.frames, "fps": made.fps}
    told |= {"points": list(made.names), "generator": made.generator.info.name}
    console.print_json(told)
