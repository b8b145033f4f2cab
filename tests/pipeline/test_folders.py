"""Of a folder, every file is inverted or named with its reason; its name decides nothing."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import dynode
from dynode.errors import MediaError, UsageError
from dynode.files import check_free
from dynode.latents.latents import Latents
from dynode.media.picture_set import look_into
from dynode.testing.videos import write_test_video


def grey() -> Image.Image:
    return Image.new("RGB", (32, 32), (90, 90, 90))


def still(format: str) -> Callable[[Path], object]:
    return lambda path: grey().save(path, format)


def moving(format: str) -> Callable[[Path], object]:
    more = [Image.new("RGB", (32, 32), (30 * index,) * 3) for index in range(3)]
    return lambda path: grey().save(path, format, save_all=True, append_images=more)


def clip(path: Path) -> None:
    os.replace(write_test_video(path.with_suffix(".mp4"), frames=3, sound=""), path)


def codes(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros((1, 6, 8), np.float32))


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("name", "write"),
    [
        pytest.param("b.avif", still("AVIF"), id="AVIF in a folder"),
        pytest.param("b.jp2", still("JPEG2000"), id="JPEG 2000 in a folder"),
        pytest.param("b.tga", still("TGA"), id="TGA in a folder"),
        pytest.param("b.jfif", still("JPEG"), id="JPEG named jfif in a folder"),
        pytest.param("b", still("PNG"), id="PNG without a suffix in a folder"),
        pytest.param("b.mp4", still("PNG"), id="PNG named mp4 in a folder"),
        pytest.param("b.gif", still("GIF"), id="GIF of one frame in a folder"),
    ],
)
def test_a_picture_of_any_name_is_inverted(
    tmp_path: Path, inverter: Any, generator: Any, name: str, write: Callable[[Path], object]
) -> None:
    grey().save(tmp_path / "a.png")
    write(tmp_path / name)

    found = dynode.invert(tmp_path, generator)

    assert found.names == ("a.png", name)
    assert found.failures == {}


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        pytest.param("b.m4v", clip, "is a clip; give it by itself", id="clip beside pictures"),
        pytest.param("b.png", clip, "is a clip", id="clip named png beside pictures"),
        pytest.param("b.webp", moving("WEBP"), "is a clip", id="moving WebP beside pictures"),
        pytest.param("b.gif", moving("GIF"), "is a clip", id="moving GIF beside pictures"),
        pytest.param(
            "b.heic", lambda path: path.write_text("no"), "is no image", id="text named heic"
        ),
        pytest.param(
            "b.png", lambda path: path.write_bytes(b"%!PS-Adobe"), "PostScript", id="EPS named png"
        ),
        pytest.param(
            "b.png", lambda path: path.symlink_to("gone"), "does not exist", id="link to nothing"
        ),
    ],
)
def test_what_cannot_be_inverted_is_a_failure(
    tmp_path: Path,
    inverter: Any,
    generator: Any,
    name: str,
    write: Callable[[Path], object],
    told: str,
) -> None:
    grey().save(tmp_path / "a.png")
    write(tmp_path / name)

    found = dynode.invert(tmp_path, generator)

    assert found.names == ("a.png",)
    assert set(found.failures) == {name}
    assert told in found.failures[name]


@pytest.mark.robust(kind="D")
@pytest.mark.parametrize(
    ("name", "write", "told"),
    [
        pytest.param("notes.txt", lambda path: path.write_text("x"), "is no picture", id="notes"),
        pytest.param("more", lambda path: path.mkdir(), "is a folder", id="folder inside"),
        pytest.param("codes.npy", codes, "holds arrays or weights", id="codes beside pictures"),
        pytest.param(".b.png", still("PNG"), "is hidden; rename it", id="hidden picture"),
        pytest.param(
            "b.zip",
            lambda path: zipfile.ZipFile(path, "w").writestr("a.png", b"x"),
            "is an archive",
            id="archive beside pictures",
        ),
    ],
)
def test_what_is_no_picture_is_named(
    tmp_path: Path,
    inverter: Any,
    generator: Any,
    name: str,
    write: Callable[[Path], object],
    told: str,
) -> None:
    grey().save(tmp_path / "a.png")
    write(tmp_path / name)

    with pytest.warns(UserWarning, match=f"left out of {tmp_path.name}: {name} {told}"):
        found = dynode.invert(tmp_path, generator)

    assert found.names == ("a.png",) and found.failures == {}


def test_every_entry_is_in_one_place(tmp_path: Path) -> None:
    grey().save(tmp_path / "a.png")
    clip(tmp_path / "b.png")
    (tmp_path / "c.txt").write_text("x")
    (tmp_path / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    Latents(dynode.testing.tiny_generator().sample(1, seed=0).w).save(tmp_path / "d.safetensors")

    content = look_into(tmp_path)

    assert [path.name for path in content.pictures] == ["a.png"]
    assert set(content.clips) == {"b.png"}
    assert set(content.others) == {"c.txt", "d.safetensors"}


def test_a_folder_of_clips_alone_says_so(tmp_path: Path, inverter: Any, generator: Any) -> None:
    clip(tmp_path / "b.mp4")

    with pytest.raises(
        MediaError, match=r"holds no pictures \(b\.mp4 is a clip; give it by itself"
    ):
        dynode.invert(tmp_path, generator)


@pytest.mark.robust(kind="D", member="- as an output")
def test_standard_output_is_refused_in_its_own_line() -> None:
    with pytest.raises(UsageError, match="'-' would be standard output.*name a file with -o"):
        check_free(Path("-"), force=True)
