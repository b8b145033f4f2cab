"""`dynode edit`: from a picture, or none, to an edited one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.direction.style import StyleDirection
from dynode.generator.loading import load_generator
from dynode.latents.latents import Latents
from dynode.media.images import to_uint8
from dynode.pipeline.edit import edit
from dynode.testing import (
    CommandResult,
    run_command,
    tiny_generator,
    write_tiny_generator,
)

SIDE, ROWS, WIDTH = 16, 6, 8  # of the generator in the file

pytestmark = pytest.mark.usefixtures("brighten")


@pytest.fixture
def edited(tiny: Path, folder: Path) -> Callable[..., CommandResult]:
    """Run `dynode edit` on the tiny generator in an empty folder."""
    return lambda *arguments: run_command(["edit", "--generator", tiny, *arguments])


@pytest.fixture
def smile(tiny: Path, folder: Path) -> Path:
    """A ready direction for the tiny generator, in a folder of its own."""
    info = load_generator(tiny).info
    direction: Direction = LinearDirection(torch.linspace(-1, 1, WIDTH))
    direction = direction.with_info(name="smile", fingerprint=info.fingerprint, generator=info.name)
    path = folder.parent / "directions" / "smile.safetensors"
    direction.save(path)
    return path


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image)


def assert_failed(result: CommandResult, exit_code: int, message: str) -> None:
    """Check that nothing was told as a result, and one line as an error."""
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert message in result.stderr
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1


# What is written


def test_a_sampled_picture_is_edited_and_written_beside_the_original(
    tiny: Path, folder: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--plugin", "brighten", "--seed", "3", "-o", "out/bright.png")

    expected = edit(plugin="brighten", generator=str(tiny), seed=3)
    before, after = (
        pixels(Path("out/bright.png"))[:, :SIDE],
        pixels(Path("out/bright.png"))[:, -SIDE:],
    )
    assert (result.exit_code, result.stdout) == (0, "out/bright.png\n")
    assert np.array_equal(before, to_uint8(expected.before)[0].numpy())
    assert np.array_equal(after, to_uint8(expected.after)[0].numpy())
    assert after.mean() > before.mean()
    assert [item.name for item in Path("out").iterdir()] == ["bright.png"]


def test_results_go_to_stdout_and_the_rest_to_stderr(edited: Callable[..., CommandResult]) -> None:
    result = edited("--plugin", "brighten", "-o", "a.png")

    assert result.stdout == "a.png\n"
    assert result.stderr.startswith("edited (no scorer knows this generator")
    assert result.stderr.count("\n") == 1


def test_the_edited_picture_can_be_written_alone(edited: Callable[..., CommandResult]) -> None:
    edited("--plugin", "brighten", "-o", "pair.png")
    edited("--plugin", "brighten", "-o", "alone.png", "--edited-only")

    assert np.array_equal(pixels(Path("alone.png")), pixels(Path("pair.png"))[:, -SIDE:])


def test_strength_zero_writes_the_original_twice(edited: Callable[..., CommandResult]) -> None:
    edited("--plugin", "brighten", "--strength", "0", "-o", "a.png")

    assert np.array_equal(pixels(Path("a.png"))[:, :SIDE], pixels(Path("a.png"))[:, -SIDE:])


def test_the_same_seed_writes_the_same_file(edited: Callable[..., CommandResult]) -> None:
    for name, seed in (("a.png", "1"), ("b.png", "1"), ("c.png", "2")):
        edited("--plugin", "brighten", "--seed", seed, "-o", name)

    assert Path("a.png").read_bytes() == Path("b.png").read_bytes()
    assert Path("a.png").read_bytes() != Path("c.png").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["--plugin", "brighten"], "brighten.png"),
        (["--plugin", "brighten", "--text", "A Big Smile!"], "a-big-smile.png"),
        (["--plugin", "brighten", "--text", "../../ünïcode 😀"], "n-code.png"),
        (["--plugin", "brighten", "--text", "x" * 300], "x" * 60 + ".png"),
        (["--plugin", "brighten", "--text", "😀"], "brighten.png"),
        (["--direction", "DIRECTION"], "smile.png"),
        (["--direction", "DIRECTION:-1.5"], "smile.png"),
    ],
    ids=[
        "plugin",
        "text",
        "a text with a path",
        "a long text",
        "no letters",
        "direction",
        "strength",
    ],
)
def test_without_a_name_the_output_is_named_by_the_edit(
    edited: Callable[..., CommandResult], smile: Path, arguments: list[str], name: str
) -> None:
    result = edited(*[argument.replace("DIRECTION", str(smile)) for argument in arguments])

    assert (result.exit_code, result.stdout) == (0, f"{name}\n")
    assert [item.name for item in Path().iterdir()] == [name]


def test_json_is_one_document_with_stable_keys(
    tiny: Path, smile: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited(
        *("--plugin", "brighten", "--samples", "4", "--table", "t.csv", "--json", "--seed", "3"),
        *("--direction", f"{smile}:0.5", "--strength", "2", "-o", "a.png"),
    )

    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document.pop("seconds") >= 0
    assert [direction.pop("name") for direction in document["directions"]][0] == "smile"
    assert document == {
        "output": "a.png",
        "seed": 3,
        "plugin": "brighten",
        "options": {"samples": "4", "table": "t.csv"},
        "strength": 2.0,
        "generator": "tiny",
        "directions": [{"space": "w+", "strength": 0.5}, {"space": "w+", "strength": 1.0}],
        "expected_in_standard_deviations": document["expected_in_standard_deviations"],
        "conflicts": [],
        "changes_in_standard_deviations": {},
        "faces": [],
    }


# Options of the plugin


def test_the_options_of_a_plugin_are_flags_in_its_help(
    edited: Callable[..., CommandResult],
) -> None:
    own = edited("--plugin", "brighten", "--help").stdout
    plain = edited("--help").stdout

    lines = " ".join(own.split())
    assert "--samples INTEGER Pictures to measure. [pictures; 2 to 64; default 8]" in lines
    assert "--flat / --no-flat" in lines
    assert "--samples" not in plain


def test_of_two_plugins_the_last_is_run(edited: Callable[..., CommandResult]) -> None:
    result = edited(
        *("--plugin", "needy", "--plugin=brighten", "--samples", "4", "--json", "-o", "a.png")
    )

    assert json.loads(result.stdout)["plugin"] == "brighten"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing to do: name a method with --plugin (see 'dynode plugins') or a ready one"),
        (
            ["--plugin", "brighten", "--samples", "many"],
            "--samples of brighten is 'many'; expected",
        ),
        (
            ["--plugin", "brighten", "--samples", "1"],
            "--samples of brighten is 1, out of its range",
        ),
        (["--plugin", "brighten", "--rate", "nan"], "--rate of brighten is 'nan'; expected float"),
        (["--plugin", "brighten", "--rate", "-1"], "--rate of brighten is -1.0, out of its range"),
        (["--plugin", "needy"], "needy needs --goal: Where to go; add --goal VALUE"),
        (["--samples", "3"], "No such option '--samples'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_options_that_cannot_be_are_wrong_usage_and_write_nothing(
    folder: Path, edited: Callable[..., CommandResult], arguments: list[str], message: str
) -> None:
    result = edited(*arguments)

    assert_failed(result, 2, message)
    assert list(folder.iterdir()) == []


# Ready directions


def test_a_ready_direction_moves_by_its_strength(
    tiny: Path, smile: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--direction", f"{smile}:-1.5", "--strength", "2", "-o", "a.png")

    generator = load_generator(tiny)
    moved = load_direction(smile).apply(generator.sample(1, seed=0), -3.0)
    expected = to_uint8(generator.synthesize(moved))[0].numpy()
    assert result.exit_code == 0
    assert np.abs(pixels(Path("a.png"))[:, -SIDE:].astype(int) - expected).max() <= 1


def test_directions_and_a_plugin_stack(smile: Path, edited: Callable[..., CommandResult]) -> None:
    styles = folder_of(smile) / "styles.safetensors"
    StyleDirection({"b4.conv1": torch.ones(4)}).with_info(name="styles").save(styles)

    result = edited(
        *("--direction", smile, "--direction", f"{styles}:0.5", "--plugin", "brighten"),
        *("--json", "-o", "a.png"),
    )

    told = json.loads(result.stdout)["directions"]
    assert [(one["space"], one["strength"]) for one in told] == [("w+", 1), ("s", 0.5), ("w+", 1)]


def folder_of(path: Path) -> Path:
    return path.parent


def test_a_direction_whose_name_holds_a_colon_is_found(
    smile: Path, edited: Callable[..., CommandResult]
) -> None:
    odd = smile.rename(smile.with_name("smile:2"))

    result = edited("--direction", odd, "--json", "-o", "a.png")

    assert json.loads(result.stdout)["directions"][0]["strength"] == 1.0


def test_a_strength_that_is_no_number_is_named(
    smile: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--direction", f"{smile}:lots", "-o", "a.png")

    assert_failed(result, 2, "expected a strength after the colon")


def test_a_direction_of_another_generator_is_refused_by_name_unless_forced(
    smile: Path, edited: Callable[..., CommandResult]
) -> None:
    other = load_direction(smile).with_info(generator="ffhq", fingerprint="0123456789abcdef")
    other.save(smile)

    refused = edited("--direction", smile, "-o", "a.png")
    forced = edited("--direction", smile, "-o", "a.png", "--force")

    assert_failed(refused, 1, "direction 'smile' was found on generator ffhq (0123456789ab), this")
    assert forced.exit_code == 0


def test_a_direction_of_another_width_is_refused_even_when_forced(
    folder: Path, smile: Path, edited: Callable[..., CommandResult]
) -> None:
    LinearDirection(torch.ones(WIDTH + 1)).with_info(name="wide").save(smile)

    result = edited("--direction", smile, "-o", "a.png", "--force")

    assert_failed(
        result, 1, "direction 'wide' has shape (9,), generator tiny has 6 rows of width 8"
    )
    assert list(folder.iterdir()) == []


def test_a_checkpoint_given_for_a_direction_is_told_where_it_belongs(
    tiny: Path, folder: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--direction", tiny, "-o", "a.png")

    assert_failed(result, 1, "pass a checkpoint to --generator")
    assert list(folder.iterdir()) == []


# Sources


def test_codes_from_a_file_are_edited_one_by_one(
    tiny: Path, edited: Callable[..., CommandResult], smile: Path
) -> None:
    generator = load_generator(tiny)
    generator.sample(3, seed=5).save("codes.safetensors", fingerprint=generator.info.fingerprint)

    result = edited("codes.safetensors", "--direction", smile, "-o", "a.png")

    # Three rows of two pictures, with two pixels between them.
    assert result.exit_code == 0
    assert pixels(Path("a.png")).shape == (3 * SIDE + 4, 2 * SIDE + 2, 3)


def test_what_is_found_for_each_picture_moves_that_picture_alone(
    tiny: Path, folder: Path, edited: Callable[..., CommandResult]
) -> None:
    generator = load_generator(tiny)
    latents = generator.sample(2, seed=5)
    latents.save("codes.safetensors")

    result = edited("codes.safetensors", "--plugin", "both", "-o", "a.png", "--json")

    w = latents.w.clone()
    w[0, 0] += 1.0
    w[1, 1] += 1.0
    expected = to_uint8(generator.synthesize(Latents(w))).numpy()
    drawn = pixels(Path("a.png"))
    told = json.loads(result.stdout)["directions"]
    assert [one["strength"] for one in told] == [[1.0, 0.0], [0.0, 1.0]]
    for index, tile in enumerate(expected):
        top = index * (SIDE + 2)
        found = drawn[top : top + SIDE, -SIDE:].astype(int)
        assert np.abs(found - tile).max() <= 1


def test_a_sweep_over_what_was_found_for_several_pictures_draws_the_first(
    tiny: Path, folder: Path, edited: Callable[..., CommandResult]
) -> None:
    load_generator(tiny).sample(2, seed=5).save("codes.safetensors")

    result = edited("codes.safetensors", "--plugin", "both", "--sweep", "0:1:3", "-o", "a.png")

    assert result.exit_code == 0
    assert pixels(Path("a.png")).shape == (SIDE, 3 * SIDE + 4, 3)


def test_codes_of_another_generator_are_refused(
    folder: Path, edited: Callable[..., CommandResult]
) -> None:
    other = tiny_generator(16, w_dim=8, channels=4, seed=1)
    other.sample(1, seed=0).save("codes.safetensors", fingerprint=other.info.fingerprint)

    result = edited("codes.safetensors", "--plugin", "brighten", "-o", "a.png")

    assert_failed(result, 1, "the latents in codes.safetensors belong to generator ")
    assert not Path("a.png").exists()


@pytest.mark.parametrize(
    ("name", "content", "exit_code", "message"),
    [
        ("no-such.png", None, 1, "no-such.png does not exist"),
        ("no-such.safetensors", None, 1, "no-such.safetensors does not exist"),
        ("diary.png", b"Dear diary,", 1, "diary.png is no image"),
        ("codes.safetensors", b"Dear diary,", 1, "codes.safetensors cannot be read as safetensors"),
        (".", None, 1, "is a folder"),
    ],
)
def test_a_source_that_cannot_be_read_is_told(
    folder: Path,
    edited: Callable[..., CommandResult],
    name: str,
    content: bytes | None,
    exit_code: int,
    message: str,
) -> None:
    if content is not None:
        Path(name).write_bytes(content)

    result = edited(name, "--plugin", "brighten", "-o", "a.png")

    assert_failed(result, exit_code, message)
    assert not Path("a.png").exists()


def test_a_picture_without_an_inverter_needs_one(
    folder: Path, edited: Callable[..., CommandResult]
) -> None:
    Image.new("RGB", (32, 32)).save("face.png")

    result = edited("face.png", "--plugin", "brighten", "-o", "a.png")

    assert_failed(result, 3, "no inverter is installed for noise")


# Sweeps


def test_a_sweep_is_a_strip_of_strengths(
    tiny: Path, smile: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--direction", smile, "--sweep", "-2:2:5", "-o", "a.png")

    generator, direction = load_generator(tiny), load_direction(smile)
    latents = generator.sample(1, seed=0)
    strip = pixels(Path("a.png")).astype(int)
    assert result.exit_code == 0
    for index, strength in enumerate((-2.0, -1.0, 0.0, 1.0, 2.0)):
        expected = to_uint8(generator.synthesize(direction.apply(latents, strength)))[0].numpy()
        left = index * (SIDE + 2)
        assert np.abs(strip[:, left : left + SIDE] - expected).max() <= 1


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_sweep_can_be_a_video(
    smile: Path, edited: Callable[..., CommandResult], suffix: str
) -> None:
    import imageio.v3 as iio

    name = f"a{suffix}"
    result = edited("--direction", smile, "--sweep", "-2:2:6", "--fps", "10", "-o", name)

    plugin = {} if suffix == ".gif" else {"plugin": "pyav"}
    assert (result.exit_code, result.stdout) == (0, f"{name}\n")
    assert np.asarray(iio.imread(name, **plugin)).shape == (6, SIDE, SIDE, 3)


def test_a_video_without_a_sweep_is_told_how(
    folder: Path, edited: Callable[..., CommandResult]
) -> None:
    result = edited("--plugin", "brighten", "-o", "a.mp4")

    assert_failed(result, 2, "add --sweep -2:2:50 for a video")


# Never overwritten, never half written


def test_an_output_that_exists_is_refused_before_any_work(
    tmp_path: Path, folder: Path, edited: Callable[..., CommandResult]
) -> None:
    Path("a.png").write_text("mine")

    # Whatever the method does would show: it would fail.
    result = edited("--plugin", "brighten", "--fail", "value", "-o", "a.png")

    assert_failed(
        result, 2, "a.png exists already; nothing was changed: choose another name with -o"
    )
    assert Path("a.png").read_text() == "mine"


def test_force_overwrites(folder: Path, edited: Callable[..., CommandResult]) -> None:
    Path("a.png").write_text("mine")

    assert edited("--plugin", "brighten", "-o", "a.png", "--force").exit_code == 0
    assert pixels(Path("a.png")).shape == (SIDE, 2 * SIDE + 2, 3)


@pytest.mark.parametrize("fail", ["value", "interrupt", "os"])
def test_after_a_failure_an_earlier_file_is_whole_and_nothing_else_is_there(
    folder: Path, edited: Callable[..., CommandResult], fail: str
) -> None:
    Path("a.png").write_text("mine")

    edited("--plugin", "brighten", "--fail", fail, "-o", "a.png", "--force")

    assert Path("a.png").read_text() == "mine"
    assert [item.name for item in folder.iterdir()] == ["a.png"]


@pytest.mark.parametrize("name", ["a.png", "a.mp4"])
def test_a_disk_that_is_full_leaves_nothing(
    folder: Path,
    smile: Path,
    edited: Callable[..., CommandResult],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)

    result = edited("--direction", smile, "--sweep", "0:1:2", "-o", name)

    assert_failed(result, 1, f"{name}: No space left on device; nothing was changed: make room")
    assert list(folder.iterdir()) == []


# The Python behind it


def test_the_latents_of_an_edit_can_be_optimised_further(tiny: Path) -> None:
    result = edit(plugin="brighten", generator=str(tiny))
    w = result.latents.w.clone().requires_grad_()

    (w * result.latents.w).sum().backward()

    assert w.grad is not None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"txt": "x"}, "unknown option of brighten 'txt'; did you mean 'text'?"),
        ({"samples": 3.5}, "--samples of brighten is 3.5; expected int"),
    ],
    ids=["misspelt", "wrong type"],
)
def test_keywords_are_checked_like_flags(tiny: Path, options: dict[str, Any], message: str) -> None:
    from dynode.errors import UsageError

    with pytest.raises(UsageError) as caught:
        edit(plugin="brighten", generator=str(tiny), **options)

    assert message in str(caught.value)


def test_options_without_a_plugin_are_refused(tiny: Path, smile: Path) -> None:
    from dynode.errors import OptionError

    with pytest.raises(OptionError, match="directions, a list"):
        edit(direction="smile")
    with pytest.raises(OptionError, match="samples given without --plugin"):
        edit(directions=[(smile, 1.0)], generator=str(tiny), samples=3)


def test_another_generator_takes_the_same_command(folder: Path, tmp_path: Path) -> None:
    path = write_tiny_generator(
        tmp_path / "other.safetensors", tiny_generator(8, w_dim=5, channels=3)
    )

    result = run_command(
        ["edit", "--generator", path, "--plugin", "brighten", "-o", folder / "a.png"]
    )

    assert result.exit_code == 0
    assert pixels(Path("a.png")).shape == (8, 18, 3)
