"""What the checking process writes is read whole, in whatever pieces it arrives."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dynode import checking
from dynode.checking import _follow
from dynode.checking.finding import Candidate

PIECES = """
import sys, time
content, path = sys.argv[1].encode(), sys.argv[2]
with open(path, "ab", buffering=0) as stream:
    for byte in content:
        stream.write(bytes([byte]))
        time.sleep(0.0005)
"""
EVENTS = [
    event
    for number in range(4)
    for event in (
        {"event": "start", "hook": "h", "name": "n", "check": f"check {number} ✓"},
        {
            "event": "end",
            "hook": "h",
            "name": "n",
            "check": f"check {number} ✓",
            "status": "passed",
            "message": "",
            "remedy": "",
        },
    )
]


def test_every_result_is_read_when_every_write_is_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "_POLL_S", 0.0001)
    events = tmp_path / "events"
    events.touch()
    content = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in EVENTS)
    process = subprocess.Popen([sys.executable, "-c", PIECES, content, str(events)])
    candidate = Candidate("n", "n", "n 1.0")

    found = list(_follow(process, events, candidate, 60.0, lambda result: None))

    assert process.wait() == 0
    assert [result.check for result in found] == [f"check {number} ✓" for number in range(4)]
    assert {result.status for result in found} == {"passed"}
