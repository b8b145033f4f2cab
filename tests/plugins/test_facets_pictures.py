"""`dynode edit PICTURE` on the bundled world: every kind of picture works or is refused in a line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from dynode.media.images import to_uint8
from dynode.testing import run_command
from dynode_facets.render import render

pytestmark = pytest.mark.installed_plugins

Writer = Callable[[Path], Path]


def _portrait(size_px: int = 128) -> Image.Image:
    factors = torch.zeros(1, 23)
    return Image.fromarray(to_uint8(render(factors, size_px))[0].numpy())


def _png(folder: Path) -> Path:
    _portrait().save(folder / "portrait.png")
    return folder / "portrait.png"


def _larger(folder: Path) -> Path:
    _portrait(256).save(folder / "large.png")
    return folder / "large.png"


def _deep(folder: Path) -> Path:
    grey = np.asarray(_portrait().convert("L")).astype(np.uint16) * 257
    Image.fromarray(grey).save(folder / "deep.png")
    return folder / "deep.png"


def _cmyk(folder: Path) -> Path:
    _portrait().convert("CMYK").save(folder / "print.jpg", quality=95)
    return folder / "print.jpg"


def _rotated(folder: Path) -> Path:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera lay on its side: turn a quarter clockwise to show
    _portrait().rotate(90, expand=True).save(folder / "turned.jpg", exif=exif, quality=95)
    return folder / "turned.jpg"


def _gif(folder: Path) -> Path:
    _portrait().save(folder / "moving.gif", save_all=True, append_images=[_portrait()])
    return folder / "moving.gif"


def _photo(folder: Path) -> Path:
    y, x = np.mgrid[:240, :320]
    noise = np.random.RandomState(0).rand(240, 320) * 60
    sky = np.stack([90 + y / 3 + noise, 140 - y / 2 + noise, 220 - x / 3 + noise], 2)
    sky[150:] = [[40, 90, 30]]
    Image.fromarray(sky.clip(0, 255).astype(np.uint8)).save(folder / "photo.jpg")
    return folder / "photo.jpg"


def _page(folder: Path) -> Path:
    page = Image.new("RGB", (300, 400), "white")
    for line in range(10, 390, 12):
        ImageDraw.Draw(page).text((10, line), "the quick brown fox jumps over " * 2, fill="black")
    page.save(folder / "page.png")
    return folder / "page.png"


def _tiny(folder: Path) -> Path:
    Image.new("RGB", (1, 1), "red").save(folder / "tiny.png")
    return folder / "tiny.png"


def _text(folder: Path) -> Path:
    (folder / "letter.png").write_text("Dear all,\n")
    return folder / "letter.png"


def _edit(picture: Path, output: Path) -> tuple[int, str]:
    result = run_command(
        ["edit", str(picture), "--plugin", "styleclip", "--text", "smiling", "--steps", "2"]
        + ["-o", str(output)]
    )
    return result.exit_code, result.stderr


@pytest.mark.parametrize("write", [_png, _larger, _cmyk, _rotated, _gif], ids=lambda w: w.__name__)
def test_a_portrait_of_any_format_is_edited(write: Writer, tmp_path: Path) -> None:
    output = tmp_path / "out.png"

    code, told = _edit(write(tmp_path), output)

    assert code == 0, told
    with Image.open(output) as written:
        assert written.size == (2 * 128 + 2, 128)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (_photo, "not a portrait of this generator's world"),
        (_page, "not a portrait of this generator's world"),
        (_tiny, "1×1 pixels"),
        (_text, "is no image"),
    ],
    ids=["photo", "page", "tiny", "text"],
)
def test_a_stranger_is_refused_in_one_line(write: Writer, message: str, tmp_path: Path) -> None:
    output = tmp_path / "out.png"

    code, told = _edit(write(tmp_path), output)

    assert code == 1
    assert message in told
    assert told.startswith("error: ")
    assert told.count("\n") == 1
    assert not output.exists()


def test_a_grey_16_bit_portrait_works_or_is_refused_in_one_line(tmp_path: Path) -> None:
    code, told = _edit(_deep(tmp_path), tmp_path / "out.png")

    assert code == 0 or (code == 1 and told.count("\n") == 1)
