"""Rows of archives and URIs are the files they would be on a disk."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from dynode.errors import MediaError, UsageError
from dynode_batch.identity import Identifier
from dynode_batch.listing import read_list
from dynode_batch.row import Job, Row
from dynode_batch.sources import fetched, opened, size_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    (place / "b").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b/c.png")):
        Image.new("RGB", (16, 16), (90 * number, 0, 0)).save(place / name)
    (place / "a.json").write_text("{}")
    return place


@pytest.fixture
def shard(folder: Path, tmp_path: Path) -> Path:
    path = tmp_path / "000000.tar"
    with tarfile.open(path, "w") as archive:
        archive.add(folder, ".")
        link = tarfile.TarInfo("link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
        archive.addfile(link)
    return path


def content(source: str) -> bytes:
    with opened(source) as stream:
        return stream.read()


def test_an_archive_is_listed_by_name_without_its_links(shard: Path, folder: Path) -> None:
    rows, left_out = read_list(shard, ())

    assert [row.source for row in rows] == [f"{shard}!/./a.png", f"{shard}!/./b/c.png"]
    assert [Path(name).name for name in left_out] == ["a.json"]
    assert content(rows[1].source) == (folder / "b" / "c.png").read_bytes()
    assert size_of(rows[1].source) == (folder / "b" / "c.png").stat().st_size
    with fetched(rows[1].source) as path:
        assert (path.name, path.read_bytes()) == ("c.png", content(rows[1].source))
    assert not path.exists()


def test_archives_in_a_folder_are_listed_with_its_files(shard: Path) -> None:
    rows, left_out = read_list(shard.parent, ())

    assert [Path(row.source).name for row in rows] == ["a.png", "c.png", "a.png", "c.png"]
    assert [Path(name).name for name in left_out] == ["a.json", "a.json"]


def test_a_uri_is_listed_and_read(folder: Path) -> None:
    pytest.importorskip("pyarrow", reason="URIs need pyarrow")

    rows, left_out = read_list(f"file://{folder}", ())

    assert [row.source for row in rows] == [f"file://{folder}/a.png", f"file://{folder}/b/c.png"]
    assert left_out == ["a.json"]
    assert content(rows[0].source) == (folder / "a.png").read_bytes()


def test_a_column_may_hold_uris(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(f"source\nfile://{folder}/a.png\nin/a.png\n")

    rows, _ = read_list(tmp_path / "list.csv", ())

    assert [row.source for row in rows] == [f"file://{folder}/a.png", str(folder / "a.png")]


@pytest.mark.parametrize("uri", ["file:///no/such/folder", "nothing://here"])
def test_a_uri_that_cannot_be_read_is_told_in_one_line(uri: str) -> None:
    pytest.importorskip("pyarrow", reason="URIs need pyarrow")

    with pytest.raises(MediaError, match=f"^{uri} cannot be read .*expected a place that exists"):
        read_list(uri, ())


def test_what_is_no_archive_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(b"no archive" * 100)

    with pytest.raises(UsageError, match=r"a\.tar cannot be read as tar archive"):
        read_list(tmp_path / "a.tar", ())


def test_a_file_that_is_gone_from_its_archive_fails_its_row(shard: Path) -> None:
    with (
        pytest.raises(MediaError, match=r"000000\.tar holds no absent\.png"),
        fetched(f"{shard}!/absent.png"),
    ):
        pass


def test_a_size_that_is_more_than_the_archive_holds_is_not_believed(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("a.png"), io.BytesIO(b""))
    raw = bytearray((tmp_path / "a.tar").read_bytes())
    raw[124:136] = b"77777777777\0"
    raw[148:156] = b"%06o\0 " % (sum(raw[:148]) + 8 * 32 + sum(raw[156:512]))
    (tmp_path / "a.tar").write_bytes(raw)

    with pytest.raises((MediaError, UsageError)):
        read_list(tmp_path / "a.tar", ())


def test_the_id_of_a_row_is_that_of_its_content(shard: Path, folder: Path, tmp_path: Path) -> None:
    identifier = Identifier(Job("invert", tmp_path, None, None, {"seed": 0}), "f")

    inside = identifier.id_of(Row(0, f"{shard}!/./a.png"))

    assert inside == identifier.id_of(Row(0, str(folder / "a.png")))
