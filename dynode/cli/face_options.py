"""What the commands that cut faces out share: who finds them, and with what file."""

from __future__ import annotations

from pathlib import Path

import click

FACE_DETECTOR = click.option(
    "--face-detector", metavar="NAME", help="Finds the face to cut out; see 'dynode plugins'."
)
FACE_MODEL = click.option(
    "--face-model",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File for the face detector; alone, for the one that reads a file.",
)
