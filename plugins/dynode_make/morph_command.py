"""`dynode morph`: from one picture to another, as a strip or a clip."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dynode.cli import console
from dynode_make.point_options import takes_points


@click.command()
@click.argument("first", metavar="FIRST")
@click.argument("second", metavar="SECOND")
@click.option(
    "--frames", type=int, help="How many, both ends included [default: 9 in a strip, 61 in a clip]."
)
@click.option("--fps", type=console.FINITE, help="Frames a second of a clip [default: 30].")
@click.option("--even", is_flag=True, help="Constant speed as seen, by a picture distance.")
@click.option("--shortest", is_flag=True, help="Take the shortest way, by a picture distance.")
@click.option(
    "--motion",
    metavar="FILE|NAME[:STRENGTH]",
    help="Motion whose pace and bend the way takes; straight if absent.",
)
@takes_points
@console.output_option(
    "Strip (.png, .jpg) or clip (.mp4, .gif, .webp, a folder) [default: morph.png]."
)
@console.FORCE
@console.JSON
def morph(
    frames: int | None,
    fps: float | None,
    opening: dict[str, Any],
    output: Path | None,
    force: bool,
    as_json: bool,
    **asked: Any,  # what stands above besides, by the names of `dynode_make.morph`
) -> None:
    r"""Go from FIRST to SECOND: each is a seed, a picture or a file of one code.

    \b
    Try:     dynode morph 3 7 --even -o morph.mp4
    Strip:   dynode morph face.png 7 --frames 9 -o morph.png
    Python:  dynode_make.morph(3, 7, frames=5).save("morph.png")
    """
    import dynode_make
    from dynode import files
    from dynode.errors import OptionError
    from dynode_make.morphs import check_morph_name, default_frames, is_strip

    target = output or Path("morph.png")
    check_morph_name(target)
    if fps is not None and is_strip(target):
        raise OptionError(f"--fps is for clips, and {target.name} is a picture; leave it out")
    files.check_free(target, force=force)
    count = default_frames(target) if frames is None else frames
    with console.progress_bar("morphing") as progress:
        made = dynode_make.morph(frames=count, progress=progress, **asked, **opening)
        made.save(target, fps=30.0 if fps is None else fps, progress=progress)
    told = {"output": str(target), "frames": len(made), "points": list(made.names)}
    way = made.shortest
    if not as_json:
        bent = (
            "" if way is None else f"; as seen {way.length:.3g} long, straight {way.straight:.3g}"
        )
        console.tell(f"{target}{bent}")
        return
    told |= {} if way is None else {"length": way.length, "straight_length": way.straight}
    console.print_json(told | {"generator": made.generator.info.name})
