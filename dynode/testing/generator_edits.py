"""Conformance checks of edits: offsets in StyleSpace and parameter space, batched and stacked."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.testing.comparing import assert_close, assert_differ, assert_same
from dynode.testing.plugin_check import needs, remedy


def _layers(generator: Generator) -> tuple[str, ...]:
    """Name some layers whose weights can be moved: the first, one in the middle, the last."""
    names = list(generator.info.conv_layers)
    return tuple(dict.fromkeys((names[0], names[len(names) // 2], names[-1])))


def _basis(generator: Generator, layer: str, count: int, *, seed: int = 0) -> Tensor:
    """Draw offsets (count, out, in, kh, kw) of one weight."""
    random = torch.Generator().manual_seed(seed)
    drawn = torch.randn(count, *generator.info.conv_layers[layer], generator=random)
    return drawn.to(generator.device, generator.dtype)


def _offset(layer: str, basis: Tensor, coefficients: list[list[float]]) -> WeightOffset:
    return WeightOffset(layer, basis, basis.new_tensor(coefficients))


@needs("styles")
@remedy("add style offsets where the style vector is used, without a factor")
def a_style_offset_equals_the_shift_of_the_code(generator: Generator) -> None:
    """Moving the styles by what another code would change draws the other code's picture."""
    first, second = generator.sample(1, seed=0), generator.sample(1, seed=1)
    target = generator.styles(second)
    shifts = {name: target[name] - part for name, part in generator.styles(first).items()}
    expected = generator.synthesize(second)
    assert_close(generator.synthesize(first.add_styles(shifts)), expected, "styles moved")
    assert_differ(generator.synthesize(first), expected, "pictures of two codes")


@needs("weights")
@remedy("add nothing where a coefficient is 0")
def no_weight_offset_draws_the_same(generator: Generator) -> None:
    """Offsets with coefficients 0 draw the picture without them, alone and in a batch."""
    latents = generator.sample(2, seed=0)
    expected = generator.synthesize(latents)
    for layer in _layers(generator):
        basis = _basis(generator, layer, 1)
        moved = latents.add_weights(_offset(layer, basis, [[0.0], [0.0]]))
        assert_close(generator.synthesize(moved), expected, f"{layer} moved by nothing")
    assert_close(generator.synthesize(moved[0]), expected[:1], "one picture moved by nothing")


@needs("weights")
@remedy("move each picture's weights by its own row of coefficients")
def every_picture_has_its_own_coefficients(generator: Generator) -> None:
    """A batch of different weight offsets draws what each would alone."""
    latents = generator.sample(3, seed=0)
    for layer, count in zip(_layers(generator), (1, 3, 2), strict=False):
        basis = _basis(generator, layer, count)
        rows = [[0.0] * count, [0.5] * count, [-1.0 + index for index in range(count)]]
        moved = latents.add_weights(_offset(layer, basis, rows))
        images = generator.synthesize(moved)
        for index, row in enumerate(rows):
            single = latents[index].add_weights(_offset(layer, basis, [row]))
            alone = generator.synthesize(single)
            assert_close(alone, images[index : index + 1], f"{layer} with coefficients {row}")
    unmoved = generator.synthesize(latents[1])
    assert_differ(images[1:2], unmoved, f"{layer} moved and not")


@needs("weights")
@remedy("sum the offsets of one layer before or after the convolution, none replaces another")
def weight_offsets_add_up(generator: Generator) -> None:
    """Two offsets of one weight draw what their sum draws."""
    latents = generator.sample(2, seed=0)
    for layer in _layers(generator):
        first, second = (_basis(generator, layer, 1, seed=seed) for seed in (0, 1))
        apart = latents.add_weights(_offset(layer, first, [[0.5], [1.0]])).add_weights(
            _offset(layer, second, [[1.0], [-0.5]])
        )
        together = latents.add_weights(
            _offset(layer, torch.cat([first, second]), [[0.5, 1.0], [1.0, -0.5]])
        )
        drawn = generator.synthesize(together)
        assert_close(generator.synthesize(apart), drawn, f"offsets of {layer} apart")


@needs("weights")
@remedy("apply code, styles and weights of each picture in one drawing")
def edits_of_all_spaces_stack(generator: Generator) -> None:
    """A batch with edits in W+, StyleSpace and parameter space equals its pictures alone."""
    plain = generator.sample(2, seed=0)
    layer = _layers(generator)[0]
    basis = _basis(generator, layer, 1)
    first = plain[0]
    for name, style in list(generator.styles(plain).items())[-1:]:  # none without styles
        first = first.add_styles({name: 0.5 * style[:1]})
    second = plain[1].add_weights(_offset(layer, basis, [[1.0]]))
    second = second.with_w(second.w + 0.1)
    images = generator.synthesize(Latents.cat([first, second]))
    for index, latents in enumerate((first, second)):
        alone = generator.synthesize(latents)
        assert_close(alone, images[index : index + 1], f"edit {index} of the batch alone")
    assert_same(plain.w, generator.sample(2, seed=0).w, "the codes that were edited")


CHECKS = (
    a_style_offset_equals_the_shift_of_the_code,
    no_weight_offset_draws_the_same,
    every_picture_has_its_own_coefficients,
    weight_offsets_add_up,
    edits_of_all_spaces_stack,
)
