"""Rendering in strips equals rendering whole blocks."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import GeneratorConfig, StyleGAN2, strips
from dynode.stylegan2.blocks import Block, SynthesisState
from dynode.stylegan2.building import build_network
from dynode.testing import tiny_generator

# Two float32 evaluations of sums of a few hundred terms, values up to about 7.
FLOAT32 = 2e-5


@pytest.fixture(autouse=True)
def _small_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small blocks run in strips too, in many of them."""
    monkeypatch.setattr(strips, "FEWEST_VALUES", 0)
    monkeypatch.setattr(strips, "STRIP_VALUES", 2**12)


def generator_with(clamp: float | None = None, resolution: int = 64) -> StyleGAN2:
    plain = tiny_generator(resolution, w_dim=24)
    config = plain.network.config
    config = GeneratorConfig(
        resolution, config.channels, z_dim=24, w_dim=24, mapping_layers=2, conv_clamp=clamp
    )
    state = plain.network.state_dict()
    return StyleGAN2(build_network(config, state, source="tiny"), name="tiny")


def whole(generator: StyleGAN2, latents: Latents, **options: object) -> Tensor:
    generator.network.synthesis.in_strips = False
    image = generator.synthesize(latents, **options)  # type: ignore[arg-type]
    generator.network.synthesis.in_strips = True
    return image


@pytest.mark.parametrize("rows", [2**9, 2**12, 2**13 - 100, 2**20], ids="values={}".format)
@pytest.mark.parametrize("clamp", [None, 0.5], ids=["no clamp", "clamp"])
def test_strips_of_any_height_draw_the_picture(
    monkeypatch: pytest.MonkeyPatch, clamp: float | None, rows: int
) -> None:
    monkeypatch.setattr(strips, "STRIP_VALUES", rows)
    generator = generator_with(clamp)
    latents = generator.sample(2, seed=0)

    image = generator.synthesize(latents)

    torch.testing.assert_close(image, whole(generator, latents), rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("noise", ["const", "none"])
def test_strips_follow_the_noise_mode(noise: str) -> None:
    generator = generator_with()
    latents = generator.sample(2, seed=0)

    image = generator.synthesize(latents, noise=noise)

    expected = whole(generator, latents, noise=noise)
    torch.testing.assert_close(image, expected, rtol=0, atol=FLOAT32)


def test_strips_take_noise_of_each_picture() -> None:
    generator = generator_with()
    latents = generator.sample(2, seed=0)
    noise = [torch.randn(2 if r > 8 else 1, 1, r, r) for r in (4, 8, 8, 16, 16, 32, 32, 64, 64)]

    image = generator.synthesize(latents, noise=noise)

    expected = whole(generator, latents, noise=noise)
    torch.testing.assert_close(image, expected, rtol=0, atol=FLOAT32)


@pytest.mark.parametrize("layer", ["b32.conv0", "b64.conv1", "b64.torgb"])
@pytest.mark.parametrize("bases", [1, 3])
def test_strips_apply_offsets(layer: str, bases: int) -> None:
    generator = generator_with()
    shape = generator.info.conv_layers[layer]
    latents = generator.sample(2, seed=0)
    style = torch.randn(2, generator.info.style_channels[layer])
    edited = latents.add_styles({layer: style}).add_weights(
        WeightOffset(layer, torch.randn(bases, *shape), torch.randn(2, bases))
    )

    image = generator.synthesize(edited)

    torch.testing.assert_close(image, whole(generator, edited), rtol=0, atol=FLOAT32)
    assert (image - generator.synthesize(latents)).abs().max() > 1e-2


def test_strips_hand_on_features_for_the_next_block() -> None:
    generator = generator_with()
    inputs = generator.layer_inputs(generator.sample(2, seed=0))
    state = generator.advance(SynthesisState(), inputs, until=32)

    generator.network.synthesis.in_strips = False
    expected = generator.advance(SynthesisState(), inputs, until=32)

    assert state.features is not None and expected.features is not None
    torch.testing.assert_close(state.features, expected.features, rtol=0, atol=FLOAT32)


def test_pictures_do_not_share_memory_with_what_was_kept() -> None:
    generator = generator_with()
    inputs = generator.layer_inputs(generator.sample(1, seed=0))
    prefix = generator.advance(SynthesisState(), inputs, until=32)
    assert prefix.features is not None and prefix.image is not None
    before = prefix.features.clone(), prefix.image.clone()

    generator.advance(prefix, inputs)

    assert torch.equal(prefix.features, before[0]) and torch.equal(prefix.image, before[1])


def test_strips_stand_back_where_a_graph_is_needed() -> None:
    generator = generator_with(resolution=16)
    latents = generator.sample(1, seed=0)
    inputs = generator.layer_inputs(latents)
    state = generator.advance(SynthesisState(), inputs, until=8)
    block = generator.network.synthesis.blocks[-1]
    assert isinstance(block, Block)
    weights = WeightOffset("b16.conv1", torch.randn(1, 16, 16, 3, 3), torch.ones(1, 1))

    assert strips.can_run(block, state, inputs)
    with_basis = latents.add_weights(weights)
    weights.basis.requires_grad_()
    assert not strips.can_run(block, state, generator.layer_inputs(with_basis))
    with torch.no_grad():
        assert strips.can_run(block, state, generator.layer_inputs(with_basis))
    noise = [torch.randn(r, r, requires_grad=True) for r in (4, 8, 8, 16, 16)]
    assert not strips.can_run(block, state, generator.layer_inputs(latents, noise=noise))
    block.conv1.bias.requires_grad_()
    assert not strips.can_run(block, state, inputs)


def test_other_types_and_devices_do_without_strips() -> None:
    generator = generator_with(resolution=16)
    block = generator.network.synthesis.blocks[-1]
    assert isinstance(block, Block)
    inputs = generator.layer_inputs(generator.sample(1, seed=0))

    for other in (torch.zeros(1, 16, 8, 8).double(), torch.zeros(1, 16, 8, 8, device="meta")):
        assert not strips.can_run(block, SynthesisState(8, other, other[:, :3]), inputs)


def test_a_generator_on_another_device_draws_there() -> None:
    generator = tiny_generator(32, w_dim=16).to(device="meta")
    latents = generator.map(torch.zeros(2, 16, device="meta"), truncation=0.5)

    image = generator.synthesize(latents)

    assert (image.device.type, image.shape) == ("meta", (2, 3, 32, 32))


def test_strips_stand_back_where_only_the_picture_so_far_has_a_graph() -> None:
    generator = generator_with()
    latents = generator.sample(1, seed=0)
    delta = torch.zeros(1, *generator.info.conv_layers["b8.torgb"], requires_grad=True)
    moved = latents.add_weights(WeightOffset("b8.torgb", delta, torch.ones(1, 1)))

    image = generator.synthesize(moved)
    (gradient,) = torch.autograd.grad(image.square().sum(), delta)

    (expected,) = torch.autograd.grad(whole(generator, moved).square().sum(), delta)
    # Sums of 12288 float32 terms in another order.
    torch.testing.assert_close(gradient, expected, rtol=1e-3, atol=1e-3)
