"""Results show themselves: short in print, as a picture in a notebook."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

import dynode
from dynode import testing

LONGEST = 160  # characters; a line of a terminal or two


@pytest.fixture
def results(generator: Any, inverter: Any) -> dict[str, Any]:
    up = dynode.LinearDirection(torch.ones(64)).with_info(name="up " * 40)
    latents = generator.sample(2, seed=0)
    times = torch.tensor([0.0, 1.0])
    quick = dynode.FitOptions(steps=2, shooting=0, width=4)
    return {
        "latents": latents.add_styles({}),
        "direction": up,
        "stack": dynode.EditStack().then(up, 1.0),
        "generator": generator,
        "edit": dynode.edit(latents, directions=up, generator=generator),
        "generated": dynode.generate("0-2", generator=generator),
        "inversion": dynode.invert(torch.zeros(2, 3, 32, 32), generator),
        "animation": dynode.animate(latents[0], up, generator=generator, frames=60),
        "trajectory": dynode.fit_trajectory(latents, times, options=quick),
    }


def test_every_result_is_a_line_in_print(results: dict[str, Any]) -> None:
    lengths = {name: len(repr(result)) for name, result in results.items()}

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
    assert all("\n" not in repr(result) for result in results.values())


@pytest.mark.parametrize("name", ["edit", "generated", "inversion", "animation"])
def test_a_result_is_a_picture(name: str, results: dict[str, Any]) -> None:
    picture = results[name].image()

    shown = Image.open(io.BytesIO(results[name]._repr_png_()))
    assert (picture.mode, shown.size) == ("RGB", picture.size)
    assert shown.tobytes() == picture.tobytes()


def test_what_is_shown_is_what_is_saved(results: dict[str, Any], tmp_path: Path) -> None:
    results["edit"].save(tmp_path / "a.png")

    assert Image.open(tmp_path / "a.png").tobytes() == results["edit"].image().tobytes()


def test_an_animation_plays_small(results: dict[str, Any]) -> None:
    told = results["animation"]._repr_html_()

    content = base64.b64decode(told.split("base64,")[1].split('"')[0])
    clip = Image.open(io.BytesIO(content))
    assert (clip.n_frames, clip.format) == (30, "WEBP")  # every second of 60


def test_an_inversion_that_knows_no_generator_says_so(results: dict[str, Any]) -> None:
    lonely = dynode.Inversion(results["latents"], ("0", "1"), {})

    with pytest.raises(dynode.DynodeError, match="know no generator"):
        lonely.image()


@pytest.mark.parametrize("package", [dynode, dynode.direction, testing], ids=lambda p: p.__name__)
def test_completion_knows_every_public_name(package: Any) -> None:
    assert set(package.__all__) <= set(dir(package))


def test_packages_are_completed_too() -> None:
    assert {"crop", "training", "pipeline"} <= set(dir(dynode))


def test_a_direction_is_loaded_by_every_name_that_edit_takes(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setenv("DYNODE_CACHE", str(tmp_path))
    (tmp_path / "directions").mkdir()
    dynode.LinearDirection(torch.ones(64)).save(tmp_path / "directions" / "up.safetensors")

    by_name = dynode.load_direction("up")
    by_file = dynode.load_direction(tmp_path / "directions" / "up.safetensors")

    assert torch.equal(by_name.delta, by_file.delta)


@pytest.mark.parametrize("given", ["name", "one", "pair", "stack", "list"])
def test_directions_are_taken_alone_and_together(given: str, generator: Any) -> None:
    up, latents = dynode.LinearDirection(torch.ones(64)), generator.sample(1, seed=0)
    forms = {
        "one": up,
        "pair": (up, 1),
        "stack": dynode.EditStack().then(up, 1.0),
        "list": [up],
        "name": [(up, torch.tensor(1.0))],
    }

    edited = dynode.edit(latents, directions=forms[given], generator=generator)

    torch.testing.assert_close(edited.latents.w, latents.w + 1)
