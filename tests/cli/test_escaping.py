"""What comes from files and file names reaches a terminal escaped."""

from __future__ import annotations

import json
import struct
import warnings
from pathlib import Path

import pytest

from dynode.cli import console, root
from dynode.cli.escaping import plain
from dynode.testing import run_command

SCREEN = "\x1b[2J\x1b]0;title\x07evil"


@pytest.mark.robust(kind="H")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred", "\\x1b[31mred", id="colours"),
        pytest.param("\x1b]0;t\x07", "\\x1b]0;t\\x07", id="window title"),
        pytest.param("\x9b2J", "\\x9b2J", id="controls of one byte"),
        pytest.param("a\rb\x08c", "a\\rb\\x08c", id="carriage return and backspace"),
        pytest.param("\u202egnp.exe", "\\u202egnp.exe", id="right to left override"),
        pytest.param("\u2066a\u2069", "\\u2066a\\u2069", id="isolates of direction"),
        pytest.param("a\u200bb\ufeff", "a\\u200bb\\ufeff", id="invisible characters"),
        pytest.param("a\u2028b", "a\\u2028b", id="line separators"),
        pytest.param("caf\udce9.png", "caf\\udce9.png", id="undecodable file names"),
        pytest.param("\U000e0041", "\\U000e0041", id="invisible tags"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    "text", ["smile +1.5", "Grüße\nзима\t微笑", "فیلم\u200cها", "👩\u200d🎨", "naïve é"], ids=repr
)
def test_text_of_people_stays(text: str) -> None:
    assert plain(text) == text


def direction_file(path: Path) -> None:
    info = {"name": SCREEN, "unit": "\x1b[31mred", "method": "\u202egnp.exe", "scale": 1.0}
    metadata = {"format": "dynode.direction", "version": "1", "space": "w+", "kind": "{}"}
    metadata["info"] = json.dumps(info | {"licence": "x", "calibration": {}})
    tensor = {"dtype": "F32", "shape": [1, 512], "data_offsets": [0, 2048]}
    header = json.dumps({"__metadata__": metadata, "delta": tensor}).encode()
    content = struct.pack("<Q", len(header)) + header + struct.pack("<512f", *[0.1] * 512)
    path.write_bytes(content)


@pytest.mark.robust(kind="H", member="the name in a direction file")
@pytest.mark.parametrize("command", [["show", "a.safetensors", "--no-strip"], ["list", "."]])
def test_names_in_a_direction_file_are_escaped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    direction_file(tmp_path / "a.safetensors")

    ran = run_command(["directions", *command])

    assert ran.exit_code == 0
    assert "\\x1b[31mred" in ran.stdout and "\\u202egnp.exe" in ran.stdout
    assert not {"\x1b", "\x07", "\u202e"} & set(ran.stdout + ran.stderr)


@pytest.mark.robust(kind="H", member="file names in errors")
@pytest.mark.parametrize("name", ["\x1b[2Jx.png", "\u202egnp.png", "caf\udce9.png"], ids=ascii)
def test_file_names_in_errors_are_escaped(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("no picture")

    photo, points = str(tmp_path / name), str(tmp_path / "points.json")
    ran = run_command(["crop", "align", photo, "--landmarks", points])

    assert ran.exit_code != 0
    assert plain(name) in ran.stderr and ran.stderr.startswith("error: ")
    assert "\x1b" not in ran.stderr and "\u202e" not in ran.stderr


@pytest.mark.robust(kind="H", member="file names in warnings")
def test_warnings_are_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings():
        warnings.showwarning = root._show_warning
        warnings.simplefilter("always")
        warnings.warn(f"left out {SCREEN}", stacklevel=1)
    console.say(SCREEN)
    console.tell(SCREEN)

    told = capsys.readouterr()

    assert told.err.startswith("warning: left out \\x1b[2J")
    assert "\x1b" not in told.err + told.out


def test_no_command_prints_past_the_escaping() -> None:
    folder = Path(root.__file__).parent
    past = [
        f"{file.name}: {line.strip()}"
        for file in sorted(folder.glob("*.py"))
        if file.name not in ("console.py", "root.py")
        for line in file.read_text().splitlines()
        if "click.echo(" in line or "print(" in line.replace("print_json(", "")
    ]

    assert past == []
