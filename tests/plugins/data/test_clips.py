"""Data sets are read from folders and zips alike, in natural order, and what troubles them is said."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynode.errors import MediaError
from dynode.testing import run_command
from dynode_data import check_clips, natural_key, open_clips, read_labels

from .made_clips import write_clips, zipped

pytestmark = pytest.mark.installed_plugins


def greens(frames: np.ndarray) -> list[int]:
    return [int(frame[0, 0, 1]) for frame in frames]


@pytest.mark.parametrize(
    ("given", "ordered"),
    [
        (["f10", "f2", "f1"], ["f1", "f2", "f10"]),
        (["a/2", "a/10", "1/b"], ["1/b", "a/2", "a/10"]),
        (["x", "2", "x1y", "x1"], ["2", "x", "x1", "x1y"]),
    ],
)
def test_digits_are_ordered_as_numbers(given: list[str], ordered: list[str]) -> None:
    assert sorted(given, key=natural_key) == ordered


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_frames_are_read_in_natural_order_at_any_depth(tmp_path: Path, packed: bool) -> None:
    folder = write_clips(tmp_path / "set", {"a/one": 12, "b/two": 3}, name="frame{}.png")
    clips = open_clips(zipped(folder) if packed else folder)

    assert [clip.name for clip in clips.clips] == ["a/one", "b/two"]
    assert greens(clips.read(0, [0, 2, 11])) == [0, 20, 110]
    assert clips.common_size() == (16, 16)


def test_pictures_of_every_kind_become_rgb(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 1})
    red = Image.new("RGB", (16, 16), (200, 0, 0))
    red.convert("P").save(folder / "one" / "000001.png")
    red.convert("RGBA").save(folder / "one" / "000002.png")
    Image.new("L", (16, 16), 7).save(folder / "one" / "000003.png")

    frames = open_clips(folder).read(0, [1, 2, 3])

    assert frames.shape == (3, 16, 16, 3)
    assert [frame[0, 0].tolist() for frame in frames][1:] == [[200, 0, 0], [7, 7, 7]]
    assert abs(int(frames[0, 0, 0, 0]) - 200) <= 26  # half a step of the palette


def test_files_that_are_no_pictures_are_named(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 2})
    (folder / "notes.txt").write_text("x")
    (folder / "dataset.json").write_text('{"labels": null}')

    with pytest.warns(UserWarning, match=r"left out of set, as they are no pictures: 'notes\.txt'"):
        clips = open_clips(folder)

    assert len(clips) == 1


def empty_zip(folder: Path) -> Path:
    zipfile.ZipFile(folder / "empty.zip", "w").close()
    return folder / "empty.zip"


def no_pictures(folder: Path) -> Path:
    (folder / "set").mkdir()
    (folder / "set" / "notes.txt").write_text("x")
    return folder / "set"


def damaged_zip(folder: Path) -> Path:
    path = zipped(write_clips(folder / "set", {"one": 2}))
    path.write_bytes(path.read_bytes()[:-30])
    return path


def a_file(folder: Path) -> Path:
    (folder / "file.bin").write_bytes(b"nothing")
    return folder / "file.bin"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (empty_zip, "empty.zip is an empty zip file"),
        (no_pictures, r"set holds no pictures \(1 other files\)"),
        (damaged_zip, "set.zip: it is a zip file without its end"),
        (a_file, "file.bin is neither a folder nor a zip file"),
        (lambda folder: folder / "nowhere", "nowhere does not exist"),
    ],
)
def test_what_is_no_data_set_is_refused_in_one_line(
    make: object, message: str, tmp_path: Path
) -> None:
    path = make(tmp_path)  # type: ignore[operator]

    with pytest.raises(Exception, match=message) as caught:
        open_clips(path)

    assert "\n" not in str(caught.value)


def test_mixed_sizes_are_refused(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 2})
    write_clips(folder, {"two": 2}, size=(32, 16))

    with pytest.raises(MediaError, match="one is 16×16 pixels and two is 16×32; .*data crop"):
        open_clips(folder).common_size()


def test_labels_come_from_the_file_or_from_folders(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"cat/one": 2, "dog/two": 2, "dog/three": 2})
    pairs = [["cat/one/000000.png", 2], ["dog/two", 0], ["dog/three/000001.png", 1]]
    (folder / "dataset.json").write_text(json.dumps({"labels": pairs}))

    of_file = read_labels(open_clips(zipped(folder, root="set/")), "file")
    of_folders = read_labels(open_clips(folder), "folders")

    assert of_file.values.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]
    assert of_folders.names == ("cat", "dog")
    assert of_folders.values.tolist() == [[1, 0], [0, 1], [0, 1]]


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ('{"labels": [["one/000000.png", 1]]}', "no label for clip two"),
        ('{"labels": [["one", 1], ["two", [0.5]]]}', "expected class numbers"),
        ('{"labels": [["one", 99999999999], ["two", 1]]}', "expected class numbers"),
        ('{"labels": [["one", 1], ["one/000001.png", 2], ["two", 1]]}', "several labels"),
        ('{"labels"', "cannot be read as labels"),
        ("[1]", "cannot be read as labels"),
    ],
)
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, labels: str, message: str) -> None:
    folder = write_clips(tmp_path / "set", {"one": 2, "two": 2})
    (folder / "dataset.json").write_text(labels)

    with pytest.raises(MediaError, match=message):
        read_labels(open_clips(folder), "file")


def test_the_check_finds_what_troubles_a_training(tmp_path: Path) -> None:
    folder = write_clips(tmp_path / "set", {"one": 11, "two": 2}, name="f{}.png")
    write_clips(folder, {"wide": 4}, size=(16, 32))
    (folder / "two" / "f1.png").write_bytes(b"\x89PNG damaged")
    (folder / "notes.txt").write_text("x")

    report = check_clips(folder, frames=3)

    assert (report.clips, report.frames, report.shortest, report.longest) == (3, 17, 2, 11)
    assert report.sizes == {(16, 16): 12, (32, 16): 4}
    assert report.short == ("two",)
    assert list(report.damaged) == ["two/f1.png"]
    assert report.odd_files == ("notes.txt",)
    assert report.order_traps == ("one",)
    assert not report.is_usable


def test_a_good_data_set_passes_the_check(tmp_path: Path) -> None:
    assert check_clips(write_clips(tmp_path / "set", {"one": 3})).is_usable


def test_a_check_counts_the_damaged_files_that_it_does_not_name(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(12):
        Image.new("RGB", (16, 16)).save(folder / f"{index:02d}.png")
    for index in range(7):
        (folder / f"{index:02d}.png").write_bytes(b"no picture")

    ran = run_command(["data", "check", folder])

    (told,) = [line for line in ran.stdout.splitlines() if line.startswith("damaged")]
    assert told.startswith("damaged: 7, 00.png is no image")
    assert told.endswith("; and 2 more, which --json names")
    assert "04.png" in told
    assert "05.png" not in told
