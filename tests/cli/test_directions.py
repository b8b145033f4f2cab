"""`dynode directions`: list, show, import, export, map and calibrate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dynode import (
    LinearDirection,
    MapperDirection,
    StyleDirection,
    WeightDirection,
    ZDirection,
    load_direction,
    plugins,
)
from dynode.direction.base import Direction
from dynode.direction.networks import RowMapper, StyleMapper
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.testing import PixelScorer, run_command, tiny_generator, write_tiny_generator

WIDTH = 16


@pytest.fixture(scope="session")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny generator that the pixel scorer knows."""
    path = tmp_path_factory.mktemp("generators") / "noise.safetensors"
    return write_tiny_generator(path, tiny_generator(16, w_dim=WIDTH, channels=8))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    return tmp_path


@pytest.fixture
def components() -> None:
    """A plugin whose format holds many directions in one file."""
    from dynode_ganspace import plugin

    plugins.registry().register(plugin, "the test")


@pytest.fixture
def smile(here: Path) -> LinearDirection:
    """A direction in the file smile.safetensors."""
    delta = torch.randn(WIDTH, generator=torch.Generator().manual_seed(0))
    direction = LinearDirection(delta).with_info(name="smile", licence="MIT")
    direction.save(here / "smile.safetensors")
    assert isinstance(direction, LinearDirection)
    return direction


def run(*arguments: Any) -> str:
    """Run a command that must succeed and return its stdout."""
    result = run_command(["directions", *map(str, arguments)])
    assert result.exit_code == 0, result.stderr
    return result.stdout


def refused(*arguments: Any) -> str:
    """Run a command that must fail in one line and return that line."""
    result = run_command(["directions", *map(str, arguments)])
    assert result.exit_code in (1, 2, 3)
    assert result.stdout == ""
    assert result.stderr.startswith("error: ") and result.stderr.count("\n") == 1
    return result.stderr


def test_own_directions_are_listed_and_can_be_named(
    here: Path, smile: LinearDirection, noise: Path
) -> None:
    smile.save(here / "cache" / "directions" / "grin.safetensors")

    rows = json.loads(run("list", "--json"))
    edited = run_command(["edit", "--direction", "grin:2", "--generator", noise, "-o", "a.png"])

    assert [row["name"] for row in rows] == ["grin"]
    assert edited.exit_code == 0


def test_a_folder_can_be_listed(here: Path, smile: LinearDirection) -> None:
    assert run("list", here).split()[:3] == ["smile", "?", "w+"]


def test_a_file_in_the_folder_that_is_no_direction_is_skipped_and_told(
    here: Path, smile: LinearDirection
) -> None:
    (here / "junk.safetensors").write_bytes(b"junk")

    result = run_command(["directions", "list", here])

    assert result.exit_code == 0
    assert "skipped: junk.safetensors" in result.stderr
    assert "smile" in result.stdout


def test_a_direction_is_shown_with_a_strip(smile: LinearDirection, noise: Path) -> None:
    out = run("show", "smile.safetensors", "--generator", noise, "--count", "2", "-o", "strip.png")

    assert "licence" in out and "MIT" in out
    with Image.open("strip.png") as strip:
        assert strip.size == (5 * 16 + 4 * 2, 2 * 16 + 2)  # five strengths, two seeds, gaps of 2


def test_the_middle_of_the_strip_is_the_sampled_picture(
    smile: LinearDirection, noise: Path
) -> None:
    from dynode.generator.loading import load_generator
    from dynode.media.images import to_uint8

    run("show", "smile.safetensors", "--generator", noise, "--count", "1", "--seed", "4")

    generator = load_generator(noise)
    picture = to_uint8(generator.synthesize(generator.sample(1, seed=4)))[0].numpy()
    with Image.open("smile.png") as strip:
        assert np.array_equal(np.asarray(strip)[:, 36:52], picture)


def every_kind() -> dict[str, Direction]:
    """One direction of every kind that fits the generator `noise`."""
    rows, styles = RowMapper([(0, 2)], WIDTH), StyleMapper({"b16.conv1": 8})
    return {
        "z": ZDirection(torch.ones(WIDTH)),
        "one vector": LinearDirection(torch.ones(WIDTH)),
        "one a row": LinearDirection(torch.ones(6, WIDTH)),
        "styles": StyleDirection({"b16.torgb": torch.ones(8)}),
        "weights": WeightDirection("b16.torgb", torch.ones(3, 8, 1, 1)),
        "mapper": MapperDirection(rows.requires_grad_(False)),
        "style mapper": StyleMapperDirection(styles.requires_grad_(False)),
    }


@pytest.mark.parametrize("kind", every_kind())
def test_every_kind_is_shown_with_its_strip(here: Path, noise: Path, kind: str) -> None:
    every_kind()[kind].with_info(name="kind").save("kind.safetensors")

    out = run("show", "kind.safetensors", "--generator", noise, "--count", "1")

    assert "moves" in out
    with Image.open("kind.png") as strip:
        columns = np.asarray(strip, dtype=float)
    assert np.abs(columns[:, :16] - columns[:, -16:]).max() > 0


def test_json_tells_the_facts_with_stable_keys(smile: LinearDirection) -> None:
    document = json.loads(run("show", "smile.safetensors", "--no-strip", "--json"))

    assert document["name"] == "smile"
    assert document["moves"] == "every row of W+, width 16"
    assert document["length"] == pytest.approx(float(smile.delta.norm()), abs=1e-5)
    assert document["calibration"]["attribute"] == ""


@pytest.mark.installed_plugins
def test_a_published_file_is_imported_shown_and_exported_equal(here: Path) -> None:
    array = np.random.RandomState(0).randn(1, WIDTH)
    np.save("stylegan_ffhq_age_w_boundary.npy", array)

    written = run("import", "stylegan_ffhq_age_w_boundary.npy", "--licence", "MIT")
    run("export", written.strip(), "back.npy")

    assert written == "age.safetensors\n"
    assert "MIT" in run("show", "age.safetensors", "--no-strip")
    assert "MIT" not in run("show", "stylegan_ffhq_age_w_boundary.npy", "--no-strip")
    assert np.array_equal(np.load("back.npy"), array)


def test_a_published_file_edits_without_being_imported_first(here: Path, noise: Path) -> None:
    np.save("age.npy", np.ones((1, WIDTH)))
    np.savez("two.npz", up=np.ones((1, WIDTH)), down=-np.ones((1, WIDTH)))
    np.save("codes.npy", np.random.RandomState(0).randn(3, 6, WIDTH))

    edit = ["edit", "--generator", noise, "-o", "a.png", "--direction"]
    edited = run_command([*edit, "age.npy:2"])
    several = run_command([*edit, "two.npz", "--force"])
    codes = run_command([*edit, "codes.npy", "--force"])

    assert edited.exit_code == 0
    assert "two.npz holds 2 directions (up, down); expected one" in several.stderr
    assert "codes.npy holds latent codes, not a direction" in codes.stderr


def test_what_was_imported_is_told_kind_by_kind(here: Path) -> None:
    np.savez("mixed.npz", up=np.ones((1, WIDTH)), down=-np.ones(WIDTH), each=np.ones((6, WIDTH)))

    told = run_command(["directions", "import", "mixed.npz", "-o", "out"]).stderr

    assert "2 × every row of W+, width 16" in told
    assert "1 × 6 rows of W+ of width 16, each its own way" in told


@pytest.mark.usefixtures("components")
def test_many_directions_go_into_a_folder_or_one_of_them_into_a_file(here: Path) -> None:
    torch.save({"comp": torch.eye(4)[:, None], "std": torch.ones(4)}, "pca.pt")

    listed = run("import", "pca.pt", "-o", "parts").split()
    run("import", "pca.pt", "--component", "2", "-o", "third.safetensors")
    run("import", "pca.pt", "--key", "component-1", "-o", "second.safetensors")

    assert len(listed) == 4
    third, second = load_direction("third.safetensors"), load_direction("second.safetensors")
    assert isinstance(third, LinearDirection) and isinstance(second, LinearDirection)
    assert third.delta.tolist() == [0, 0, 1, 0]
    assert second.delta.tolist() == [0, 1, 0, 0]


@pytest.mark.robust(kind="M")
@pytest.mark.parametrize(
    ("rows", "moved"),
    [("0", [0]), ("1-2", [1, 2]), ("0,2", [0, 2])],
    ids=["one row of a component", "a range of rows", "rows one by one"],
)
def test_an_imported_component_moves_the_rows_that_are_named(
    here: Path, noise: Path, rows: str, moved: list[int]
) -> None:
    from dynode.generator.loading import load_generator

    generator = load_generator(noise)
    np.save("flat.npy", np.ones((1, generator.info.w_dim), np.float32))

    run("import", "flat.npy", "--generator", noise, "--rows", rows, "-o", "rows.safetensors")

    codes = generator.sample(1, seed=0)
    change = load_direction("rows.safetensors").apply(codes, 1.0).w - codes.w
    assert change[0].abs().amax(1).nonzero().flatten().tolist() == moved


def test_rows_without_a_generator_to_count_them_are_refused(here: Path) -> None:
    np.save("flat.npy", np.ones((1, 8), np.float32))

    result = run_command(["directions", "import", "flat.npy", "--rows", "0-1"])

    assert result.exit_code == 2
    assert "add --generator NAME" in result.stderr


def test_an_imported_direction_is_tied_to_the_generator_that_is_named(
    here: Path, noise: Path
) -> None:
    from dynode.generator.loading import load_generator

    np.save("age.npy", np.ones((1, WIDTH)))

    run("import", "age.npy", "--generator", noise)

    tied = load_direction("age.safetensors").info
    assert tied.fingerprint == load_generator(noise).info.fingerprint


def test_codes_become_a_latents_file(here: Path) -> None:
    from dynode import Latents

    np.save("clip.npy", np.random.RandomState(0).randn(3, 6, WIDTH))

    run("import", "clip.npy", "--as", "codes", "-o", "codes.safetensors")

    assert len(Latents.load("codes.safetensors")) == 3


def test_a_direction_in_z_is_carried_to_w(here: Path, noise: Path) -> None:
    ZDirection(torch.ones(WIDTH)).with_info(name="up").save("up.safetensors")

    run("map", "up.safetensors", "--generator", noise)

    assert load_direction("up-w.safetensors").space == "w+"


@pytest.fixture
def pixels() -> None:
    plugins.registry().scorers.add(PixelScorer(), "test")


@pytest.fixture
def rosy(here: Path, noise: Path) -> StyleDirection:
    """A direction in rosy.safetensors whose effect on warmth is proportional to its strength."""
    direction = StyleDirection({"b16.torgb": torch.ones(8)}).with_info(name="rosy")
    direction.save(here / "rosy.safetensors")
    assert isinstance(direction, StyleDirection)
    return direction


@pytest.mark.usefixtures("pixels")
def test_a_direction_is_calibrated_in_its_file(rosy: StyleDirection, noise: Path) -> None:
    run(
        *("calibrate", "rosy.safetensors", "--attribute", "warm", "--samples", "8"),
        *("--generator", noise),
    )

    calibrated = load_direction("rosy.safetensors")
    assert isinstance(calibrated, StyleDirection)
    assert calibrated.info.calibration.effect == pytest.approx(1.0, abs=0.021)  # it stops at 2 %
    assert torch.equal(calibrated.delta["b16.torgb"], rosy.delta["b16.torgb"])


@pytest.mark.usefixtures("pixels", "rosy")
def test_an_edit_tells_effect_leakage_and_conflicts(noise: Path) -> None:
    run(
        *("calibrate", "rosy.safetensors", "--attribute", "warm", "--samples", "8"),
        *("--generator", noise),
    )

    result = run_command(
        ["edit", "--generator", noise, "-o", "a.png"]
        + ["--direction", "rosy.safetensors:1.5", "--direction", "rosy.safetensors:-1"]
    )

    assert result.exit_code == 0
    assert "conflict: 'rosy' raises warm by 1.5 and 'rosy' lowers it by 1.0" in result.stderr
    assert "effect: warm" in result.stderr and "leakage:" in result.stderr


@pytest.mark.usefixtures("components")
def test_what_cannot_be_is_refused_in_one_line(smile: LinearDirection, noise: Path) -> None:
    np.save("codes.npy", np.random.randn(3, 6, WIDTH))
    np.save("wide.npy", np.ones((1, 2 * WIDTH)))
    torch.save({"comp": torch.eye(4)[:, None], "std": torch.ones(4)}, "pca.pt")
    LinearDirection(torch.zeros(WIDTH)).save("zero.safetensors")

    lines = {
        "the offset in zero.safetensors is zero everywhere": ("show", "zero.safetensors"),
        "holds latent codes, not a direction": ("import", "codes.npy"),
        "exists already": ("import", "wide.npy", "-o", "smile.safetensors"),
        "4 directions do not fit into one.safetensors": (
            "import",
            "pca.pt",
            "-o",
            "one.safetensors",
        ),
        "--component is 9; the file holds 4": ("import", "pca.pt", "--component", "9"),
        "did you mean 'component-0'": ("import", "pca.pt", "--key", "component-0x"),
        "has shape (32,), generator": ("import", "wide.npy", "--generator", noise),
        "unknown direction file or name 'smlie'": ("show", "smlie"),
        "only one in Z can be carried": ("map", "smile.safetensors", "--generator", noise),
        "no scorer knows the pictures": ("calibrate", "smile.safetensors", "--generator", noise),
        "expected .npy or .pt (arrays)": ("export", "smile.safetensors", "smile.txt"),
        "--sweep is '1'": ("show", "smile.safetensors", "--sweep", "1"),
        "cannot be opened": ("import", "absent.npy"),
        "is a checkpoint of a network": ("import", noise),
        "does not exist": ("list", "absent"),
    }

    for message, arguments in lines.items():
        assert message in refused(*arguments)


def test_a_direction_given_as_the_source_of_an_edit_is_named_as_such(
    smile: LinearDirection, noise: Path
) -> None:
    np.save("d_latent.npy", 0.1 * np.random.randn(1, 6, WIDTH))

    for source in ("smile.safetensors", "d_latent.npy"):
        result = run_command(
            ["edit", source, "--direction", "smile.safetensors", "--generator", noise]
        )
        assert result.exit_code == 1
        assert "direction" in result.stderr and result.stderr.count("\n") == 1
