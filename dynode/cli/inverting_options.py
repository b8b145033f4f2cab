"""What the commands that invert share: the inverter, its options, and where the faces are."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dynode.errors import OptionError

if TYPE_CHECKING:
    from dynode.pipeline.face_source import FaceSource

Command = TypeVar("Command", bound=Callable[..., Any])

_FILE = click.Path(path_type=Path, dir_okay=False)
_INVERTER = click.option(
    "--inverter",
    metavar="NAME",
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
        "--face-detector", metavar="NAME", help="Finds the face to cut out; see 'dynode plugins'."
    ),
    click.option(
        "--face-model",
        type=_FILE,
        help="File for the face detector; alone, for the one that reads a file.",
    ),
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
        **others: Any,
    ) -> Any:
        faces = _face_source(landmarks, face_detector, face_model)
        return command(*arguments, faces=faces, **others)

    for option in reversed(_FACES):
        run = option(run)
    return run  # type: ignore[return-value]  # the same command


def _face_source(
    landmarks: Path | None, detector: str | None, model: Path | None
) -> FaceSource | None:
    if (landmarks, detector, model) == (None, None, None):
        return None
    from dynode.pipeline.face_source import FaceSource

    return FaceSource(landmarks, detector, model)


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
