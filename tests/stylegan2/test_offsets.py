"""Offsets of weights: the cheap forms equal moving the weights themselves."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.stylegan2.energy import EnergyCache, energy
from dynode.stylegan2.modulation import SHARED_BASES, modulated_convolution, moved_energy
from dynode.testing import tiny_generator

FLOAT64 = 1e-9  # a few thousand roundings of values near one
LAYERS = ["b4.conv1", "b8.conv0", "b16.conv1", "b16.torgb"]


@pytest.fixture
def exact() -> StyleGAN2:
    return tiny_generator(16, w_dim=12, channels={4: 8, 8: 7, 16: 5}).to(dtype=torch.float64)


def offset_of(
    generator: StyleGAN2, layer: str, bases: int, n: int, *, seed: int = 0
) -> WeightOffset:
    random = torch.Generator().manual_seed(seed)
    shape = generator.info.conv_layers[layer]
    basis = torch.randn(bases, *shape, generator=random, dtype=generator.dtype)
    return WeightOffset(layer, basis, torch.randn(n, bases, generator=random, dtype=basis.dtype))


def drawn_with_moved_weights(generator: StyleGAN2, latents: Latents, index: int) -> Tensor:
    """Write the moved weights into a copy of the generator: what an offset means."""
    moved = copy.deepcopy(generator)
    with torch.no_grad():
        for offset in latents.weights:
            change = torch.einsum("k,koihw->oihw", offset.coefficients[index], offset.basis)
            moved.network.synthesis.layer(offset.layer).weight += change
    return moved.synthesize(Latents(latents.w[index : index + 1]))


@pytest.mark.parametrize("bases", [1, SHARED_BASES, SHARED_BASES + 1])
@pytest.mark.parametrize("layer", LAYERS)
def test_offsets_draw_what_moved_weights_draw(exact: StyleGAN2, layer: str, bases: int) -> None:
    latents = exact.sample(3, seed=0).add_weights(offset_of(exact, layer, bases, 3))

    images = exact.synthesize(latents)

    for index in range(3):
        expected = drawn_with_moved_weights(exact, latents, index)
        torch.testing.assert_close(images[index : index + 1], expected, rtol=0, atol=FLOAT64)


@pytest.mark.parametrize("layer", LAYERS)
def test_several_offsets_of_a_layer_add_up(exact: StyleGAN2, layer: str) -> None:
    latents = exact.sample(2, seed=0)
    for seed in (1, 2):
        latents = latents.add_weights(offset_of(exact, layer, 1, 2, seed=seed))

    images = exact.synthesize(latents)

    for index in range(2):
        expected = drawn_with_moved_weights(exact, latents, index)
        torch.testing.assert_close(images[index : index + 1], expected, rtol=0, atol=FLOAT64)


def test_a_batch_of_eight_coefficients_equals_eight_pictures() -> None:
    generator = tiny_generator(64, w_dim=32)
    latents = generator.sample(8, seed=0)
    offset = offset_of(generator, "b16.conv0", 1, 8)
    moved = latents.add_weights(offset)

    images = generator.synthesize(moved)

    for index in range(8):
        alone = generator.synthesize(moved[index])
        # float32 sums in another order.
        torch.testing.assert_close(images[index : index + 1], alone, rtol=0, atol=2e-5)
    assert (images - generator.synthesize(latents)).abs().amax((1, 2, 3)).min() > 1e-3


@pytest.mark.parametrize("layers", [["b16.conv0"], ["b16.conv1"], ["b64.torgb"]], ids=str)
def test_an_offset_costs_less_than_half_of_the_batch(layers: list[str]) -> None:
    generator = tiny_generator(64, w_dim=32)
    latents = generator.sample(8, seed=0)
    moved = latents
    for layer in layers:
        moved = moved.add_weights(offset_of(generator, layer, 1, 8))

    def operations(latents: Latents) -> int:
        with FlopCounterMode(display=False) as counter:
            generator.synthesize(latents)
        return counter.get_total_flops()

    generator.synthesize(moved)  # what is computed once is not counted

    # Operations, not seconds: those are in benchmarks/results.
    assert operations(moved) <= 1.5 * operations(latents)


def test_the_quadratic_equals_the_energy_of_moved_weights() -> None:
    weight = torch.randn(5, 4, 3, 3, dtype=torch.float64)
    offsets = [
        WeightOffset("any", torch.randn(k, 5, 4, 3, 3).double(), torch.randn(6, k).double())
        for k in (1, 2)
    ]

    quadratic = moved_energy(weight, offsets, EnergyCache())

    moved = weight + sum(torch.einsum("nk,koihw->noihw", o.coefficients, o.basis) for o in offsets)
    torch.testing.assert_close(quadratic, energy(moved), rtol=1e-12, atol=FLOAT64)


@pytest.mark.parametrize("up", [False, True], ids=["same size", "doubling"])
def test_scaled_activations_equal_scaled_weights(up: bool) -> None:
    x, style = torch.randn(2, 4, 5, 5).double(), torch.randn(2, 4).double()
    weight = torch.randn(3, 4, 3, 3).double()

    y, factor = modulated_convolution(x, weight, style, up=up)

    for index in range(2):
        scaled = weight * 36**-0.5 * style[index, :, None, None]
        scaled = scaled / (scaled.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
        one = x[index : index + 1]
        expected = (
            torch.nn.functional.conv_transpose2d(one, scaled.transpose(0, 1), stride=2)
            if up
            else torch.nn.functional.conv2d(one, scaled, padding=1)
        )
        found = y[index] * factor[index, :, None, None]
        torch.testing.assert_close(found, expected[0], rtol=0, atol=FLOAT64)


@pytest.mark.parametrize("bases", [1, SHARED_BASES + 1])
def test_gradients_reach_bases_and_coefficients(exact: StyleGAN2, bases: int) -> None:
    latents = exact.sample(2, seed=0)
    start = offset_of(exact, "b8.conv0", bases, 2)

    def render(basis: Tensor, coefficients: Tensor) -> Tensor:
        moved = latents.add_weights(WeightOffset("b8.conv0", basis, coefficients))
        return exact.synthesize(moved).mean((1, 2, 3))

    inputs = (start.basis.requires_grad_(), start.coefficients.requires_grad_())

    assert torch.autograd.gradcheck(render, inputs, fast_mode=True)


CHANGES: dict[str, Callable[[Tensor], object]] = {
    "in place": lambda weight: weight.mul_(2),
    "copied": lambda weight: weight.copy_(weight + 1),
    "one value": lambda weight: weight[0, 0, 0, 0].fill_(9),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_kept_energies_follow_the_weights(change: Callable[[Tensor], object]) -> None:
    cache, weight = EnergyCache(), torch.randn(3, 4, 3, 3)
    first = cache.of(weight)
    assert cache.of(weight) is first

    change(weight)

    assert torch.equal(cache.of(weight), energy(weight))


def test_energies_of_trained_weights_are_never_kept() -> None:
    cache = EnergyCache()
    weight = torch.randn(3, 4, 3, 3, requires_grad=True)
    with torch.no_grad():
        cache.of(weight)
    optimiser = torch.optim.SGD([weight], lr=0.1)

    cache.of(weight).sum().backward()
    optimiser.step()

    assert torch.equal(cache.of(weight), energy(weight))
    assert cache.of(weight).requires_grad


def test_energies_kept_in_inference_mode_serve_gradients_later() -> None:
    cache, weight = EnergyCache(), torch.randn(3, 4, 3, 3)
    style = torch.ones(2, 4, requires_grad=True)
    with torch.inference_mode():
        cache.of(weight)

    (style @ cache.of(weight).t()).sum().backward()

    assert style.grad is not None


def test_kept_products_die_with_their_basis() -> None:
    cache, weight = EnergyCache(), torch.randn(3, 4, 3, 3)
    cache.of(weight)
    for _ in range(5):
        cache.between(torch.randn(1, 3, 4, 3, 3), weight)

    assert len(cache._kept) <= 2


# torch's own forward mode compiles decompositions with a function it deprecates.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:FutureWarning")
@pytest.mark.parametrize("layer", LAYERS)
def test_offsets_can_be_differentiated_forwards(exact: StyleGAN2, layer: str) -> None:
    latents = exact.sample(2, seed=0)
    step = offset_of(exact, layer, 1, 2).basis

    def render(basis: Tensor) -> Tensor:
        ones = torch.ones(2, 1, dtype=basis.dtype)
        return exact.synthesize(latents.add_weights(WeightOffset(layer, basis, ones)))

    _, pushed = torch.func.jvp(render, (torch.zeros_like(step),), (step,))

    width = 1e-5
    expected = (render(width * step) - render(-width * step)) / (2 * width)
    # A central difference in float64: the square of the step, and rounding over the step.
    torch.testing.assert_close(pushed, expected, rtol=1e-6, atol=1e-6)
