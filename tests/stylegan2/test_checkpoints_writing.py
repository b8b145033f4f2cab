"""Conversions: every layout from every other, nothing lost, nothing half-written."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from dynode.errors import (
    CorruptCheckpointError,
    DiskFullError,
    OutputExistsError,
    UnknownNameError,
    UnsupportedCheckpointError,
)
from dynode.stylegan2.checkpoints import (
    Checkpoint,
    inspect_checkpoint,
    read_checkpoint,
    write_checkpoint,
    written_layouts,
)
from dynode.stylegan2.checkpoints.collecting import native_shapes
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import open_weights, read_tensors, write_safetensors

WIDTHS = {4: 512, 8: 512}
LAYOUTS = sorted(written_layouts())


@functools.cache
def random_state(
    config: str, kind: type[GeneratorConfig | DiscriminatorConfig]
) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(4)
    shapes = native_shapes(kind.from_json(config))
    return {key: torch.rand(shape, generator=generator) for key, shape in shapes.items()}


def state_of(config: GeneratorConfig | DiscriminatorConfig | None) -> dict[str, Tensor] | None:
    return None if config is None else dict(random_state(config.to_json(), type(config)))


def make(
    config: GeneratorConfig | None = None, judge: DiscriminatorConfig | None = None, **metadata: str
) -> Checkpoint:
    return Checkpoint("dynode", config, state_of(config), judge, state_of(judge), metadata)


PUBLISHED = GeneratorConfig(8, WIDTHS, mapping_layers=2)
SMALL = GeneratorConfig(8, {4: 8, 8: 8}, w_dim=6, z_dim=5, mapping_layers=1)


def assert_same_tensors(found: object, expected: object) -> None:
    assert isinstance(found, dict) and isinstance(expected, dict)
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        torch.testing.assert_close(found[key], tensor, rtol=0, atol=0)


def test_a_published_file_comes_back_the_same_through_every_layout(
    reference_case: Callable[[str], Any], tmp_path: Path
) -> None:
    drawn = reference_case("rosinality-generator-64").states
    state = {key: torch.from_numpy(value) for key, value in drawn["generator"].items()}
    mean = torch.from_numpy(drawn["checkpoint"]["latent_avg"])
    path = tmp_path / "first.pt"
    torch.save({"g_ema": state, "latent_avg": mean}, path)

    for name, layout in (("a", "dynode"), ("b.pkl", "nvlabs"), ("c.pt", "rosinality")):
        write_checkpoint(read_checkpoint(path), tmp_path / name, layout)
        path = tmp_path / name

    back = torch.load(path, weights_only=True)
    assert back.keys() == {"g_ema", "latent_avg"}
    assert torch.equal(back["latent_avg"], mean)
    assert_same_tensors(back["g_ema"], state)


@pytest.mark.parametrize("last", LAYOUTS)
@pytest.mark.parametrize("first", LAYOUTS)
def test_any_layout_becomes_any_other(tmp_path: Path, first: str, last: str) -> None:
    judge = DiscriminatorConfig(8, WIDTHS)
    written = make(PUBLISHED, judge)

    write_checkpoint(written, tmp_path / "first", first)
    write_checkpoint(read_checkpoint(tmp_path / "first", part="all"), tmp_path / "last", last)

    found = read_checkpoint(tmp_path / "last", part="all")
    assert (found.layout, found.generator, found.discriminator) == (last, PUBLISHED, judge)
    assert_same_tensors(found.generator_state, written.generator_state)
    assert_same_tensors(found.discriminator_state, written.discriminator_state)


def test_a_published_discriminator_comes_back_the_same(
    reference_case: Callable[[str], Any], tmp_path: Path
) -> None:
    drawn = reference_case("rosinality-discriminator-64").states["discriminator"]
    state = {key: torch.from_numpy(value) for key, value in drawn.items()}
    torch.save({"d": state}, tmp_path / "first.pt")

    checkpoint = read_checkpoint(tmp_path / "first.pt", part="discriminator")
    write_checkpoint(checkpoint, tmp_path / "last.pt", "rosinality")

    assert_same_tensors(torch.load(tmp_path / "last.pt", weights_only=True)["d"], state)


def test_facts_about_the_weights_travel_in_our_own_layout(tmp_path: Path) -> None:
    path = tmp_path / "g.safetensors"

    write_checkpoint(make(SMALL, domain="faces", licence="CC-BY-4.0"), path, "dynode")

    assert inspect_checkpoint(path).metadata == {"domain": "faces", "licence": "CC-BY-4.0"}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_same_checkpoint_makes_the_same_bytes(tmp_path: Path, layout: str) -> None:
    for name in ("one", "two"):
        write_checkpoint(make(PUBLISHED), tmp_path / name, layout)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_half_precision_makes_half_the_file(tmp_path: Path) -> None:
    whole = make(SMALL)
    assert whole.generator_state is not None
    state = {key: tensor.half() for key, tensor in whole.generator_state.items()}
    half = dataclasses.replace(whole, generator_state=state)

    write_checkpoint(half, tmp_path / "half", "dynode")

    found = read_checkpoint(tmp_path / "half").generator_state
    assert_same_tensors(found, {key: tensor.float() for key, tensor in state.items()})


def test_a_mean_of_equal_rows_becomes_one_row(tmp_path: Path) -> None:
    checkpoint = make(PUBLISHED)
    assert checkpoint.generator_state is not None
    row = checkpoint.generator_state["mapping.w_avg"].clone()
    checkpoint.generator_state["mapping.w_avg"] = row.repeat(PUBLISHED.num_layers, 1)

    write_checkpoint(checkpoint, tmp_path / "g.pt", "rosinality")

    content = read_tensors(tmp_path / "g.pt")
    assert isinstance(content, dict) and torch.equal(content["latent_avg"], row)


def with_rows(checkpoint: Checkpoint) -> Checkpoint:
    assert checkpoint.generator is not None and checkpoint.generator_state is not None
    shape = (checkpoint.generator.num_layers, checkpoint.generator.w_dim)
    state = checkpoint.generator_state | {"mapping.w_avg": torch.randn(shape)}
    return dataclasses.replace(checkpoint, generator_state=state)


INEXPRESSIBLE = {
    "clamp": (
        "rosinality",
        dataclasses.replace(PUBLISHED, conv_clamp=256),
        None,
        "conv_clamp = 256",
    ),
    "labels": ("rosinality", dataclasses.replace(PUBLISHED, c_dim=10), None, "class labels"),
    "widths": ("rosinality", SMALL, None, "channels {4: 8, 8: 8}"),
    "mapping width": (
        "rosinality",
        dataclasses.replace(PUBLISHED, mapping_width=64),
        None,
        "mapping widths",
    ),
    "mapping rate": (
        "rosinality",
        dataclasses.replace(PUBLISHED, mapping_lr=1.0),
        None,
        "mapping_lr",
    ),
    "grey pictures": (
        "rosinality",
        dataclasses.replace(PUBLISHED, image_channels=1),
        None,
        "1 picture channels",
    ),
    "4 px": ("rosinality", GeneratorConfig(4, {4: 512}), None, "pictures of 4 px"),
    "statistic": (
        "rosinality",
        None,
        DiscriminatorConfig(8, WIDTHS, mbstd_group=2),
        "a minibatch statistic",
    ),
    "odd widths": ("nvlabs", GeneratorConfig(8, {4: 8, 8: 16}), None, "channels {4: 8, 8: 16}"),
}


@pytest.mark.parametrize("case", INEXPRESSIBLE)
def test_what_a_layout_cannot_express_is_named(tmp_path: Path, case: str) -> None:
    layout, config, judge, words = INEXPRESSIBLE[case]
    path = tmp_path / "out.bin"

    with pytest.raises(UnsupportedCheckpointError) as raised:
        write_checkpoint(make(config, judge), path, layout)

    assert f"out.bin: the {layout} layout cannot express {words}" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("layout", ["rosinality", "nvlabs"])
def test_a_mean_of_different_rows_is_refused(tmp_path: Path, layout: str) -> None:
    with pytest.raises(UnsupportedCheckpointError, match="mean code of 4 different rows"):
        write_checkpoint(with_rows(make(PUBLISHED)), tmp_path / "out", layout)


def test_a_mean_of_different_rows_travels_in_our_own_layout(tmp_path: Path) -> None:
    checkpoint = with_rows(make(SMALL))

    write_checkpoint(checkpoint, tmp_path / "out", "dynode")

    assert_same_tensors(
        read_checkpoint(tmp_path / "out").generator_state, checkpoint.generator_state
    )


def test_the_clamp_can_be_dropped(tmp_path: Path) -> None:
    checkpoint = make(dataclasses.replace(PUBLISHED, conv_clamp=256))

    write_checkpoint(checkpoint, tmp_path / "out", "rosinality", drop_clamp=True)

    assert read_checkpoint(tmp_path / "out").generator == PUBLISHED


@pytest.mark.parametrize(
    "channels",
    [{4: 100, 8: 100, 16: 62, 32: 31}, {4: 7, 8: 6, 16: 3}, {4: 512, 8: 256, 16: 128}],
    ids=str,
)
def test_widths_of_the_published_rule_are_found(tmp_path: Path, channels: dict[int, int]) -> None:
    config = GeneratorConfig(max(channels), channels, w_dim=4, z_dim=4, mapping_layers=1)

    write_checkpoint(make(config), tmp_path / "out", "nvlabs")

    with open_weights(tmp_path / "out") as weights:
        assert isinstance(weights.content, dict)
        options = weights.content["G_ema"].part("_init_kwargs")["synthesis_kwargs"]
    base, largest = options["channel_base"], options["channel_max"]
    assert {r: min(base // r, largest) for r in channels} == channels


def test_an_existing_file_is_kept_unless_forced(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_bytes(b"mine")

    with pytest.raises(OutputExistsError):
        write_checkpoint(make(SMALL), path, "dynode")
    assert path.read_bytes() == b"mine"

    write_checkpoint(make(SMALL), path, "dynode", force=True)
    assert read_checkpoint(path).generator == SMALL


def test_an_unknown_layout_names_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="dynode, nvlabs, rosinality"):
        write_checkpoint(make(SMALL), tmp_path / "out", "nvidia")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)

    with pytest.raises(DiskFullError, match="No space left on device; nothing was changed"):
        write_checkpoint(make(PUBLISHED), tmp_path / "out", layout)
    assert os.listdir(tmp_path) == []


def rewritten(path: Path, **changes: str) -> Path:
    """Our own file with other metadata."""
    write_checkpoint(make(SMALL), path, "dynode")
    with open_weights(path) as weights:
        assert isinstance(weights.content, dict)
        tensors = {key: tensor.read() for key, tensor in weights.content.items()}
        metadata = weights.metadata | {f"dynode.{key}": text for key, text in changes.items()}
    write_safetensors(tensors, path, metadata)
    return path


CONFIG = SMALL.to_json()
BAD_DESCRIPTIONS = {
    "no JSON": "{",
    "no object": "[]",
    "deep JSON": "[" * 5000,
    "a missing field": "{}",
    "an unknown field": CONFIG.replace('"z_dim"', '"zdim"'),
    "a text as a size": CONFIG.replace('"w_dim": 6', '"w_dim": "6"'),
    "a negative size": CONFIG.replace('"w_dim": 6', '"w_dim": -6'),
    "an absurd size": CONFIG.replace('"w_dim": 6', '"w_dim": 100000000000'),
    "an absurd depth": CONFIG.replace('"mapping_layers": 1', '"mapping_layers": 100000'),
    "an absurd resolution": CONFIG.replace('"resolution": 8', '"resolution": 8589934592'),
    "no power of two": CONFIG.replace('"resolution": 8', '"resolution": 12'),
    "a fractional resolution": CONFIG.replace('"resolution": 8', '"resolution": 8.0'),
    "nan": CONFIG.replace('"mapping_lr": 0.01', '"mapping_lr": NaN'),
    "another architecture": CONFIG.replace('"skip"', '"orig"'),
    "a filter of texts": CONFIG.replace("[1, 3, 3, 1]", '["1", 3, 3, 1]'),
    "wider than its tensors": CONFIG.replace('"w_dim": 6', '"w_dim": 7'),
}


@pytest.mark.parametrize("case", BAD_DESCRIPTIONS)
def test_a_false_description_is_refused(tmp_path: Path, case: str) -> None:
    path = rewritten(tmp_path / "ours", generator=BAD_DESCRIPTIONS[case])

    with pytest.raises(CorruptCheckpointError, match="^ours: ") as raised:
        read_checkpoint(path)

    assert len(str(raised.value)) < 400 and "\n" not in str(raised.value)


def test_a_later_version_asks_for_an_update(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedCheckpointError, match="version '2'.*update dynode"):
        read_checkpoint(rewritten(tmp_path / "ours", version="2"))
