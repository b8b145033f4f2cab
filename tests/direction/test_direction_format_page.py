"""The page on the direction file says what the code writes, byte for byte."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from dynode import LinearDirection, load_direction
from dynode.direction.info import Calibration, DirectionInfo

PAGE = (Path(__file__).parents[2] / "docs" / "direction-format.md").read_text()


def bytes_on_the_page() -> bytes:
    dump = PAGE.split("## One file, byte for byte", 1)[1].split("```text\n", 1)[1].split("```")[0]
    lines = [line.split("|", 1)[0] for line in dump.splitlines()]
    return bytes.fromhex("".join(line[8:] for line in lines))


def test_the_example_is_what_is_written(tmp_path: Path) -> None:
    info = DirectionInfo(name="smile", licence="Apache-2.0", created_with="0.1.0")
    direction = LinearDirection(torch.tensor([1.0, -0.5]), info=info)

    direction.save(tmp_path / "smile.safetensors")

    assert (tmp_path / "smile.safetensors").read_bytes() == bytes_on_the_page()


def test_the_example_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "smile.safetensors").write_bytes(bytes_on_the_page())

    direction = load_direction(tmp_path / "smile.safetensors")

    assert isinstance(direction, LinearDirection)
    assert direction.delta.tolist() == [1.0, -0.5]
    assert direction.info.name == "smile"


def test_the_lines_without_dynode_read_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "smile.safetensors").write_bytes(bytes_on_the_page())
    monkeypatch.chdir(tmp_path)
    lines = PAGE.split("```python\n", 1)[1].split("```", 1)[0]
    names: dict[str, object] = {}

    exec(lines, names)  # our own page

    assert list(names["delta"]) == [1.0, -0.5]  # type: ignore[call-overload]


@pytest.mark.parametrize("kind", [DirectionInfo, Calibration], ids=lambda kind: kind.__name__)
def test_every_member_is_on_the_page_with_its_default(kind: type) -> None:
    for part in dataclasses.fields(kind):
        rows = re.findall(rf"^\| `{part.name}` \| (.+?) \|", PAGE, flags=re.MULTILINE)
        assert rows, f"{part.name} is not on the page"
        if part.default is not dataclasses.MISSING and isinstance(part.default, str | int | float):
            shown = f'"{part.default}"' if isinstance(part.default, str) else repr(part.default)
            assert f"`{shown}`" in rows


def test_the_same_direction_gives_the_same_bytes(tmp_path: Path) -> None:
    direction = LinearDirection(torch.randn(4), torch.tensor([True, False]))
    for name in ("a", "b"):
        direction.save(tmp_path / name)

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
