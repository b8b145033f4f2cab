"""Files are never half-written, never overwritten by accident, never trusted."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dynode import files
from dynode.errors import CorruptCheckpointError, DiskFullError, OutputExistsError, UsageError


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


def test_a_file_appears_when_the_block_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"

    with files.written(path) as temporary:
        temporary.write_text("done")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.suffix == ".txt"

    assert path.read_text() == "done"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    "failure", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError]
)
def test_nothing_is_left_when_the_block_fails(tmp_path: Path, failure: type[BaseException]) -> None:
    with pytest.raises(failure), files.written(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise failure

    assert names(tmp_path) == []


def test_an_earlier_file_survives_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    with pytest.raises(ValueError), files.written(path) as temporary:
        temporary.write_text("half")
        raise ValueError

    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_missing_folders_are_made(tmp_path: Path) -> None:
    with files.written(tmp_path / "new" / "folder" / "a.txt") as temporary:
        temporary.write_text("done")

    assert (tmp_path / "new" / "folder" / "a.txt").read_text() == "done"


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600)], ids=["022", "077"])
def test_the_file_gets_the_usual_permissions(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        with files.written(tmp_path / "a.txt") as temporary:
            temporary.write_text("done")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == mode


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with (
        pytest.raises(UsageError, match="cannot write .*; choose another place with -o") as caught,
        files.written(tmp_path / "file" / "a.txt"),
    ):
        pass

    assert "\n" not in str(caught.value)


def test_a_folder_is_never_replaced_by_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.mkdir()

    with pytest.raises(UsageError, match="a.txt: it is a folder"), files.written(path):
        pass

    assert names(tmp_path) == ["a.txt"]


def test_an_output_that_exists_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")

    with pytest.raises(OutputExistsError) as caught:
        files.check_free(path, force=False)

    assert str(caught.value) == (
        f"{path} exists already; nothing was changed: choose another name with -o or add --force"
    )


@pytest.mark.parametrize("exists", [True, False], ids=["there", "not there"])
def test_force_lets_any_output_pass(tmp_path: Path, exists: bool) -> None:
    if exists:
        (tmp_path / "a.txt").write_text("before")

    files.check_free(tmp_path / "a.txt", force=True)
    files.check_free(tmp_path / "b.txt", force=False)


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    tensors = {
        "view": torch.arange(12.0).reshape(3, 4).T,
        "half": torch.ones(2).half(),
        "flags": torch.tensor([True, False]),
        "scalar": torch.tensor(3),
        "empty": torch.zeros(0, 4),
        "graph": torch.ones(2, requires_grad=True) * 2,
    }
    tensors["shared"] = tensors["view"]

    files.save_tensors(tensors, path, {"who": "me"})
    loaded, metadata = files.load_tensors(path)

    assert metadata == {"who": "me"}
    assert set(loaded) == set(tensors)
    for name, part in tensors.items():
        assert loaded[name].dtype == part.dtype
        assert torch.equal(loaded[name], part)


def test_a_file_without_metadata_has_none(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    save_file({"a": torch.ones(1)}, tmp_path / "a.safetensors")

    assert files.load_tensors(tmp_path / "a.safetensors")[1] == {}


@pytest.mark.parametrize(
    "content",
    [None, b"", b"text", b"\xff" * 100, b"\x08\0\0\0\0\0\0\0{}      "[:12]],
    ids=["absent", "empty", "text", "noise", "truncated"],
)
def test_what_is_no_safetensors_file_is_refused_in_one_line(
    tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "a.safetensors"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(CorruptCheckpointError) as caught:
        files.load_tensors(path)

    assert str(caught.value).startswith("a.safetensors cannot be read as safetensors (")
    assert "\n" not in str(caught.value)


@pytest.mark.robust(kind="K two at once", member="a symbolic link with --force")
def test_of_a_symbolic_link_the_target_is_written(tmp_path: Path) -> None:
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old")
    link.symlink_to(target)

    with files.written(link) as temporary:
        temporary.write_text("new")

    assert link.is_symlink() and target.read_text() == "new"


@pytest.mark.robust(kind="K two at once", member="a full disk")
def test_a_full_disk_is_said_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_text("old")

    with (
        pytest.raises(DiskFullError, match=r"cannot write .*a\.png: No space left on device"),
        files.written(path),
    ):
        raise OSError(28, "No space left on device")

    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


BYTES = """
import torch
from dynode import Latents
generator = torch.Generator().manual_seed(0)
latents = Latents(torch.randn(2, 4, 8, generator=generator))
latents.save(path, fingerprint="abc")
"""


@pytest.mark.robust(kind="K two at once", member="bytes of latents in two processes")
def test_the_same_latents_are_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    here, there = tmp_path / "here.safetensors", tmp_path / "there.safetensors"

    exec(BYTES, {"path": str(here)})
    subprocess.run([sys.executable, "-c", f"path = {str(there)!r}\n{BYTES}"], check=True)

    assert here.read_bytes() == there.read_bytes()
