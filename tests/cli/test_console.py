"""The bar that commands show on a terminal: where they are, how long it took, how long it will take."""

from __future__ import annotations

import io
import re
import time

import pytest

from dynode.cli import console


class Terminal(io.StringIO):
    """What a terminal is given."""

    def isatty(self) -> bool:
        return True


def opened(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Give the commands a terminal; in a fixture pytest's own capture would take its place again."""
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return shown


def lines(terminal: Terminal) -> list[str]:
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


@pytest.mark.robust(kind="L", member="time left on a terminal, anew for each phase")
def test_a_terminal_is_shown_the_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)

    with console.progress_bar("editing") as progress:
        for phase in ("inverting", "drawing"):
            for done in range(1, 4):
                progress(done, 4, phase)
                time.sleep(0.12)

    shown = lines(terminal)
    for phase in ("inverting", "drawing"):
        told = [line for line in shown if line.endswith(phase)]
        assert any(re.search(r"[1-3]/4 0:00:00 left 0:00:0\d", line) for line in told), shown


def test_what_counts_nothing_shows_how_long_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = opened(monkeypatch)

    with console.progress_bar("tracing the network"):
        time.sleep(0.25)

    assert any(re.match(r"tracing the network .*0/\? 0:00:00$", line) for line in lines(terminal))


def test_a_file_is_shown_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress_bar("editing") as progress:
        progress(1, 2, "inverting")

    assert capsys.readouterr().err == ""
