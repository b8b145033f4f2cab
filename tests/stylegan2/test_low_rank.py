"""Offsets of low rank: the factored form equals the dense one everywhere."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from dynode.direction.weight import WeightDirection
from dynode.errors import CorruptCheckpointError, GeneratorMismatchError
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset, WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.stylegan2.energy import EnergyCache, energy
from dynode.stylegan2.low_rank import moved_energy
from dynode.testing import tiny_generator

FLOAT64 = 1e-9  # a few thousand roundings of values near one
LAYERS = ["b4.conv1", "b8.conv0", "b16.conv1", "b16.torgb"]


@pytest.fixture
def exact() -> StyleGAN2:
    return tiny_generator(16, w_dim=12, channels={4: 8, 8: 7, 16: 5}).to(dtype=torch.float64)


def offset_of(
    generator: StyleGAN2, layer: str, coefficients: Tensor, rank: int = 2, seed: int = 0
) -> LowRankOffset:
    random = torch.Generator().manual_seed(seed)
    outputs, *kernel = generator.info.conv_layers[layer]
    channels = coefficients.shape[1] * rank
    down = torch.randn(channels, *kernel, generator=random, dtype=generator.dtype)
    up = torch.randn(outputs, channels, generator=random, dtype=generator.dtype)
    return LowRankOffset(layer, down, up, coefficients.to(generator.dtype))


def dense(latents: Latents) -> Latents:
    made = Latents(latents.w, latents.styles)
    for offset in latents.weights:
        assert isinstance(offset, LowRankOffset)
        made = made.add_weights(offset.dense())
    return made


COEFFICIENTS = {
    "one-basis": torch.tensor([[0.5], [-1.0], [0.0]]),
    "one-each": torch.eye(3),
    "mixed": torch.randn(3, 4, generator=torch.Generator().manual_seed(9)),
}


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("kind", COEFFICIENTS)
def test_factors_draw_what_their_product_draws(exact: StyleGAN2, layer: str, kind: str) -> None:
    latents = exact.sample(3, seed=0).add_weights(offset_of(exact, layer, COEFFICIENTS[kind]))

    images = exact.synthesize(latents)

    torch.testing.assert_close(images, exact.synthesize(dense(latents)), rtol=0, atol=FLOAT64)
    unmoved = exact.synthesize(exact.sample(3, seed=0))
    assert float((images[0] - unmoved[0]).abs().max()) > 1e-3


def test_one_picture_is_drawn_from_factors_too(exact: StyleGAN2) -> None:
    latents = exact.sample(1, seed=0)
    for layer in LAYERS:
        latents = latents.add_weights(offset_of(exact, layer, torch.ones(1, 1), rank=3))

    torch.testing.assert_close(
        exact.synthesize(latents), exact.synthesize(dense(latents)), rtol=0, atol=FLOAT64
    )


def test_offsets_of_both_kinds_add_up_on_one_layer(exact: StyleGAN2) -> None:
    narrow = offset_of(exact, "b8.conv1", torch.tensor([[0.5], [1.0]]))
    wide = WeightOffset(
        "b8.conv1", torch.randn(1, *narrow.shape).double(), torch.tensor([[1.0], [-0.5]]).double()
    )
    latents = exact.sample(2, seed=0)

    mixed = exact.synthesize(latents.add_weights(narrow).add_weights(wide))

    expected = exact.synthesize(latents.add_weights(narrow.dense()).add_weights(wide))
    torch.testing.assert_close(mixed, expected, rtol=0, atol=FLOAT64)


def test_the_energy_has_its_definition(exact: StyleGAN2) -> None:
    offset = offset_of(exact, "b8.conv0", COEFFICIENTS["mixed"])
    weight = exact.network.synthesis.layer("b8.conv0").weight
    a = offset.channel_coefficients()

    found = moved_energy(weight, offset.down, offset.up, a, EnergyCache())

    expected = energy(weight + offset.changes(weight))
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=FLOAT64)


@pytest.mark.parametrize("layer", LAYERS)
def test_gradients_reach_factors_and_coefficients(exact: StyleGAN2, layer: str) -> None:
    plain = exact.sample(2, seed=0)
    first = offset_of(exact, layer, torch.tensor([[0.5], [1.0]]))
    parts = [part.requires_grad_(True) for part in (first.down, first.up, first.coefficients)]

    def slopes(latents: Latents) -> tuple[Tensor, ...]:
        return torch.autograd.grad(exact.synthesize(latents).square().sum(), parts)

    for found, expected in zip(
        slopes(plain.add_weights(first)), slopes(plain.add_weights(first.dense())), strict=True
    ):
        # Gradients are sums of some thousand products of values up to a hundred.
        torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-7)


def test_strips_draw_the_same() -> None:
    generator = tiny_generator(256, w_dim=8, channels={r: 16 for r in (4, 8, 16, 32, 64, 128, 256)})
    latents = generator.sample(2, seed=0).add_weights(
        offset_of(generator, "b256.conv0", torch.eye(2))
    )

    with torch.no_grad():
        in_strips = generator.synthesize(latents)
        generator.network.synthesis.in_strips = False
        whole = generator.synthesize(latents)

    # float32: some hundred roundings of values of a few units
    torch.testing.assert_close(in_strips, whole, rtol=1e-4, atol=1e-4)


def test_a_file_gives_the_factors_back(exact: StyleGAN2, tmp_path) -> None:
    latents = exact.sample(2, seed=0).add_weights(offset_of(exact, "b8.conv1", torch.eye(2)))
    latents = latents.add_weights(
        WeightOffset("b4.torgb", torch.randn(1, 3, 8, 1, 1).double(), torch.ones(2, 1).double())
    )

    latents.save(tmp_path / "codes.safetensors")
    loaded = Latents.load(tmp_path / "codes.safetensors")

    assert isinstance(loaded.weights[0], LowRankOffset)
    assert torch.equal(exact.synthesize(loaded), exact.synthesize(latents))


def test_a_damaged_file_is_refused(exact: StyleGAN2, tmp_path) -> None:
    from dynode import files

    latents = exact.sample(2, seed=0).add_weights(offset_of(exact, "b8.conv1", torch.eye(2)))
    latents.save(tmp_path / "codes.safetensors")
    tensors, metadata = files.load_tensors(tmp_path / "codes.safetensors")
    tensors["weights.0.b8.conv1.up"] = tensors["weights.0.b8.conv1.up"][:, :3]
    files.save_tensors(tensors, tmp_path / "codes.safetensors", metadata)

    with pytest.raises(CorruptCheckpointError, match="expected .*k r, in"):
        Latents.load(tmp_path / "codes.safetensors")


def test_batches_are_taken_apart_joined_and_mixed(exact: StyleGAN2) -> None:
    offset = offset_of(exact, "b8.conv1", torch.eye(2))
    latents = exact.sample(2, seed=0).add_weights(offset)
    images = exact.synthesize(latents)

    singles = [latents[index].compact() for index in range(2)]

    for index, single in enumerate(singles):
        assert single.weights[0].count == 1
        torch.testing.assert_close(exact.synthesize(single), images[index : index + 1])
    torch.testing.assert_close(exact.synthesize(Latents.cat(singles)), images)
    torch.testing.assert_close(
        exact.synthesize(latents.lerp(latents, 0.3)), images, rtol=0, atol=FLOAT64
    )
    moved = latents.to(dtype=torch.float32).weights[0]
    assert isinstance(moved, LowRankOffset) and moved.down.dtype == torch.float32


def test_the_same_factors_only_sum_their_coefficients(exact: StyleGAN2) -> None:
    offset = offset_of(exact, "b8.conv1", torch.eye(2))
    latents = exact.sample(2, seed=0).add_weights(offset)

    twice = latents.add_weights(offset.with_coefficients(2 * torch.eye(2).double()))

    assert len(twice.weights) == 1
    assert torch.equal(twice.weights[0].coefficients, 3 * torch.eye(2).double())
    assert latents.detach().weights[0].is_like(offset)
    assert not offset.is_like(offset.dense())


def test_a_direction_rides_on_a_tuned_picture(exact: StyleGAN2) -> None:
    tuned = exact.sample(2, seed=0).add_weights(offset_of(exact, "b8.conv1", torch.eye(2)))
    shape = exact.info.conv_layers["b8.conv1"]
    direction = WeightDirection(layer="b8.conv1", delta=torch.randn(shape))

    edited = exact.synthesize(direction.apply(tuned, 0.5))

    expected = exact.synthesize(direction.apply(dense(tuned), 0.5))
    torch.testing.assert_close(edited, expected, rtol=0, atol=FLOAT64)
    assert direction.apply(tuned, 0.0) is tuned


def test_an_offset_of_another_shape_is_refused(exact: StyleGAN2) -> None:
    offset = offset_of(exact, "b8.conv1", torch.eye(2))
    wrong = LowRankOffset("b16.conv1", offset.down, offset.up, offset.coefficients)

    with pytest.raises(GeneratorMismatchError, match=r"has shape \(7, 7, 3, 3\)"):
        exact.synthesize(exact.sample(2, seed=0).add_weights(wrong))


def test_factors_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="expected"):
        LowRankOffset("x", torch.zeros(4, 2, 3, 3), torch.zeros(5, 3), torch.zeros(1, 2))
    with pytest.raises(ValueError, match="expected"):
        LowRankOffset("x", torch.zeros(3, 2, 3, 3), torch.zeros(5, 3), torch.zeros(1, 2))


def test_a_factored_offset_is_small() -> None:
    offset = LowRankOffset("x", torch.zeros(4, 256, 3, 3), torch.zeros(256, 4), torch.zeros(1, 1))

    numbers = sum(part.numel() for part in offset.shared)

    assert numbers == 4 * (256 * 9 + 256)
    assert numbers < 0.02 * offset.basis.numel()
