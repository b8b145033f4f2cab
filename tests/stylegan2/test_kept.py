"""Drawing from where something changed gives the pixels of drawing everything."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from dynode.generator import KeepsActivations, redrawing
from dynode.latents import Latents, WeightOffset
from dynode.pipeline.generate import synthesize_batches
from dynode.stylegan2 import StyledConvolution, StyleGAN2, strips
from dynode.testing import tiny_generator

ROWS = 8  # of a 32 px network: one in b4, then three a block, the last shared with the next
ALL = 7  # its convolutions


@pytest.fixture(params=["blocks", "strips"])
def generator(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> StyleGAN2:
    if request.param == "strips":
        monkeypatch.setattr(strips, "FEWEST_VALUES", 0)
        monkeypatch.setattr(strips, "STRIP_VALUES", 2**12)
    return tiny_generator(32)


@pytest.fixture
def counted() -> Iterator[tuple[StyleGAN2, list[str]]]:
    """A generator that tells which convolutions it runs."""
    generator, run = tiny_generator(32), list[str]()
    for name in generator.network.synthesis.rows:
        layer = generator.network.synthesis.layer(name)
        if isinstance(layer, StyledConvolution):
            layer.register_forward_hook(lambda *_, name=name: run.append(name))
    yield generator, run


def moved(latents: Latents, row: int, by: float = 0.5) -> Latents:
    """Rows from `row` on, moved."""
    w = latents.w.clone()
    w[:, row:] += by
    return latents.with_w(w)


def same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and bool((one == other).all())


@pytest.mark.parametrize("row", range(ROWS))
def test_rows_from_any_on_draw_the_same_pixels(generator: StyleGAN2, row: int) -> None:
    latents = generator.sample(2, seed=0)
    draw = redrawing(generator)
    draw.synthesize(latents)

    drawn = [draw.synthesize(moved(latents, row, by)) for by in (0.5, -1.0)]

    assert same(drawn[0], generator.synthesize(moved(latents, row, 0.5)))
    assert same(drawn[1], generator.synthesize(moved(latents, row, -1.0)))


@pytest.mark.parametrize(
    ("row", "run"), [(0, 7), (1, 7), (2, 6), (3, 6), (4, 4), (5, 4), (6, 2), (7, 2)]
)
def test_convolutions_before_the_change_are_saved(
    counted: tuple[StyleGAN2, list[str]], row: int, run: int
) -> None:
    generator, names = counted
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    draw.synthesize(latents)
    assert len(names) == ALL
    names.clear()

    draw.synthesize(moved(latents, row))

    assert len(names) == run


def test_the_same_picture_again_runs_nothing(counted: tuple[StyleGAN2, list[str]]) -> None:
    generator, names = counted
    latents = generator.sample(2, seed=0)
    draw = redrawing(generator)
    first = draw.synthesize(latents)
    first.zero_()  # the caller's own
    names.clear()

    again = draw.synthesize(latents)

    assert names == []
    assert same(again, generator.synthesize(latents))


def offset(generator: StyleGAN2, layer: str, coefficient: float) -> WeightOffset:
    shape = generator.info.conv_layers[layer]
    basis = torch.randn(1, *shape, generator=torch.Generator().manual_seed(3))
    return WeightOffset(layer, basis, torch.tensor([[coefficient]]))


CHANGES = {
    "style of the last layer": lambda g, x: x.add_styles({"b32.torgb": torch.ones(1, 16)}),
    "style in the middle": lambda g, x: x.add_styles({"b16.conv1": torch.ones(1, 16)}),
    "weight of a layer": lambda g, x: x.add_weights(offset(g, "b16.conv0", 0.3)),
    "another picture": lambda g, x: g.sample(1, seed=9),
    "another number": lambda g, x: Latents.cat([x, x]),
    "nothing": lambda g, x: x,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("back", [False, True], ids=["there", "there and back"])
def test_whatever_changes_the_pixels_are_the_same(
    generator: StyleGAN2, change: object, back: bool
) -> None:
    assert callable(change)
    latents = generator.sample(1, seed=0)
    changed = change(generator, latents)
    draw = redrawing(generator)
    steps = [latents, changed, latents] if back else [latents, changed]

    drawn = [draw.synthesize(step) for step in steps]

    assert same(drawn[-1], generator.synthesize(steps[-1]))


def test_a_weight_offset_scaled_in_place_is_noticed() -> None:
    generator = tiny_generator(32)
    edit = offset(generator, "b16.conv0", 0.3)
    latents = generator.sample(1, seed=0).add_weights(edit)
    draw = redrawing(generator)
    draw.synthesize(latents)

    edit.coefficients.mul_(2)
    scaled = draw.synthesize(latents)
    expected = generator.synthesize(latents)
    edit.basis.mul_(-1)
    turned = draw.synthesize(latents)

    assert same(scaled, expected)
    assert same(turned, generator.synthesize(latents))


def test_weights_of_the_network_that_change_are_noticed() -> None:
    generator = tiny_generator(32)
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    draw.synthesize(latents)

    with torch.no_grad():
        generator.network.synthesis.layer("b8.conv1").weight.mul_(1.5)

    assert same(draw.synthesize(latents), generator.synthesize(latents))


@pytest.mark.parametrize("sizes", [(8, None), (None, 8), (16, 32), (8, 16)], ids=str)
def test_sizes_may_change_from_call_to_call(
    generator: StyleGAN2, sizes: tuple[int | None, int | None]
) -> None:
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)

    drawn = [draw.synthesize(latents, resolution=size) for size in sizes]

    for image, size in zip(drawn, sizes, strict=True):
        assert same(image, generator.synthesize(latents, resolution=size))


def test_noise_may_change_from_call_to_call(generator: StyleGAN2) -> None:
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    draw.synthesize(latents)

    without = draw.synthesize(latents, noise="none")
    torch.manual_seed(5)
    fresh = draw.synthesize(latents, noise="random")
    torch.manual_seed(5)

    assert same(fresh, generator.synthesize(latents, noise="random"))
    assert same(without, generator.synthesize(latents, noise="none"))


@pytest.mark.parametrize("memory", [0, 3000, 20_000, 2**20], ids="{} bytes".format)
def test_memory_is_bounded_and_the_pixels_stay(generator: StyleGAN2, memory: int) -> None:
    latents = generator.sample(1, seed=0)
    draw = generator.keep_activations(memory=memory)
    for row in (0, 7, 5, 2):
        drawn = draw.synthesize(moved(latents, row))

        assert draw.kept_bytes <= memory
        assert same(drawn, generator.synthesize(moved(latents, row)))


def test_an_error_on_the_way_leaves_nothing_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = tiny_generator(32)
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    draw.synthesize(latents)
    block = generator.network.synthesis.blocks[-1]
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(block, "forward", _interrupted)
        draw.synthesize(moved(latents, 2))

    assert same(draw.synthesize(moved(latents, 6)), generator.synthesize(moved(latents, 6)))


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_kept_in_inference_mode_it_serves_outside() -> None:
    generator = tiny_generator(32)
    latents = generator.sample(1, seed=0)
    draw = redrawing(generator)
    with torch.inference_mode():
        draw.synthesize(latents)

    drawn = draw.synthesize(moved(latents, 6))

    assert not drawn.requires_grad
    assert same(drawn, generator.synthesize(moved(latents, 6)))


def test_a_generator_without_the_capability_draws_itself() -> None:
    class Plain:
        def synthesize(self, latents: Latents) -> None: ...

    plain = Plain()

    assert redrawing(plain) is plain  # type: ignore[arg-type, comparison-overlap]
    assert isinstance(tiny_generator(8), KeepsActivations)


def test_a_sweep_over_late_rows_runs_the_first_blocks_once(
    counted: tuple[StyleGAN2, list[str]],
) -> None:
    generator, names = counted
    latents = generator.sample(1, seed=0)
    steps = Latents.cat([moved(latents, 6, by) for by in (0.0, 0.3, 0.6, 0.9)])

    images = synthesize_batches(generator, steps)

    assert len(names) == ALL + 3 * 2
    for image, step in zip(images, range(4), strict=True):
        assert same(image[None], generator.synthesize(steps[step]))
