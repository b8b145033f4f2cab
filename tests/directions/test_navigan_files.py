"""Shifts of weights as NaviGAN publishes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from dynode import (
    WeightDirection,
    load_direction,
    plugins,
)
from dynode.errors import DirectionFileError, DynodeError
from dynode.importing import export_direction, import_directions
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import checks_for, run_command
from dynode_navigan import plugin
from dynode_navigan.published_reader import layer_index, layer_name


@pytest.fixture(autouse=True)
def registered() -> None:
    """The plugin that brings the format, and no other."""
    plugins.registry().register(plugin, "the test")


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("index", range(12))
def test_navigan_s_layer_numbers_are_those_of_the_rosinality_layout(index: int) -> None:
    assert layer_index(layer_name(index)) == index


@pytest.mark.parametrize(
    ("index", "name"), [(0, "b8.conv0"), (1, "b8.conv1"), (3, "b16.conv1"), (15, "b1024.conv1")]
)
def test_navigan_s_layers_have_our_names(index: int, name: str) -> None:
    assert layer_name(index) == name


@pytest.mark.parametrize("name", ["b4.conv1", "b8.torgb", "mapping.fc0"])
def test_layers_that_navigan_cannot_address_have_no_number(name: str) -> None:
    assert layer_index(name) is None


def test_a_deformation_is_applied_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    case, states, inputs, outputs = reference_case("navigan-deformation-file")
    weights = {key: torch.from_numpy(value) for key, value in states["generator"].items()}
    generator = StyleGAN2.load(saved(tmp_path / "g.pt", {"g_ema": weights}))
    shift = torch.from_numpy(states["deformation"]["shift"])
    path = saved(tmp_path / "d.pt", {"layer_ix": case["config"]["layer_ix"], "shift": shift})

    (direction,) = import_directions(path)
    codes = generator.map(torch.from_numpy(inputs["z"]))
    images = generator.synthesize(
        direction.apply(codes, torch.from_numpy(inputs["relative_shifts"]))
    )

    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(images.numpy(), outputs["image"], atol=6.7e-5, rtol=5e-4)


def test_an_exported_deformation_is_the_published_file(tmp_path: Path) -> None:
    shift = torch.randn(1, 1, 4, 4, 3, 3)
    path = saved(tmp_path / "d.pt", {"layer_ix": 3, "shift": shift})
    (direction,) = import_directions(path)

    export_direction(direction, tmp_path / "back.pt")

    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["layer_ix"] == 3
    assert torch.equal(back["shift"], shift)


def test_eigenvectors_are_one_direction_each(tmp_path: Path) -> None:
    vectors = torch.randn(3, 1, 4, 4, 3, 3)
    path = saved(tmp_path / "eigenvectors_layer5_ffhq.pt", vectors)

    directions = import_directions(path)

    assert len(directions) == 3
    assert all(isinstance(d, WeightDirection) and d.layer == "b32.conv1" for d in directions)


def test_the_layer_of_an_eigenvector_file_is_a_flag_of_its_format(tmp_path: Path) -> None:
    path = saved(tmp_path / "x.pt", torch.randn(1, 1, 4, 4, 3, 3))
    command = ["directions", "import", str(path), "-o", str(tmp_path / "d.safetensors")]

    unknown = run_command([*command, "--layer", "b16.conv1"])
    done = run_command([*command, "--format", "navigan", "--layer", "b16.conv1"])

    assert unknown.exit_code == 2
    assert done.exit_code == 0, done.stderr
    direction = load_direction(tmp_path / "d.safetensors")
    assert isinstance(direction, WeightDirection)
    assert direction.layer == "b16.conv1"


def test_a_layer_without_a_number_is_not_exported(tmp_path: Path) -> None:
    direction = WeightDirection("b4.conv1", torch.ones(2, 2, 3, 3))

    with pytest.raises(DirectionFileError, match="has no number in NaviGAN"):
        export_direction(direction, tmp_path / "x.pt")

    assert not (tmp_path / "x.pt").exists()


def test_the_scale_is_multiplied_in_where_that_is_asked(tmp_path: Path) -> None:
    direction = WeightDirection("b8.conv1", torch.ones(2, 2, 3, 3)).with_info(scale=-2.0)

    export_direction(direction, tmp_path / "x.pt", scaled=True)

    assert float(torch.load(tmp_path / "x.pt", weights_only=True)["shift"].mean()) == -2


def eigenvectors_of_nowhere(path: Path) -> Path:
    """does not say which; add --layer"""
    return saved(path / "x.pt", torch.randn(2, 1, 4, 4, 3, 3))


def layer_of_words(path: Path) -> Path:
    """says layer 'three'"""
    return saved(path / "x.pt", {"layer_ix": "three", "shift": torch.ones(1, 1, 2, 2, 1, 1)})


def zero_deformation(path: Path) -> Path:
    """deformation 0 of x.pt is zero everywhere"""
    return saved(path / "x.pt", {"layer_ix": 3, "shift": torch.zeros(1, 1, 2, 2, 1, 1)})


def checkpoint_that_unfolds(path: Path) -> Path:
    """makes 60000 shifts of a weight \\(64, 32, 3, 3\\), 1105920000 numbers"""
    layer = "convs.0.conv"
    state = {
        f"{layer}.direction_to_eigenvalues_delta": torch.ones(60_000, 2),
        f"{layer}.u": torch.ones(288, 2),
        f"{layer}.vh": torch.ones(2, 64),
        f"{layer}.weight": torch.zeros(1, 64, 32, 3, 3),
    }
    return saved(path / "x.pt", {"generator": state, "deformator": {}})


@pytest.mark.parametrize(
    "make",
    [eigenvectors_of_nowhere, layer_of_words, zero_deformation, checkpoint_that_unfolds],
    ids=lambda make: make.__name__,
)
def test_what_is_no_such_file_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path)
    assert make.__doc__ is not None

    with pytest.raises(DynodeError, match=make.__doc__.strip()) as raised:
        import_directions(path)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["navigan"])
def test_it_keeps_the_promises_of_a_format(name: str) -> None:
    for check in checks_for(plugins.registry().formats[name]):
        check()
