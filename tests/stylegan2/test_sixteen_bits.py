"""The highest blocks in 16 bits: as near as the type allows, never infinite, differentiable."""

from __future__ import annotations

import copy

import pytest
import torch

from dynode.latents.latents import Latents
from dynode.latents.weight_offset import LowRankOffset, WeightOffset
from dynode.stylegan2 import StyleGAN2
from dynode.stylegan2.sixteen_bits import convolution, first_block, to_rgb
from dynode.testing import tiny_generator

# Rounding of one operation, times what a picture of eight layers in a row adds up to at its worst pixel,
# measured on these weights and doubled; pictures have a deviation of 0.26.
ERRORS = {"bf16": 2.0**-9 * 12, "fp16": 2.0**-12 * 12}
TYPES = {"bf16": torch.bfloat16, "fp16": torch.float16}


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(32)


def edited(generator: StyleGAN2) -> dict[str, Latents]:
    """Codes with every kind of offset, in a block of 16 bits and before."""
    plain = generator.sample(2, seed=0)
    random = torch.Generator().manual_seed(1)
    shape = generator.info.conv_layers["b16.conv0"]

    def draw(*size: int) -> torch.Tensor:
        return torch.randn(size, generator=random) / 4

    dense = WeightOffset("b16.conv0", draw(1, *shape), draw(2, 1))
    rgb = WeightOffset("b32.torgb", draw(1, *generator.info.conv_layers["b32.torgb"]), draw(2, 1))
    low = LowRankOffset("b16.conv0", draw(2, *shape[1:]), draw(shape[0], 2), draw(2, 1))
    styles = {name: draw(2, width) for name, width in generator.info.style_channels.items()}
    return {
        "plain": plain,
        "one": plain[[0]],
        "styles": plain.add_styles(styles),
        "dense": plain.add_weights(dense),
        "low rank": plain.add_weights(low),
        "rgb": plain.add_weights(rgb),
    }


@pytest.mark.parametrize("precision", TYPES)
@pytest.mark.parametrize("case", ["plain", "one", "styles", "dense", "low rank", "rgb"])
def test_pictures_are_those_of_32_bits(generator: StyleGAN2, precision: str, case: str) -> None:
    latents = edited(generator)[case]

    found = generator.in_precision(precision).synthesize(latents)  # type: ignore[arg-type]

    expected = generator.synthesize(latents)
    assert found.dtype == torch.float32
    assert 0 < float((found - expected).abs().max()) < ERRORS[precision]


@pytest.mark.parametrize("precision", TYPES)
def test_gradients_are_those_of_32_bits(generator: StyleGAN2, precision: str) -> None:
    def gradient(drawing: StyleGAN2) -> torch.Tensor:
        w = generator.sample(1, seed=0).w.clone().requires_grad_()
        return torch.autograd.grad(drawing.synthesize(Latents(w)).square().mean(), w)[0].flatten()

    found = gradient(generator.in_precision(precision))  # type: ignore[arg-type]

    cosine = torch.cosine_similarity(found, gradient(generator), dim=0)
    assert float(cosine) > 1 - 10 * ERRORS[precision]


@pytest.mark.parametrize("resolution", [8, 16, 64, 256, 1024])
def test_the_four_highest_blocks_are_those_of_the_published_rule(resolution: int) -> None:
    published = max(2 ** (resolution.bit_length() - 1 + 1 - 4), 8)

    assert first_block(resolution) == published


def test_a_float16_layer_of_huge_styles_is_that_of_float64() -> None:
    random = torch.Generator().manual_seed(0)
    x = torch.randn(1, 512, 4, 4, generator=random).clamp(-256, 256) * 80
    weight = torch.randn(8, 512, 3, 3, generator=random)
    style = torch.randn(1, 512, generator=random) * 1e4
    given = {
        "up": False,
        "offsets": (),
        "cache": tiny_generator(8).network.synthesis.b8.conv0.energies,
    }

    y, factor = convolution(x.half(), weight, style, **given)

    scale = 512**-0.5 / 3
    moved = weight.double() * style.double()[0][:, None, None] * scale
    moved = moved / (moved.square().sum((1, 2, 3), keepdim=True) + 1e-8).sqrt()
    expected = torch.nn.functional.conv2d(x.double(), moved, padding=1)
    found = y.double() * factor.double()[:, :, None, None]
    # Each product is rounded to 11 bits; their sum over 4,608 of random signs keeps that size.
    torch.testing.assert_close(found, expected, rtol=0, atol=2**-10 * float(expected.std()) * 6)


@pytest.mark.parametrize("up", [False, True], ids=["same size", "doubled"])
def test_the_largest_sum_there_can_be_is_finite(up: bool) -> None:
    x = torch.full((1, 512, 4, 4), 256.0, dtype=torch.float16)
    weight, style = torch.full((4, 512, 3, 3), 1e3), torch.full((1, 512), 1e4)
    cache = tiny_generator(8).network.synthesis.b8.conv0.energies

    y, factor = convolution(x, weight, style, up=up, offsets=(), cache=cache)

    assert bool(torch.isfinite(y).all()) and bool(torch.isfinite(factor).all())
    assert bool(torch.isfinite(to_rgb(x, weight[:3, :, :1, :1], style, ())).all())


@pytest.mark.parametrize("strength", [1e2, 1e4])
@pytest.mark.parametrize("whole", [False, True], ids=["highest blocks", "all in float16"])
def test_large_styles_make_no_infinities(
    generator: StyleGAN2, strength: float, whole: bool
) -> None:
    drawing = generator.to(dtype=torch.float16) if whole else generator.in_precision("fp16")
    styles = {n: torch.full((1, c), strength) for n, c in generator.info.style_channels.items()}
    latents = generator.sample(1, seed=0).add_styles(styles)

    drawn = drawing.synthesize(latents)

    assert bool(torch.isfinite(drawn).all())


def test_a_precision_is_a_view_of_the_same_weights(generator: StyleGAN2) -> None:
    before = generator.synthesize(generator.sample(1, seed=0))
    low = generator.in_precision("bf16")

    assert low.network is generator.network and (low.precision, generator.precision) == (
        "bf16",
        "fp32",
    )
    assert low.info == generator.info and low.dtype == torch.float32
    assert torch.equal(generator.synthesize(generator.sample(1, seed=0)), before)
    assert copy.copy(low).in_precision("fp32").precision == "fp32"


def test_kept_activations_draw_the_same_bits(generator: StyleGAN2) -> None:
    low = generator.in_precision("fp16")
    latents = low.sample(1, seed=0)
    moved = latents.with_w(torch.cat([latents.w[:, :6], latents.w[:, 6:] + 0.5], 1))
    kept = low.keep_activations()
    kept.synthesize(latents)

    with torch.no_grad():
        assert torch.equal(kept.synthesize(moved), low.synthesize(moved))
