"""The end of the command's process: nothing that a plugin left open or registered is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# Output is buffered, as a shell gives it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
BEGIN = "import atexit, sys, threading, time\nfrom dynode.cli.leaving import leave\n"


def left(
    code: str, *, stdout: int = subprocess.PIPE, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cwd,
        env=ENVIRONMENT,
    )


@pytest.mark.parametrize("code", [0, 1, 3, 130])
def test_the_exit_code_and_both_streams_arrive(code):
    result = left(f"print('out'); print('err', file=sys.stderr); leave({code})")
    assert (result.returncode, result.stdout, result.stderr) == (code, "out\n", "err\n")


@pytest.mark.parametrize(
    "opened",
    ["open('log', 'w').write", "open('log', 'wb').write", "open('log', 'w+').write"],
    ids=["text", "bytes", "both ways"],
)
def test_a_file_that_was_never_closed_is_written(opened, tmp_path):
    said = "b'last line'" if "wb" in opened else "'last line'"
    left(f"write = {opened}\nwrite({said})\nleave(0)", cwd=tmp_path)
    assert (tmp_path / "log").read_text() == "last line"


def test_what_is_registered_for_the_end_runs(tmp_path):
    left("atexit.register(open, 'made', 'w'); leave(0)", cwd=tmp_path)
    assert (tmp_path / "made").exists()


def test_a_thread_that_works_is_waited_for(tmp_path):
    work = "def work():\n    time.sleep(0.2)\n    open('made', 'w').close()\n"
    result = left(work + "threading.Thread(target=work).start()\nleave(3)", cwd=tmp_path)
    assert result.returncode == 3
    assert (tmp_path / "made").exists()


def test_a_daemon_does_not_hold_the_end():
    result = left("threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\nleave(0)")
    assert result.returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
def test_an_output_that_is_full_is_a_failure_in_one_line():
    with open("/dev/full", "w") as full:
        result = left("print('out'); leave(0)", stdout=full.fileno())
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert "No space left" in result.stderr


def test_a_reader_who_left_is_no_failure():
    reads, writes = os.pipe()
    os.close(reads)
    result = left("print('out'); leave(0)", stdout=writes)
    os.close(writes)
    assert (result.returncode, result.stderr) == (0, "")
