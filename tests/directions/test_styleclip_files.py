"""Mappers and channel directions as StyleCLIP publishes them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode import (
    MapperDirection,
    StyleDirection,
    load_direction,
    plugins,
)
from dynode.direction import StyleMapperDirection
from dynode.direction.networks import RowMapper
from dynode.errors import DynodeError, OptionError
from dynode.importing import export_direction, import_directions
from dynode.latents.latents import Latents
from dynode.testing import (
    ColourWords,
    checks_for,
    run_command,
    tiny_generator,
    write_tiny_generator,
)
from dynode_styleclip import plugin
from dynode_styleclip.fs3 import fs3_direction
from dynode_styleclip.published_style_mapper import style_layer, style_number


@pytest.fixture(autouse=True)
def registered() -> None:
    """The plugin that brings the format, and no other."""
    plugins.registry().register(plugin, "the test")


def saved(path: Path, content: Any) -> Path:
    torch.save(content, path)
    return path


@pytest.mark.parametrize("name", ["styleclip-mapper", "styleclip-mapper-single"])
def test_a_published_mapper_moves_codes_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any], name: str
) -> None:
    case, states, inputs, outputs = reference_case(name)
    state = {key: torch.from_numpy(value) for key, value in states["state_dict"].items()}
    options = {"mapper_type": case["config"]["mapper"], "stylegan_size": 1024, "description": "x y"}
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": options})

    (direction,) = import_directions(path)
    moved = direction.apply(Latents(torch.from_numpy(inputs["w"])))
    export_direction(direction, tmp_path / "back.pt")

    assert direction.info.name == "x-y"
    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(moved.w.numpy(), outputs["w_hat"], atol=5e-5, rtol=1e-4)
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["state_dict"].keys() == state.keys()
    assert all(torch.equal(back["state_dict"][key], state[key]) for key in state)


def test_a_mapper_without_a_part_leaves_its_rows(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    _, states, inputs, _ = reference_case("styleclip-mapper")
    state = {
        key: torch.from_numpy(value)
        for key, value in states["state_dict"].items()
        if "medium" not in key
    }
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": {}})

    (direction,) = import_directions(path)
    before = torch.from_numpy(inputs["w"])
    after = direction.apply(Latents(before)).w

    assert isinstance(direction, MapperDirection)
    assert torch.equal(after[:, 4:8], before[:, 4:8])
    assert not torch.equal(after[:, :4], before[:, :4])


def test_a_published_mapper_of_styles_moves_them_as_published(
    tmp_path: Path, reference_case: Callable[[str], Any]
) -> None:
    case, states, inputs, outputs = reference_case("styleclip-mapper-stylespace")
    state = {key: torch.from_numpy(value) for key, value in states["state_dict"].items()}
    options = {"work_in_stylespace": True, "stylegan_size": 1024, "description": "x y"}
    path = saved(tmp_path / "mapper.pt", {"state_dict": state, "opts": options})
    sizes = case["config"]["stylespace_dimensions"]
    names = [style_layer(number) for number in range(len(sizes))]
    styles = dict(zip(names, torch.from_numpy(inputs["s"]).split(sizes, dim=1), strict=True))

    (direction,) = import_directions(path)
    assert isinstance(direction, StyleMapperDirection)
    direction.save(tmp_path / "saved.safetensors")
    loaded = load_direction(tmp_path / "saved.safetensors")
    assert isinstance(loaded, StyleMapperDirection)
    bound = dataclasses.replace(loaded, styles=lambda latents: styles)
    latents = Latents(torch.zeros(len(inputs["s"]), 18, 512))
    moved = bound.apply(latents)
    export_direction(direction, tmp_path / "back.pt")

    assert bound.apply(latents, 0.0) is latents
    found = [styles[n] + moved.styles.get(n, torch.zeros_like(styles[n])) for n in names]
    # The case's own tolerance, against float32 outputs of the published code.
    assert np.allclose(torch.cat(found, 1).numpy(), outputs["s_hat"], atol=5e-5, rtol=1e-4)
    back = torch.load(tmp_path / "back.pt", weights_only=True)
    assert back["opts"]["mapper_type"] == "WithoutToRGBStyleSpaceMapper"
    assert back["opts"]["stylegan_size"] == 1024
    assert back["state_dict"].keys() == state.keys()
    assert all(torch.equal(back["state_dict"][key], state[key]) for key in state)


def test_style_vectors_are_counted_as_the_layers_of_a_generator(tmp_path: Path) -> None:
    layers = list(tiny_generator(64, channels=4).info.style_channels)

    assert [style_layer(number) for number in range(len(layers))] == layers
    assert [style_number(layer) for layer in layers] == list(range(len(layers)))


@pytest.fixture(scope="module")
def global_case(reference_case: Callable[[str], Any]) -> Any:
    """Channel directions, texts and deviations of the published code, with its result."""
    return reference_case("styleclip-global")


def layers_of(flat: np.ndarray, config: dict[str, Any]) -> dict[str, Tensor]:
    sizes = config["stylespace_dimensions"]
    pieces = torch.from_numpy(flat).split(sizes)
    return {str(index): piece for index, piece in enumerate(pieces)}


def test_channel_directions_and_a_text_give_the_published_direction(
    tmp_path: Path, global_case: Any
) -> None:
    case, states, _, outputs = global_case
    config, state = case["config"], states["stylespace"]
    fs3 = state["fs3"] / np.linalg.norm(state["fs3"], axis=1, keepdims=True)
    np.save(tmp_path / "fs3.npy", fs3)
    styles = layers_of(state["s_std"], config)
    deviations = {str(index): styles[str(index)] for index in config["conv_indices"]}

    direction = fs3_direction(
        torch.from_numpy(np.load(tmp_path / "fs3.npy")),
        torch.from_numpy(outputs["dt"]),
        deviations,
        beta=config["beta"],
    )

    assert isinstance(direction, StyleDirection)
    assert direction.info.options["channels"] == int(outputs["num_channels"][0])
    wanted = layers_of(outputs["boundary"], config)
    for name, part in wanted.items():
        found = direction.delta.get(name, torch.zeros_like(part))
        # The case's own tolerance.
        assert torch.allclose(found, part, atol=1e-5, rtol=1e-4)


def test_fewer_rows_than_channels_leave_the_later_layers(global_case: Any) -> None:
    case, states, _, outputs = global_case
    config, state = case["config"], states["stylespace"]
    fs3 = torch.from_numpy(state["fs3"])[:512]
    fs3 = fs3 / fs3.norm(dim=1, keepdim=True)
    styles = layers_of(state["s_std"], config)
    deviations = {str(index): styles[str(index)] for index in config["conv_indices"]}

    direction = fs3_direction(fs3, torch.from_numpy(outputs["dt"]), deviations, beta=0.05)

    assert set(direction.delta) == {"0"}


def test_a_threshold_no_channel_reaches_is_an_error_that_says_what_to_try(
    global_case: Any,
) -> None:
    _, states, _, outputs = global_case
    fs3 = torch.from_numpy(states["stylespace"]["fs3"])
    fs3 = fs3 / fs3.norm(dim=1, keepdim=True)

    with pytest.raises(OptionError, match=r"no style channel has relevance 0\.9; .* try --beta"):
        fs3_direction(fs3, torch.from_numpy(outputs["dt"]), {"a": torch.ones(6048)}, beta=0.9)


@pytest.fixture
def channel_rows(tmp_path: Path) -> Path:
    """Channel directions of half of a tiny generator, for the text model that knows colours."""
    random = torch.Generator().manual_seed(0)
    rows = torch.nn.functional.normalize(torch.randn(100, 4, generator=random), dim=1)
    np.save(tmp_path / "fs3.npy", rows.numpy())
    return tmp_path / "fs3.npy"


def test_channel_directions_without_a_text_say_what_they_need(channel_rows: Path) -> None:
    with pytest.raises(OptionError, match="add --format styleclip-fs3 --text VALUE"):
        import_directions(channel_rows)


def test_channel_directions_without_a_generator_say_what_they_need(channel_rows: Path) -> None:
    with pytest.raises(OptionError, match="need a generator; import it with --generator NAME"):
        import_directions(channel_rows, format="styleclip-fs3", text="red")


def test_channel_directions_and_a_text_are_imported_through_the_command_line(
    channel_rows: Path, tmp_path: Path
) -> None:
    generator = tiny_generator(16, w_dim=8, channels=25)
    write_tiny_generator(tmp_path / "g.safetensors", generator)
    plugins.registry().text_encoders.add(ColourWords(), "the test")
    target = tmp_path / "red.safetensors"

    done = run_command(
        ["directions", "import", str(channel_rows), "--format", "styleclip-fs3", "--text", "red"]
        + ["--neutral", "blue", "--beta", "0.2", "-o", str(target)]
        + ["--generator", str(tmp_path / "g.safetensors")]
    )

    assert done.exit_code == 0, done.stderr
    direction = load_direction(target)
    assert isinstance(direction, StyleDirection)
    assert direction.info.options["text"] == "red"
    assert direction.info.fingerprint == generator.info.fingerprint
    # 100 rows: four of the convolutions with 25 channels each.
    assert set(direction.delta) <= {"b4.conv1", "b8.conv0", "b8.conv1", "b16.conv0"}


def test_a_factor_that_the_published_edit_does_not_have_is_told(tmp_path: Path) -> None:
    with torch.random.fork_rng(devices=[]):
        mapper = RowMapper([(0, 6)], 4).requires_grad_(False)
    direction = MapperDirection(mapper, 0.25)

    told = export_direction(direction, tmp_path / "m.pt")

    assert "its factor 0.25 is lost" in told
    with pytest.raises(OptionError, match="--scaled does not apply"):
        export_direction(direction.with_info(scale=2.0), tmp_path / "n.pt", scaled=True)


def style_mapper(path: Path) -> Path:
    """lacks mapper.mapper_0.mapping.1.bias; expected 4 layers a style vector"""
    state = {"mapper.mapper_0.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def mapper_of_parts(path: Path) -> Path:
    """holds a mapper with the parts head; expected course_mapping"""
    state = {"mapper.head.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


def mapper_cut(path: Path) -> Path:
    """lacks mapper.mapping.mapping.1.bias"""
    state = {"mapper.mapping.mapping.1.weight": torch.zeros(2, 2)}
    return saved(path / "x.pt", {"state_dict": state, "opts": {}})


@pytest.mark.parametrize(
    "make", [style_mapper, mapper_of_parts, mapper_cut], ids=lambda make: make.__name__
)
def test_what_is_no_such_file_is_refused_in_one_line(
    tmp_path: Path, make: Callable[[Path], Path]
) -> None:
    path = make(tmp_path)
    assert make.__doc__ is not None

    with pytest.raises(DynodeError, match=make.__doc__.strip()) as raised:
        import_directions(path)

    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["styleclip-mapper", "styleclip-fs3"])
def test_it_keeps_the_promises_of_a_format(name: str) -> None:
    for check in checks_for(plugins.registry().formats[name]):
        check()
