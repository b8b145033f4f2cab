"""`dynode generate`: draw pictures of seeds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dynode.errors import OptionError
from dynode.generator.loading import load_generator
from dynode.latents.latents import Latents
from dynode.media.images import to_uint8
from dynode.pipeline.seeds import parse_seeds
from dynode.testing import CommandResult, run_command, tiny_generator, write_tiny_generator

SIDE = 16  # of the generator in the file


@pytest.fixture
def generated(tiny: Path, folder: Path) -> Callable[..., CommandResult]:
    """Run `dynode generate` on the tiny generator in an empty folder."""
    return lambda *arguments: run_command(["generate", "--generator", tiny, *arguments])


def pixels(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("0-3", [0, 1, 2, 3]),
        ("7", [7]),
        ("3,8,20-22", [3, 8, 20, 21, 22]),
        (" 3 , 5 - 6", None),
        ("5-5", [5]),
        ("1,1", [1, 1]),
        ("4294967295", [4294967295]),
        ("007", [7]),
    ],
)
def test_seeds_are_read(text: str, seeds: list[int] | None) -> None:
    if seeds is None:
        with pytest.raises(OptionError, match="expected seeds such as 0-15"):
            parse_seeds(text)
    else:
        assert parse_seeds(text) == seeds


def test_every_seed_draws_its_picture_in_a_grid(
    tiny: Path, generated: Callable[..., CommandResult]
) -> None:
    result = generated("--seeds", "4-6", "--columns", "2", "--truncation", "0.5", "-o", "a.png")

    generator, sheet = load_generator(tiny), pixels("a.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "a.png\n", "")
    assert sheet.shape == (2 * SIDE + 2, 2 * SIDE + 2, 3)
    for index, seed in enumerate((4, 5, 6)):
        expected = generator.synthesize(generator.sample(1, seed=seed, truncation=0.5))
        top, left = (SIDE + 2) * (index // 2), (SIDE + 2) * (index % 2)
        tile = sheet[top : top + SIDE, left : left + SIDE]
        assert np.abs(tile - to_uint8(expected)[0].numpy()).max() <= 1


@pytest.mark.parametrize(
    ("arguments", "columns", "rows"),
    [
        ([], 4, 4),
        (["--seeds", "0"], 1, 1),
        (["--seeds", "0-4"], 2, 3),
        (["--seeds", "0-4", "--columns", "5"], 5, 1),
        (["--seeds", "0-1", "--columns", "9"], 2, 1),
    ],
)
def test_the_grid_is_nearly_square_unless_told_otherwise(
    generated: Callable[..., CommandResult], arguments: list[str], columns: int, rows: int
) -> None:
    generated(*arguments)

    shape = (rows * (SIDE + 2) - 2, columns * (SIDE + 2) - 2, 3)
    assert pixels("generated.png").shape == shape


def test_noise_is_stored_fresh_or_none(generated: Callable[..., CommandResult]) -> None:
    for name, noise in (("a", "const"), ("b", "const"), ("c", "none"), ("d", "random")):
        generated("--seeds", "0", "--noise", noise, "-o", f"{name}.png")

    a, b, c, d = (pixels(f"{name}.png") for name in "abcd")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert not np.array_equal(a, d)


def test_the_codes_are_written_too(tiny: Path, generated: Callable[..., CommandResult]) -> None:
    result = generated("--seeds", "4-5", "--latents", "codes.safetensors", "-o", "a.png")

    info = load_generator(tiny).info
    codes = Latents.load("codes.safetensors", fingerprint=info.fingerprint)
    assert result.exit_code == 0
    assert tuple(codes.w.shape) == (2, info.num_layers, info.w_dim)
    assert sorted(item.name for item in Path().iterdir()) == ["a.png", "codes.safetensors"]


def test_json_is_one_document_with_stable_keys(generated: Callable[..., CommandResult]) -> None:
    result = generated("--seeds", "1,3", "--json", "-o", "a.png")

    assert result.stderr == ""
    assert json.loads(result.stdout) == {
        "output": "a.png",
        "seeds": [1, 3],
        "generator": "tiny",
    }


@pytest.mark.parametrize("taken", ["a.png", "codes.safetensors"])
def test_an_output_that_exists_is_refused_and_nothing_written(
    folder: Path, generated: Callable[..., CommandResult], taken: str
) -> None:
    Path(taken).write_text("mine")

    result = generated("--seeds", "0", "--latents", "codes.safetensors", "-o", "a.png")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"error: {taken} exists already; nothing was changed")
    assert [item.name for item in folder.iterdir()] == [taken]
    assert Path(taken).read_text() == "mine"


def test_force_overwrites_both(folder: Path, generated: Callable[..., CommandResult]) -> None:
    for name in ("a.png", "codes.safetensors"):
        Path(name).write_text("mine")

    result = generated("--latents", "codes.safetensors", "-o", "a.png", "--force")

    assert result.exit_code == 0
    assert len(Latents.load("codes.safetensors")) == 16


def test_a_name_of_no_image_is_refused_before_any_work(folder: Path) -> None:
    # Without a generator: any work would end with exit code 3.
    result = run_command(["generate", "-o", "a.mp4"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "error: cannot write a.mp4: .mp4 is no image format; use .png\n"


def test_a_generator_that_cannot_be_read_is_one_line(folder: Path) -> None:
    Path("bad.pt").write_bytes(b"\x80\x02}q\x00.")

    result = run_command(["generate", "--generator", "bad.pt"])

    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: bad.pt") and result.stderr.count("\n") == 1
    assert [item.name for item in folder.iterdir()] == ["bad.pt"]


def test_a_conditional_generator_is_drawn_too(folder: Path, tmp_path: Path) -> None:
    classes = tiny_generator(8, w_dim=6, c_dim=3, channels=2)
    path = write_tiny_generator(tmp_path / "classes.safetensors", classes)

    assert run_command(["generate", "--generator", path, "--seeds", "0-3"]).exit_code == 0
