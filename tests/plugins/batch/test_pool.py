"""Rows over processes: each ends once, whatever ends the process that has it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dynode.errors import OptionError, PluginError
from dynode_batch.pool import run_pool
from dynode_batch.row import Outcome, Row
from dynode_batch.trying import tried

# Processes import this by name, so it is a file of its own.
_MODULE = '''
import os, pathlib, signal
from dynode.errors import OptionError

class Job:
    """Works on rows by what their source says; `folder` counts what was tried."""

    def __init__(self, folder, opening=""):
        self.folder, self.opening = folder, opening

    def open(self):
        if self.opening == "refused":
            raise OptionError("no such generator")
        if self.opening == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def tries(self, row):
        path = pathlib.Path(self.folder, str(row.number))
        with path.open("a") as stream:
            stream.write("x")
        return path.stat().st_size

    def work(self, row):
        tries = self.tries(row)
        if row.source == "always killed" or (row.source == "killed once" and tries == 1):
            os.kill(os.getpid(), signal.SIGKILL)
        if row.source == "always fails" or (row.source == "fails twice" and tries < 3):
            raise ValueError("odd picture")
        return f"{row.number}.png", {"value": float(row.number)}
'''


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    (tmp_path / "batch_worker_for_tests.py").write_text(_MODULE)
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("batch_worker_for_tests")


def outcomes(job: Any, *sources: str, workers: int = 1) -> dict[int, Outcome]:
    rows = [Row(number, source, id=f"id{number}") for number, source in enumerate(sources)]
    return {outcome.number: outcome for outcome in run_pool(job, rows, workers)}


def test_a_killed_worker_costs_a_try_and_no_row(worker: ModuleType, tmp_path: Path) -> None:
    found = outcomes(worker.Job(str(tmp_path)), "fine", "killed once", "always killed", "fine")

    assert {number: one.file for number, one in found.items()} == {
        0: "0.png",
        1: "1.png",
        2: "",
        3: "3.png",
    }
    assert found[2].error.startswith("3 workers ended while they worked on it (SIGKILL")
    assert (tmp_path / "2").read_text() == "xxx"


def test_two_workers_give_every_row_once(worker: ModuleType, tmp_path: Path) -> None:
    found = outcomes(worker.Job(str(tmp_path)), *["fine"] * 9, workers=2)

    assert {number: one.figures["value"] for number, one in found.items()} == {
        number: float(number) for number in range(9)
    }
    assert {(tmp_path / str(number)).read_text() for number in range(9)} == {"x"}


def test_a_job_that_cannot_be_opened_says_why(worker: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="no such generator"):
        outcomes(worker.Job(str(tmp_path), "refused"), "fine")


def test_workers_that_end_at_the_start_end_the_batch(worker: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(PluginError, match=r"3 workers ended before they were ready \(SIGKILL"):
        outcomes(worker.Job(str(tmp_path), "killed"), "fine")


@pytest.mark.parametrize(
    ("source", "error", "tries"),
    [("fine", "", 1), ("fails twice", "", 3), ("always fails", "ValueError: odd picture", 3)],
)
def test_a_row_that_fails_is_tried_twice_more(
    source: str, error: str, tries: int, worker: ModuleType, tmp_path: Path
) -> None:
    outcome = tried(worker.Job(str(tmp_path)), Row(7, source, id="id"))

    assert outcome.error == error
    assert len((tmp_path / "7").read_text()) == tries
