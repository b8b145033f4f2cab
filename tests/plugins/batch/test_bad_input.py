"""What a batch cannot use is told in one line, and what is finished is kept."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

from dynode.errors import DiskFullError
from dynode.testing import CommandResult, run_command, tiny_generator, write_tiny_generator
from dynode_batch import cluster
from dynode_batch.journal import Journal
from dynode_batch.row import Outcome

pytestmark = pytest.mark.installed_plugins
needs_ray = pytest.mark.skipif(
    find_spec("ray") is None, reason="Ray is not installed (extra cluster)"
)

# Reads what fits, and dies of memory as a scorer of large pictures would.
_SCORER = """
import os, signal
import torch
import dynode

class Hungry(dynode.Scorer):
    name = "hungry"
    summary = "takes much memory"
    attributes = ("red",)
    deviations = (1.0,)

    def load(self, device):
        return self

    def score(self, images):
        side = images.shape[-1]
        if side == 32:
            torch.empty(1 << 60)
        if side == 48:  # as the kernel does where memory is promised and not there
            os.kill(os.getpid(), signal.SIGKILL)
        return images[:, 0].mean((1, 2))[:, None]

@dynode.hookimpl
def register_scorers(register):
    register(Hungry())
"""


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (16, 16), (number * 40, 0, 0)).save(folder / f"{number}.png")
    return folder


def line_of(result: CommandResult | subprocess.CompletedProcess[str]) -> str:
    """Return the line of the error; there is one, and no traceback."""
    lines = result.stderr.splitlines()
    assert [line for line in lines if line.startswith("error: ")] == lines[-1:]
    assert "Traceback" not in result.stderr
    return lines[-1].removeprefix("error: ")


def scored(listed: Path, *flags: str) -> CommandResult:
    return run_command(["batch", "score", listed, "-o", listed.parent / "out", *flags])


def test_without_ray_the_command_says_what_to_type(
    pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "find_spec", lambda name: None)

    result = scored(pictures, "--cluster", "auto")

    assert result.exit_code == 3
    assert line_of(result) == (
        "--cluster needs Ray, which is not installed; type: pip install 'dynode-gan[cluster]' (without "
        "--cluster the batch runs on this machine)"
    )


@needs_ray
def test_a_cluster_nobody_answers_for_is_named(pictures: Path) -> None:
    result = scored(pictures, "--cluster", "127.0.0.1:1")

    assert result.exit_code == 1
    assert line_of(result).startswith("no Ray cluster answers at 127.0.0.1:1 (Connection refused)")


def test_an_unknown_column_is_named_with_what_it_may_have_been(pictures: Path) -> None:
    listed = pictures / "list.csv"
    listed.write_text("source,strenght\n0.png,2\n")

    result = run_command(["batch", "edit", listed, "--direction", "smile", "-o", pictures / "out"])

    assert result.exit_code == 2
    assert line_of(result).startswith("unknown column 'strenght'; did you mean 'strength'")


def test_two_rows_of_one_id_are_named(pictures: Path) -> None:
    (pictures / "3.png").write_bytes((pictures / "1.png").read_bytes())

    result = scored(pictures)

    assert result.exit_code == 2
    assert line_of(result) == (
        "rows 2 and 4 are the same picture with the same edit (1.png, 3.png; 1 such in all); leave one out, "
        "or add --skip-duplicates"
    )


def test_rows_that_cannot_be_read_are_listed(pictures: Path) -> None:
    listed = pictures / "list.jsonl"
    listed.write_text('no JSON\n{"source": "absent.png"}\n{"source": ""}\n')

    result = scored(listed)

    told = (pictures / "out" / "failures.jsonl").read_text().splitlines()
    reasons = [json.loads(line)["reason"] for line in told]
    assert result.exit_code == 1
    assert reasons[0] == "line 1 of list.jsonl is no JSON object"
    assert reasons[1].endswith("absent.png cannot be read (No such file or directory)")
    assert reasons[2] == "row 3 has no 'source'"
    assert [line for line in result.stderr.splitlines() if line.startswith("failed: ")] == [
        f"failed: {Path(json.loads(line)['source']).name}: {json.loads(line)['reason']}"
        for line in told
    ]


def limited(size: int) -> Callable[[], None]:
    """Make every file that grows beyond `size` bytes meet what a full disk answers."""
    return lambda: resource.setrlimit(
        resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    )


def test_a_journal_without_room_loses_no_line(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = len(_line(tmp_path / "one")) + 40  # one line, and a part of the next

    with Journal(tmp_path / "two") as journal:
        try:
            limited(size)()
            journal.add(Outcome(0, "first", "a.png"))
            with pytest.raises(DiskFullError, match="cannot write .*rows.jsonl: File too large"):
                journal.add(Outcome(1, "second", "b.png"))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

    with Journal(tmp_path / "two") as journal:
        assert journal.done == {"first"}


def _line(folder: Path) -> bytes:
    with Journal(folder) as journal:
        journal.add(Outcome(0, "first", "a.png"))
    return (folder / "rows.jsonl").read_bytes()


def started(*arguments: str | Path, size: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, whose files may not grow beyond `size` bytes."""
    environment = {k: v for k, v in os.environ.items() if k != "DYNODE_LOAD_PLUGINS"}
    return subprocess.run(
        [sys.executable, "-m", "dynode", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=280,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=limited(size) if size else None,
    )


@pytest.mark.slow
def test_a_full_disk_ends_the_batch_and_keeps_what_is_whole(tmp_path: Path) -> None:
    drawing = write_tiny_generator(tmp_path / "tiny.safetensors")
    generator = tiny_generator()
    (tmp_path / "codes").mkdir()
    for seed in range(3):
        codes = generator.sample(1, seed=seed)
        codes.save(
            tmp_path / "codes" / f"{seed}.safetensors", fingerprint=generator.info.fingerprint
        )
    output = tmp_path / "out"
    command = ["batch", "edit", tmp_path / "codes", "--plugin", "sefa", "--component", "0"]
    command += ["--generator", drawing, "--workers", "1", "-o", output]

    full = started(
        *command, size=1500
    )  # a line of the journal fits, a picture of 32 pixels does not
    found = list((output / "pictures").glob("*"))
    again = started(*command)

    assert full.returncode == 1
    assert "File too large" in line_of(full)
    assert line_of(full).endswith("finished rows are kept: start again to go on")
    assert found == []
    assert again.returncode == 0, again.stderr
    assert len(list((output / "pictures").glob("*.png"))) == 3


@pytest.mark.slow
@pytest.mark.parametrize("how", ["local", pytest.param("ray", marks=needs_ray)])
def test_a_worker_out_of_memory_is_named_with_its_row(
    how: str, pictures: Path, tmp_path: Path
) -> None:
    (tmp_path / "hungry.py").write_text(_SCORER)
    for name, side in {"allocator": 32, "kernel": 48}.items():
        Image.new("RGB", (side, side)).save(pictures / f"{name}.png")
    (pictures / "torn.png").write_bytes((pictures / "1.png").read_bytes()[:50])

    flags = ["--cluster", "auto"] if how == "ray" else []
    done = started(
        *[
            "--plugin-file",
            tmp_path / "hungry.py",
            "batch",
            "score",
            pictures,
            "--scorer",
            "hungry",
        ],
        *["--workers", "1", "-o", tmp_path / "out", *flags],
    )

    told = dict(
        line.removeprefix("failed: ").split(": ", 1)
        for line in done.stderr.splitlines()
        if line.startswith("failed: ")
    )
    assert done.returncode == 1
    assert set(told) == {"allocator.png", "kernel.png", "torn.png"}
    assert told["allocator.png"].startswith("out of memory (")
    assert told["kernel.png"].startswith("3 workers ended while they worked on it (SIGKILL")
    assert "torn.png" in told["torn.png"]
    assert "3 of 6 rows" in done.stderr
    assert "Traceback" not in done.stderr
