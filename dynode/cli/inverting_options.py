"""What the commands that invert share: the inverter, its options, and where the faces are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dynode.cli import completing
from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.pipeline.face_source import FaceSource

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, dir_okay=False)
_INVERTER = click.option(
    "--inverter",
    metavar="NAME",
    shell_complete=completing.inverters,
    help="How pictures are inverted; by the generator's domain if absent.",
)
_INVERTER_OPTIONS = click.option(
    "--inverter-option",
    "inverter_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="Option of the inverter, for example steps=20; may be given several times.",
)
_FACES = (
    click.option(
        "--landmarks",
        type=_FILE,
        help="Points of the face, 5 or 68, to cut it out (.json, .npy or text); of a clip one list, or "
        "one a frame.",
    ),
    click.option(
        "--face-detector",
        metavar="NAME",
        shell_complete=completing.detectors,
        help="Finds the face to cut out; see 'dynode plugins'.",
    ),
    click.option(
        "--face-model",
        type=_FILE,
        help="File for the face detector; alone, for the one that reads a file.",
    ),
    click.option(
        "--face-number",
        "face",
        type=click.IntRange(min=1),
        help="Which of several faces, counted from the left [default: the largest].",
    ),
    click.option("--all-faces", is_flag=True, help="All of them, of a photograph that is edited."),
)


def takes_inverter(command: Command) -> Command:
    """Give a command the flags of inverting; it gets them as `inverting`, keywords of the Python call."""

    @functools.wraps(command)
    def run(
        *arguments: Any, inverter: str | None, inverter_options: Sequence[str], **others: Any
    ) -> Any:
        inverting = {
            "inverter": inverter,
            "inverter_options": _named_values(inverter_options),
            "faces": others.pop("faces"),
        }
        return command(*arguments, inverting=inverting, **others)

    return takes_faces(_INVERTER(_INVERTER_OPTIONS(run)))  # type: ignore[return-value]  # the same command


def takes_faces(command: Command) -> Command:
    """Give a command the flags that tell where a face is; it gets them as `faces`."""

    @functools.wraps(command)
    def run(
        *arguments: Any,
        landmarks: Path | None,
        face_detector: str | None,
        face_model: Path | None,
        face: int | None,
        all_faces: bool,
        **others: Any,
    ) -> Any:
        faces = _face_source(landmarks, face_detector, face_model, face, all_faces)
        return command(*arguments, faces=faces, **others)

    for option in reversed(_FACES):
        run = option(run)
    return run  # type: ignore[return-value]  # the same command


def _face_source(
    landmarks: Path | None,
    detector: str | None,
    model: Path | None,
    face: int | None,
    all_faces: bool,
) -> FaceSource | None:
    is_chosen = face is not None or all_faces
    if (landmarks, detector, model) == (None, None, None) and not is_chosen:
        return None
    from dynode.pipeline.face_source import FaceSource

    if (landmarks, detector, model) != (None, None, None):
        return FaceSource(landmarks, detector, model, face, all_faces)
    ready = FaceSource.ready(face, all_faces=all_faces)
    if ready is None:
        raise OptionError(
            "--face-number and --all-faces choose among the faces that a detector finds, and none is ready; "
            "install one ('dynode plugins' says how), or name one with --face-detector"
        )
    return ready


def _named_values(given: Sequence[str]) -> dict[str, str]:
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
