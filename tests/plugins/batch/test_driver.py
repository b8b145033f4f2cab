"""Batches that stop and go on, and what they leave behind."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from dynode.errors import DiskFullError, UsageError
from dynode.files import save_tensors
from dynode_batch import shards
from dynode_batch.driver import Plan, run_batch
from dynode_batch.journal import Journal
from dynode_batch.row import Job, Outcome, Row


class Backend:
    """Writes a picture a row in this process, and counts; may stop, fail or fill the disk."""

    def __init__(self, *, stop_after: int = 99, failing: str = "", full: bool = False) -> None:
        self.stop_after, self.failing, self.full = stop_after, failing, full
        self.worked: list[int] = []

    def __call__(self, job: Job, rows: Sequence[Row]) -> Iterator[Outcome]:
        for row in reversed(rows):  # the order of ends is not that of the list
            if len(self.worked) == self.stop_after:
                raise KeyboardInterrupt
            self.worked.append(row.number)
            failed = Path(row.source).stem == self.failing
            if failed or self.full:
                reason = "no room" if self.full else "odd picture"
                yield Outcome(row.number, row.id, row.source, error=reason, is_fatal=self.full)
                continue
            file = f"pictures/{row.id}.png"
            (job.folder / "pictures").mkdir(exist_ok=True)
            Image.open(row.source).save(job.folder / file)
            figures = {"value": row.number / 7}
            yield Outcome(row.number, row.id, row.source, file, figures, seconds=len(self.worked))


@pytest.fixture
def rows(tmp_path: Path) -> list[Row]:
    files = [tmp_path / f"{number}.png" for number in range(5)]
    for number, file in enumerate(files):
        Image.new("RGB", (16, 16), (number * 40, 0, 0)).save(file)
    return [Row(number, str(file)) for number, file in enumerate(files)]


def plan(folder: Path, backend: Backend, **more: Any) -> Plan:
    return Plan(Job("invert", folder, None, None, {"seed": 0}), backend, **more)


def content(folder: Path) -> dict[str, bytes]:
    files = [*folder.rglob("*.png"), *folder.glob("table.csv"), *folder.glob("*.tar")]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}


def test_a_stopped_batch_goes_on_to_the_same_outputs(rows: list[Row], tmp_path: Path) -> None:
    whole, parts, second = tmp_path / "whole", tmp_path / "parts", Backend()
    run_batch(rows, plan(whole, Backend()), None, "f")
    with pytest.raises(KeyboardInterrupt):
        run_batch(rows, plan(parts, Backend(stop_after=3)), None, "f")

    report = run_batch(rows, plan(parts, second), None, "f")

    assert second.worked == [1, 0]
    assert report.document["finished_before"] == 3
    assert content(parts) == content(whole)


def test_a_torn_line_and_a_missing_file_are_done_again(rows: list[Row], tmp_path: Path) -> None:
    folder, again = tmp_path / "out", Backend()
    run_batch(rows, plan(folder, Backend()), None, "f")
    undisturbed = content(folder)
    journal = folder / "rows.jsonl"
    journal.write_bytes(journal.read_bytes()[:-10])  # row 0 ended last
    next(
        (folder / json.loads(line)["file"]).unlink()
        for line in journal.read_text().splitlines()
        if '"number": 3' in line
    )

    run_batch(rows, plan(folder, again), None, "f")

    assert again.worked == [3, 0]
    assert content(folder) == undisturbed


def test_another_edit_is_never_taken_for_done(rows: list[Row], tmp_path: Path) -> None:
    folder, again = tmp_path / "out", Backend()
    run_batch(rows, plan(folder, Backend()), None, "f")

    run_batch(rows, plan(folder, again), None, "another generator")

    assert sorted(again.worked) == [0, 1, 2, 3, 4]


def test_failed_rows_are_listed_and_tried_by_the_next_run(rows: list[Row], tmp_path: Path) -> None:
    folder, again = tmp_path / "out", Backend()

    report = run_batch(rows, plan(folder, Backend(failing="2")), None, "f")
    listed = [json.loads(line) for line in (folder / "failures.jsonl").read_text().splitlines()]
    run_batch(rows, plan(folder, again), None, "f")

    assert (report.document["finished"], report.document["failed"]) == (4, 1)
    assert listed == [{"row": 2, "source": rows[2].source, "reason": "odd picture"}]
    assert again.worked == [2]
    assert (folder / "failures.jsonl").read_text() == ""


def test_a_full_disk_ends_the_batch_at_once(rows: list[Row], tmp_path: Path) -> None:
    backend = Backend(full=True)

    with pytest.raises(DiskFullError, match="finished rows are kept"):
        run_batch(rows, plan(tmp_path / "out", backend), None, "f")

    assert len(backend.worked) == 1


def test_shards_hold_what_single_files_would(rows: list[Row], tmp_path: Path) -> None:
    single, packed, again = tmp_path / "single", tmp_path / "packed", Backend()
    run_batch(rows, plan(single, Backend()), None, "f")

    report = run_batch(rows, plan(packed, Backend(), shards=2), None, "f")
    run_batch(rows, plan(packed, again, shards=2), None, "f")

    members = dict[str, bytes]()
    for file in sorted(packed.glob("*.tar")):
        with tarfile.open(file) as archive:
            for member in archive:
                stream = archive.extractfile(member)
                assert stream is not None
                members[member.name] = stream.read()
    pictures = {
        Path(name).name: told for name, told in content(single).items() if "pictures" in name
    }
    assert report.document["shards"] == 3
    assert {name: told for name, told in members.items() if name.endswith(".png")} == pictures
    assert len([name for name in members if name.endswith(".json")]) == 5
    assert again.worked == []
    assert not list((packed / "pictures").iterdir())


def test_a_shard_that_the_journal_does_not_know_is_written_again(
    rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "out"
    run_batch(rows, plan(undisturbed, Backend(), shards=2), None, "f")

    def killed(self: Journal, entries: object, shard: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(shards.Journal, "shelve", killed)
        with pytest.raises(KeyboardInterrupt):
            run_batch(rows, plan(folder, Backend(), shards=2), None, "f")
    run_batch(rows, plan(folder, Backend(), shards=2), None, "f")

    tars = {name: told for name, told in content(undisturbed).items() if name.endswith(".tar")}
    assert {name: told for name, told in content(folder).items() if name.endswith(".tar")} == tars


def test_nothing_half_written_stays_where_a_worker_was_killed(
    rows: list[Row], tmp_path: Path
) -> None:
    undisturbed, folder = tmp_path / "undisturbed", tmp_path / "out"
    run_batch(rows, plan(undisturbed, Backend()), None, "f")
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / ".mine").touch()
    killed = (
        "import os, pathlib, signal, dynode.files as files\n"
        f"with files.written(pathlib.Path({str(folder / 'pictures' / 'a.png')!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert len(list((folder / "pictures").iterdir())) == 2

    run_batch(rows, plan(folder, Backend()), None, "f")

    left = {file.name for file in (folder / "pictures").iterdir()}
    assert left == {".mine"} | {file.name for file in (undisturbed / "pictures").iterdir()}


def test_two_batches_cannot_write_into_one_folder(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(UsageError, match="another batch writes into"):
        Journal(tmp_path)


def test_a_parquet_table_holds_the_codes_in_order(tmp_path: Path, rows: list[Row]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="Parquet needs pyarrow")
    codes = torch.arange(5 * 6, dtype=torch.float32).reshape(5, 1, 2, 3) / 7

    def write(job: Job, some: Sequence[Row]) -> Iterator[Outcome]:
        for row in reversed(some):
            told = {"fingerprint": "f"}
            save_tensors({"w": codes[row.number]}, job.folder / f"{row.number}.safetensors", told)
            yield Outcome(row.number, row.id, row.source, f"{row.number}.safetensors", {"a": 0.5})

    given = replace(plan(tmp_path / "t.parquet.rows", Backend()), backend=write)
    given = replace(given, table=tmp_path / "t.parquet")
    # The sheet draws codes with a generator; here it shows the sources.
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("dynode_batch.sheet.write_sheet", lambda *unused: None)
        run_batch(rows, given, None, "f")

    table = parquet.read_table(tmp_path / "t.parquet")
    assert table["row"].to_pylist() == [0, 1, 2, 3, 4]
    assert torch.tensor(table["w"].to_pylist()).equal(codes.flatten(1))
    assert table.schema.metadata[b"w_shape"].decode() == "2×3"
    assert not (tmp_path / "t.parquet.rows").exists()
