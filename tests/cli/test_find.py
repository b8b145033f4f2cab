"""`dynode find` and where directions are written: beside each other, never outside the folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.errors import OutputExistsError
from dynode.pipeline.directions import write_directions
from dynode.pipeline.library import file_stems
from dynode.testing import CommandResult, run_command

pytestmark = pytest.mark.usefixtures("brighten")


@pytest.fixture
def found(tiny: Path, folder: Path) -> Callable[..., CommandResult]:
    """Run `dynode find` on the tiny generator in an empty folder."""
    return lambda *arguments: run_command(["find", *arguments, "--generator", tiny])


def named(*names: str) -> list[LinearDirection]:
    directions = [LinearDirection(torch.full((3,), float(n))) for n, _ in enumerate(names, 1)]
    return [d.with_info(name=name) for d, name in zip(directions, names, strict=True)]  # type: ignore[misc]


def test_a_found_direction_is_written_and_can_be_applied(
    tiny: Path, folder: Path, found: Callable[..., CommandResult]
) -> None:
    result = found("brighten", "--samples", "4", "-o", "bright.safetensors")

    assert (result.exit_code, result.stdout) == (0, "bright.safetensors\n")
    applied = run_command(
        ["edit", "--generator", tiny, "--direction", "bright.safetensors", "-o", "a.png"]
    )
    assert applied.exit_code == 0


def test_the_same_seed_finds_the_same_direction(found: Callable[..., CommandResult]) -> None:
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        found("brighten", "--seed", seed, "-o", f"{name}.safetensors")

    a, b, c = (load_direction(f"{name}.safetensors") for name in "abc")
    assert torch.equal(a.delta, b.delta)  # type: ignore[attr-defined]
    assert not torch.equal(a.delta, c.delta)  # type: ignore[attr-defined]


def test_json_tells_each_direction_with_its_file(found: Callable[..., CommandResult]) -> None:
    result = found("brighten", "--json", "-o", "a.safetensors")

    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["method"] == "brighten"
    assert [one["output"] for one in document["directions"]] == ["a.safetensors"]


def test_the_help_of_a_method_lists_its_options(found: Callable[..., CommandResult]) -> None:
    assert "--samples INTEGER" in found("brighten", "--help").stdout


def test_an_output_that_exists_is_refused_before_any_work(
    folder: Path, found: Callable[..., CommandResult]
) -> None:
    Path("a.safetensors").write_text("mine")

    # Whatever the method does would show: it would fail.
    result = found("brighten", "--fail", "value", "-o", "a.safetensors")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "a.safetensors exists already" in result.stderr
    assert Path("a.safetensors").read_text() == "mine"


@pytest.mark.parametrize(
    ("names", "stems"),
    [
        (["smile", "age"], ["smile", "age"]),
        (["smile", "smile", "smile"], ["smile", "smile-2", "smile-3"]),
        (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
        (["../../etc/passwd"], ["etc-passwd"]),
        (["/etc/cron.d/x"], ["etc-cron.d-x"]),
        (["..", ".hidden", ""], ["direction", "hidden", "direction-2"]),
        (["C:\\a\\b", "a\0b", "a\nb"], ["C-a-b", "a-b", "a-b-2"]),
        (["fröhlich 😀"], ["fröhlich"]),
        (["x" * 400], ["x" * 100]),
    ],
    ids=lambda value: str(value)[:40],
)
def test_names_become_file_names_that_differ_and_stay_in_their_folder(
    names: list[str], stems: list[str]
) -> None:
    assert file_stems(names) == stems


def test_directions_of_one_name_are_all_written(folder: Path) -> None:
    paths = write_directions(named("smile", "smile"), Path("found"))

    assert [path.as_posix() for path in paths] == [
        "found/smile.safetensors",
        "found/smile-2.safetensors",
    ]
    assert [load_direction(path).delta[0] for path in paths] == [1.0, 2.0]  # type: ignore[attr-defined]


def test_when_one_of_several_exists_none_is_written(folder: Path) -> None:
    Path("found").mkdir()
    Path("found/age.safetensors").write_text("mine")

    with pytest.raises(OutputExistsError):
        write_directions(named("smile", "age"), Path("found"))

    assert [item.name for item in Path("found").iterdir()] == ["age.safetensors"]


def test_a_stranger_s_direction_cannot_choose_where_its_picture_goes(
    tiny: Path, folder: Path
) -> None:
    evil = LinearDirection(torch.ones(8)).with_info(name="../../owned")
    evil.save("evil.safetensors")

    result = run_command(["directions", "show", "evil.safetensors", "--generator", tiny])

    assert result.exit_code == 0
    assert sorted(item.name for item in folder.iterdir()) == ["evil.safetensors", "owned.png"]
