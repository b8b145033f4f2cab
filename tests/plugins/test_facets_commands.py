"""`dynode facets`: the commands of the bundled world."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from dynode.cli import run

pytestmark = pytest.mark.installed_plugins


def _render(path: Path, *extra: str) -> int:
    return run(["facets", "render", "--count", "3", "--resolution", "32", "-o", str(path), *extra])


def test_render_gives_byte_identical_files_for_one_seed(tmp_path: Path) -> None:
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"

    codes = [_render(first, "--seed", "5"), _render(second, "--seed", "5")]

    assert codes == [0, 0]
    assert first.read_bytes() == second.read_bytes()


def test_render_tells_its_file_as_a_document(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faces.zip"

    code = _render(path, "--json")

    assert code == 0
    assert json.loads(capsys.readouterr().out) == {"output": str(path)}


def test_render_of_another_seed_differs(tmp_path: Path) -> None:
    first, second = tmp_path / "a.zip", tmp_path / "b.zip"

    _render(first, "--seed", "5")
    _render(second, "--seed", "6")

    assert first.read_bytes() != second.read_bytes()


def test_clips_are_folders_of_frames(tmp_path: Path) -> None:
    path = tmp_path / "clips.zip"

    code = _render(path, "--kind", "clips", "--frames", "4")

    with zipfile.ZipFile(path) as archive:
        frames = [name for name in archive.namelist() if name.startswith("clips/000001/")]
    assert code == 0
    assert len(frames) == 4


def test_an_existing_file_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(b"precious")

    code = _render(path)

    assert code == 2
    assert path.read_bytes() == b"precious"
    assert "--force" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["generator", "clip", "scorer", "encoder"])
def test_every_recipe_describes_its_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["facets", "train", name, "--help"])

    told = capsys.readouterr().out
    assert code == 0
    assert "--seed" in told
    assert "--run-folder" in told


def test_an_unknown_option_of_a_recipe_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    code = run(["facets", "train", "scorer", "--stepz", "3", "-o", "x.safetensors"])

    assert code == 2
    assert "--stepz" in capsys.readouterr().err


def test_a_model_that_is_there_is_kept_until_force_is_said(tmp_path: Path) -> None:
    output = tmp_path / "readings.safetensors"
    output.write_text("mine")
    asked = ["skies", "train", "readings", "--samples", "2", "-o", str(output)]

    assert run(asked) != 0
    assert output.read_text() == "mine"
    assert run([*asked, "--force"]) == 0
    assert output.stat().st_size > 100


@pytest.mark.parametrize("name", ["generator", "clip", "scorer", "readings", "encoder", "video"])
def test_what_writes_a_file_may_be_forced(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["facets", "train", name, "--help"]) == 0
    assert "--force" in capsys.readouterr().out
