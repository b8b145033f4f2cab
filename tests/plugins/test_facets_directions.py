"""The ready directions of the bundled generator, and the recipe that found them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

import dynode
from dynode.direction.base import Direction
from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.errors import UsageError
from dynode.generator.population import draw_z
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import run_command
from dynode_facets.bundled import load_generator
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD
from dynode_facets.plugin import FacetsGenerator
from dynode_facets.training.directions import LIBRARY, DirectionsRecipe, find_library
from dynode_facets.w_space import factors_of, mean_code
from dynode_worlds.training.library import Ready

pytestmark = pytest.mark.installed_plugins

FOLDER = FacetsGenerator.directions
QUICK = DirectionsRecipe(samples=100, ratio=0.2, conditions=1, pictures=4, only=("eyes-closed",))


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    loaded = load_generator("cpu")
    assert isinstance(loaded, StyleGAN2)
    return loaded


def planted(direction: Direction) -> dict[str, float]:
    """What strength 1 does to the factors behind the code, in standard deviations.

    The code space is an affine picture of the factors, so this is exact and draws nothing.
    """
    assert isinstance(direction, LinearDirection)
    mean = mean_code()
    moved = factors_of(mean + direction.info.scale * direction.delta.double()) - factors_of(mean)
    return dict(zip(FACTOR_NAMES, (moved / FACTOR_STD).tolist(), strict=True))


def shipped(ready: Ready) -> Direction:
    return load_direction(FOLDER / f"{ready.name}.safetensors")


@pytest.mark.parametrize("ready", LIBRARY, ids=lambda ready: ready.name)
def test_a_ready_direction_tells_what_it_was_measured_to_do(
    ready: Ready, generator: StyleGAN2
) -> None:
    info = shipped(ready).info

    wanted = -1 if ready.is_lowering else 1
    assert info.name == ready.name
    assert info.fingerprint == generator.info.fingerprint
    assert info.calibration.attribute == ready.factor
    assert info.calibration.effect == pytest.approx(wanted, abs=0.05)
    assert set(info.calibration.leakage) == set(FACTOR_NAMES) - {ready.factor}


@pytest.mark.parametrize("ready", LIBRARY, ids=lambda ready: ready.name)
def test_a_ready_direction_moves_the_planted_factor_and_little_else(ready: Ready) -> None:
    changes = planted(shipped(ready))

    own = changes.pop(ready.factor) * (-1 if ready.is_lowering else 1)
    # The scorer's reading flattens at the ends of a factor, so the planted one moves further.
    assert 0.9 < own < 1.5
    assert max(map(abs, changes.values())) < 0.25 * own


def test_ready_directions_are_listed_and_edit_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path / "cache"))
    listed = run_command(["directions", "list", "--json"])
    edited = run_command(
        ["edit", "--direction", "smile:1.5", "--seed", "3", "-o", str(tmp_path / "a.png"), "--json"]
    )

    assert {row["name"] for row in json.loads(listed.stdout)} >= {ready.name for ready in LIBRARY}
    changes = json.loads(edited.stdout)["changes_in_standard_deviations"]
    assert max(changes, key=lambda name: abs(changes[name])) == "smile"
    assert changes["smile"] > 0.75


@pytest.mark.slow
def test_the_recipe_finds_the_direction_again_from_few_pictures(
    tmp_path: Path, generator: StyleGAN2
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"

    find_library(first, QUICK, folder=tmp_path / "run", generator=generator)
    find_library(second, QUICK, folder=tmp_path / "run", generator=generator)

    (path,), (again,) = first.iterdir(), second.iterdir()
    changes = planted(load_direction(path))
    assert min(changes, key=lambda name: changes[name]) == "eye_open"
    assert again.read_bytes() == path.read_bytes()


@pytest.mark.slow
def test_the_planted_factors_of_as_many_codes_give_the_shipped_boundary(
    tmp_path: Path, generator: StyleGAN2
) -> None:
    """The recipe with the truth instead of the scorer's reading, which needs no pictures."""
    count = 10_000
    info = generator.info
    z = torch.cat([draw_z(info, 1, seed=seed) for seed in range(count)])
    with torch.inference_mode():
        truth = factors_of(generator.map(z).w[:, 0].double())
    column = FACTOR_NAMES.index("smile")
    labels = tmp_path / "labels.csv"
    rows = [f"{seed},{value:.6f}" for seed, value in enumerate(truth[:, column].tolist())]
    labels.write_text("\n".join(["seed,smile", *rows]))

    found = dynode.find("interfacegan", generator, labels=labels)

    ready = load_direction(FOLDER / "smile.safetensors")
    assert isinstance(found, LinearDirection) and isinstance(ready, LinearDirection)
    # 140 training samples at each end in 23 dimensions: neither is exact.
    assert float(found.delta.double() @ ready.delta.double()) > 0.95


def test_a_name_that_is_none_of_the_library_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no ready direction is called 'smirk'"):
        find_library(tmp_path, DirectionsRecipe(only=("smirk",)), folder=tmp_path / "run")


def test_a_direction_that_is_there_is_left_alone(tmp_path: Path, generator: StyleGAN2) -> None:
    made = tmp_path / "eyes-closed.safetensors"
    made.write_bytes(b"precious")

    find_library(tmp_path, QUICK, folder=tmp_path / "run", generator=generator)

    assert made.read_bytes() == b"precious"


def test_scores_of_something_else_are_refused(tmp_path: Path, generator: StyleGAN2) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / f"scores-{generator.info.fingerprint[:12]}.csv").write_text("seed,smile\n0,1\n")

    with pytest.raises(UsageError, match="holds other scores"):
        find_library(tmp_path / "out", QUICK, folder=run, generator=generator)


def test_a_strength_that_a_picture_does_not_follow_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    # Seed 2 wears glasses, seed 0 does not.
    followed, short = (
        run_command(["edit", "--direction", "glasses:3", "--seed", seed, "-o", f"{seed}.png"])
        for seed in ("0", "2")
    )

    assert "effect: glasses +2" in followed.stderr and "falls short" not in followed.stderr
    assert "falls short: glasses moved by +" in short.stderr
