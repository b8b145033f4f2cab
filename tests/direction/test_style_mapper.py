"""Mappers over style vectors: bound to a generator, applied, written and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dynode.direction.file import load_direction
from dynode.direction.info import DirectionInfo
from dynode.direction.networks import StyleMapper
from dynode.direction.style_mapper import StyleMapperDirection
from dynode.errors import DirectionFileError, GeneratorMismatchError, UsageError
from dynode.stylegan2.generator import StyleGAN2
from dynode.testing import tiny_generator
from dynode.weights import write_safetensors


@pytest.fixture
def generator() -> StyleGAN2:
    return tiny_generator(16, w_dim=8, channels=5)


@pytest.fixture
def direction(generator: StyleGAN2) -> StyleMapperDirection:
    channels = {name: generator.info.style_channels[name] for name in ("b8.conv0", "b16.conv1")}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        mapper = StyleMapper(channels).requires_grad_(False)
    return StyleMapperDirection(mapper, info=DirectionInfo(name="smile", scale=2.0))


def test_the_edit_adds_the_formula_to_the_styles(
    generator: StyleGAN2, direction: StyleMapperDirection
) -> None:
    latents = generator.sample(3, seed=0)
    strengths = torch.tensor([0.0, 1.0, -0.5])

    moved = direction.ready_for(generator).apply(latents, strengths)

    styles = generator.styles(latents)
    for name, stack in zip(direction.mapper.channels, direction.mapper.stacks, strict=True):
        x = styles[name].double().numpy()
        x = x / np.sqrt((x**2).mean(1, keepdims=True) + 1e-8)
        for layer in stack:  # type: ignore[attr-defined]
            y = x @ (layer.weight.double().numpy() * 0.01 / np.sqrt(5)).T
            x = np.where(y > 0, y, 0.2 * y) * np.sqrt(2)
        expected = strengths[:, None].numpy() * 2.0 * 0.1 * x
        # float32 against float64 through four small layers.
        np.testing.assert_allclose(moved.styles[name].numpy(), expected, rtol=1e-4, atol=1e-5)
    assert torch.equal(moved.w, latents.w)
    assert not torch.equal(generator.synthesize(moved), generator.synthesize(latents))


def test_an_edit_on_top_of_another_reads_the_edited_styles(
    generator: StyleGAN2, direction: StyleMapperDirection
) -> None:
    latents = generator.sample(1, seed=0)
    edited = latents.add_styles({"b8.conv0": torch.linspace(-1, 1, 5)[None]})
    bound = direction.ready_for(generator)

    alone = bound.apply(latents).styles["b8.conv0"]
    on_top = bound.apply(edited).styles["b8.conv0"] - edited.styles["b8.conv0"]

    assert not torch.allclose(alone, on_top)


def test_without_a_generator_it_says_what_to_do(
    generator: StyleGAN2, direction: StyleMapperDirection
) -> None:
    latents = generator.sample(1, seed=0)

    assert direction.apply(latents, 0.0) is latents
    with pytest.raises(UsageError, match="bind it to a generator first"):
        direction.apply(latents)


def test_another_generator_is_refused(direction: StyleMapperDirection) -> None:
    with pytest.raises(GeneratorMismatchError, match="takes 5 style channels of layer b8.conv0"):
        direction.ready_for(tiny_generator(16, channels=6))


def test_it_is_written_and_read(
    tmp_path: Path, generator: StyleGAN2, direction: StyleMapperDirection
) -> None:
    direction.save(tmp_path / "d.safetensors")

    loaded = load_direction(tmp_path / "d.safetensors")

    latents = generator.sample(2, seed=1)
    first, second = (d.ready_for(generator).apply(latents) for d in (direction, loaded))
    assert all(torch.equal(first.styles[name], second.styles[name]) for name in first.styles)
    assert loaded.info.scale == 2.0


def test_a_file_whose_tensors_are_not_those_it_declares_is_refused(
    tmp_path: Path, direction: StyleMapperDirection
) -> None:
    direction.save(tmp_path / "d.safetensors")
    from dynode.files import load_tensors

    tensors, head = load_tensors(tmp_path / "d.safetensors")
    head["kind"] = head["kind"].replace('["b8.conv0", 5]', '["b8.conv0", 999999]')
    write_safetensors(tensors, tmp_path / "bad.safetensors", head)

    with pytest.raises(DirectionFileError, match="cannot be read as a direction file"):
        load_direction(tmp_path / "bad.safetensors")
