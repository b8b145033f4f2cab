"""What processes that are started inherit."""

from __future__ import annotations

import os

import pytest

from dynode.devices import one_thread_processes


def test_the_environment_is_as_it_was_after_processes_were_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)

    with pytest.raises(OSError, match="no process"), one_thread_processes():
        assert (os.environ["OMP_NUM_THREADS"], os.environ["OMP_WAIT_POLICY"]) == ("1", "PASSIVE")
        raise OSError("no process")

    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OMP_WAIT_POLICY" not in os.environ
