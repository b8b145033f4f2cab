"""The commands of the page from one picture to a million run, at small numbers."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image

from dynode.testing import run_command

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text().replace("\\\n", " ")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    for line in re.findall(r"^dynode .*$", block, re.MULTILINE)
]


@pytest.mark.slow
@pytest.mark.installed_plugins
def test_the_commands_of_the_page_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    for number in range(3):
        Image.new("RGB", (128, 128), (90 + 40 * number, 110, 100)).save(f"photos/{number}.png")

    for line in COMMANDS:
        result = run_command(
            [*shlex.split(line)[1:], *(["--workers", "1"] if "batch" in line else [])]
        )
        assert result.exit_code == 0, f"{line}: {result.stderr}"

    assert len(COMMANDS) == 6
    assert Path("one.png").exists()
    for folder in ("smiling", "smiling-codes"):
        assert len(list(Path(folder, "pictures").glob("*.png"))) == 3
    assert len(list(Path("sharded").glob("*.tar"))) == 2
