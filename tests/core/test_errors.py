"""The tree of errors: exit codes, and names that are nearly right."""

from __future__ import annotations

import inspect

import pytest

from dynode import errors

ALL = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if kind.__module__ == errors.__name__
]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_derives_from_the_root(kind: type[Exception]) -> None:
    assert issubclass(kind, errors.DynodeError)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_the_drawn_tree_tells_every_error_with_its_exit_code(
    kind: type[errors.DynodeError],
) -> None:
    (line,) = [
        line for line in (errors.__doc__ or "").splitlines() if kind.__name__ in line.split()
    ]

    parents = [parent for parent in kind.__mro__ if issubclass(parent, errors.DynodeError)]

    assert str(kind.exit_code) in line.split()
    assert line.index(kind.__name__) == 4 * len(parents)


@pytest.mark.parametrize(
    ("asked", "known", "message"),
    [
        (
            "styleclp",
            ["sefa", "styleclip"],
            "unknown direction method 'styleclp'; did you mean 'styleclip'? known: sefa, styleclip",
        ),
        ("zzz", ["sefa"], "unknown direction method 'zzz'; known: sefa"),
        (
            "sefa",
            [],
            "unknown direction method 'sefa'; known: none is installed (see 'dynode plugins')",
        ),
        ("", ["sefa"], "unknown direction method ''; known: sefa"),
    ],
    ids=["near", "far", "nothing known", "empty"],
)
def test_an_unknown_name_is_told_with_its_neighbours(
    asked: str, known: list[str], message: str
) -> None:
    error = errors.UnknownNameError("direction method", asked, known)

    assert str(error) == message
    assert error.name == asked
    assert error.known == known
