"""Recognise a published direction file by its content and read it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import Tensor

from dynode.direction.base import Direction
from dynode.errors import (
    CheckpointError,
    DirectionFileError,
    OptionError,
    PluginError,
    UnknownNameError,
)
from dynode.files import reading
from dynode.generator.protocol import Generator
from dynode.importing.reading import read_content
from dynode.importing.request import ImportRequest, PublishedFile
from dynode.importing.vectors import Arrays
from dynode.options import build_options, specs_of
from dynode.plugins.boundary import at_work
from dynode.plugins.discovery import registry
from dynode.plugins.formats import Format

_TODO = "check that it is the right file"


def import_directions(
    path: str | Path,
    request: ImportRequest | None = None,
    *,
    format: str = "",
    generator: Generator | None = None,
    **options: Any,  # those of the format
) -> list[Direction]:
    """Read every direction of a published file.

    Args:
        path: A file of any registered format (`dynode plugins`), or plain arrays.
        request: What the user says about it.
        format: Name of its format; empty to recognise it.
        generator: The generator it is imported for; some formats need it.
        **options: What else the format asks for.

    Returns:
        One direction a vector, component or factor, in the order of the file. They belong to no
        fingerprint: published files do not say whose they are.

    Raises:
        DirectionFileError: It holds something else; the message says what.
        CheckpointError: It cannot be read.
        PluginError: The format's plugin gives something else than directions.
        OptionError: The format needs an option or a generator, or there is none of that name.
    """
    chosen, file = recognise(Path(path), request, format=format, options=options)
    return read_directions(chosen, file, options, generator=generator)


def formats() -> list[Format]:
    """List what reads published files: the formats of plugins, then plain arrays."""
    return [*registry().formats, Arrays()]


def recognise(
    path: Path,
    request: ImportRequest | None = None,
    *,
    format: str = "",
    options: Mapping[str, Any] = MappingProxyType({}),  # those of the format
) -> tuple[Format, PublishedFile]:
    """Read a file and say which format it is in.

    Args:
        path: The file.
        request: What the user says about it.
        format: Name of the format; empty to go by the content.
        options: What the user says to the format; what it needs besides is asked for.

    Raises:
        DirectionFileError: No format claims it.
        OptionError: Several do, or one that needs more, or `--space` is given for one that is no plain array.
        UnknownNameError: There is no format of that name.
    """
    known = formats()
    asked = request or ImportRequest()
    file, refusal = _open(path, asked, known)
    if format:
        chosen = find_format(format)
        if not chosen.recognise(file):
            held = f"; {refusal}" if refusal else ""
            raise DirectionFileError(
                f"{path.name} is not in the format {format!r}; expected {chosen.summary}; leave --format "
                f"out to have it recognised{held}"
            )
    else:
        chosen = _claiming(file, known, refusal)
        _check_needs(chosen, file, options)
    if asked.space and not chosen.takes_space:
        raise OptionError(
            f"--space {asked.space} does not apply to {path.name}, which is {chosen.summary}; leave it out"
        )
    return chosen, file


def find_format(name: str) -> Format:
    """Return the format of that name.

    Raises:
        UnknownNameError: There is none.
    """
    named = {each.name: each for each in formats()}
    if name not in named:
        raise UnknownNameError("format", name, named)
    return named[name]


def read_directions(
    chosen: Format,
    file: PublishedFile,
    options: Mapping[str, Any],  # those of the format
    *,
    generator: Generator | None = None,
) -> list[Direction]:
    """Read every direction of a file whose format is known; see `import_directions`."""
    checked = build_options(chosen.options, options, owner=f"--format {chosen.name}")
    if chosen.needs_generator and generator is None:
        raise OptionError(
            f"{file.path.name} holds {chosen.summary}, which need a generator; import it with "
            f"--generator NAME"
        )
    with (
        reading(file.path, chosen.summary, _TODO, error=DirectionFileError),
        at_work(f"format {chosen.name!r}, reading {file.path.name}"),
    ):
        found = chosen.read(file, checked, generator=generator)
    if not isinstance(found, list) or not all(isinstance(one, Direction) for one in found):
        raise PluginError(
            f"format {chosen.name!r} read a {type(found).__name__}; expected a list of directions; tell its "
            f"author ('dynode plugins' says who)"
        )
    if not found:
        raise DirectionFileError(
            f"{file.path.name} holds no direction; check that it is the right file"
        )
    return _name_apart(found)


def _open(
    path: Path, request: ImportRequest, known: list[Format]
) -> tuple[PublishedFile, CheckpointError | None]:
    """Read the arrays of a file; without arrays it may still be a format's, a text for example."""
    try:
        content = read_content(path, [each.pick for each in known])
    except CheckpointError as error:
        return PublishedFile(path, None, request), error
    return PublishedFile(path, content, request), None


def _claiming(file: PublishedFile, known: list[Format], refusal: CheckpointError | None) -> Format:
    claiming = []
    for each in known:
        with (
            reading(file.path, each.summary, _TODO, error=DirectionFileError),
            at_work(f"format {each.name!r}, recognising {file.path.name}"),
        ):
            claiming += [each] * bool(each.recognise(file))
    named = [each for each in claiming if not isinstance(each, Arrays)]
    if len(named) > 1:
        raise OptionError(
            f"{file.path.name} could be of several formats: {', '.join(each.name for each in named)}; say "
            f"which with --format"
        )
    if claiming:
        return claiming[0]
    if refusal is not None:
        raise refusal
    raise DirectionFileError(_explain(file))


def _check_needs(chosen: Format, file: PublishedFile, options: Mapping[str, Any]) -> None:
    """Say which format was recognised where it asks for something."""
    missing = [s.flag for s in specs_of(chosen.options) if s.required and s.name not in options]
    if missing:
        raise OptionError(
            f"{file.path.name} holds {chosen.summary}; add --format {chosen.name} "
            f"{' VALUE '.join(missing)} VALUE; 'dynode directions import --format {chosen.name} --help' "
            f"lists what it takes"
        )


def _name_apart(directions: list[Direction]) -> list[Direction]:
    """Add the space to names that occur twice, as in a file with one attribute in Z and in W."""
    names = [direction.info.name for direction in directions]
    return [
        direction.with_info(name=f"{name}-{direction.space[0]}")
        if names.count(name) > 1
        else direction
        for name, direction in zip(names, directions, strict=True)
    ]


def _explain(file: PublishedFile) -> str:
    content = file.content
    if isinstance(content, list | tuple) and all(isinstance(part, Tensor) for part in content):
        return (
            f"{file.path.name} holds a list of {len(content)} codes such as anchors of a motion, not a "
            f"direction; edit them as the SOURCE of 'dynode edit'"
        )
    keys = ", ".join(map(str, list(content)[:4])) if isinstance(content, dict) else ""
    held = f"a dictionary of {keys}" if keys else f"a {type(content).__name__}"
    return (
        f"{file.path.name} holds {held}; expected one of the formats {', '.join(f.name for f in formats())} "
        f"(docs/directions.md); take out the array that is the direction, or install the plugin that "
        f"brings its format"
    )
