"""The networks: closed forms, invariances, gradients, training from scratch."""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from dynode.errors import UnsupportedCheckpointError, UsageError
from dynode.latents.latents import Latents
from dynode.stylegan2 import (
    DiscriminatorConfig,
    DiscriminatorNetwork,
    GeneratorConfig,
    GeneratorNetwork,
    StyleGAN2,
)
from dynode.stylegan2.blocks import SynthesisState
from dynode.stylegan2.building import build_network
from dynode.stylegan2.discriminator import add_deviation
from dynode.stylegan2.mapping import MappingNetwork
from dynode.stylegan2.resampling import blur_after_doubling, blur_before_halving, double
from dynode.testing import tiny_generator

FLOAT64 = 1e-10  # a few hundred roundings of values near one


def published_filter(
    x: Tensor, taps: tuple[float, ...], *, up: int, padding: tuple[int, int]
) -> Tensor:
    """Insert zeros, pad, convolve with the outer square: the published definition."""
    n, c, h, w = x.shape
    sparse = x.new_zeros(n, c, h, up, w, up)
    sparse[:, :, :, 0, :, 0] = x
    line = torch.tensor(taps, dtype=x.dtype)
    kernel = torch.outer(line, line) / line.sum() ** 2 * up**2
    padded = F.pad(sparse.reshape(n, c, h * up, w * up), (*padding, *padding))
    return F.conv2d(padded, kernel.flip(0, 1).expand(c, 1, -1, -1), groups=c)


TAPS = {
    "published": (1.0, 3.0, 3.0, 1.0),
    "lopsided": (1.0, 2.0, 4.0, 0.5),
    "long": (1, 2, 3, 3, 2, 1),
}


@pytest.mark.parametrize("taps", TAPS.values(), ids=TAPS.keys())
def test_doubling_equals_the_two_dimensional_filter(taps: tuple[float, ...]) -> None:
    x = torch.randn(2, 3, 5, 7, dtype=torch.float64)
    excess = len(taps) - 2

    expected = published_filter(x, taps, up=2, padding=((excess + 1) // 2 + 1, excess // 2))

    torch.testing.assert_close(double(x, taps), expected, rtol=0, atol=FLOAT64)


@pytest.mark.parametrize("taps", TAPS.values(), ids=TAPS.keys())
def test_the_blur_after_doubling_equals_the_two_dimensional_filter(taps: tuple[float, ...]) -> None:
    x = torch.randn(2, 3, 9, 11, dtype=torch.float64)
    excess = len(taps) - 4
    padding = ((excess + 1) // 2 + 1, excess // 2 + 1)

    blurred = blur_after_doubling(x, taps)

    expected = published_filter(x, taps, up=1, padding=padding) * 4
    torch.testing.assert_close(blurred, expected, rtol=0, atol=FLOAT64)
    assert blurred.shape[2:] == (8, 10)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("taps", TAPS.values(), ids=TAPS.keys())
def test_the_blur_before_halving_equals_the_two_dimensional_filter(
    taps: tuple[float, ...], kernel: int
) -> None:
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    excess = len(taps) - 2 + kernel - 1

    blurred = blur_before_halving(x, taps, kernel=kernel)

    expected = published_filter(x, taps, up=1, padding=((excess + 1) // 2, excess // 2))
    expected = expected[:, :, ::2, ::2] if kernel == 1 else expected
    torch.testing.assert_close(blurred, expected, rtol=0, atol=FLOAT64)


@pytest.fixture
def exact() -> StyleGAN2:
    return tiny_generator(32, w_dim=16, channels=6).to(dtype=torch.float64)


def test_a_picture_is_the_sum_of_its_doubled_torgb_layers(exact: StyleGAN2) -> None:
    from dynode.stylegan2.blocks import SynthesisState

    latents = exact.sample(2, seed=3)
    inputs = exact.layer_inputs(latents)
    state, total = SynthesisState(), torch.zeros(2, 3, 2, 2, dtype=torch.float64)

    for resolution in (4, 8, 16, 32):
        state = exact.advance(state, inputs, until=resolution)
        block = exact.network.synthesis.blocks[resolution.bit_length() - 3]
        own = block.torgb(state.features, inputs.styles[f"b{resolution}.torgb"])
        total = own + (0 if resolution == 4 else double(total, (1, 3, 3, 1)))
        early = exact.synthesize(latents, resolution=resolution)

        torch.testing.assert_close(early, total, rtol=0, atol=FLOAT64)
        assert torch.equal(state.image, early)


@pytest.mark.parametrize("clamp", [None, 0.5], ids=["no clamp", "clamp"])
def test_the_published_formulation_draws_the_same(
    repository: Path, monkeypatch: pytest.MonkeyPatch, clamp: float | None
) -> None:
    monkeypatch.syspath_prepend(repository / "benchmarks")
    published = importlib.import_module("published")
    generator = tiny_generator(32, w_dim=16, channels={4: 6, 8: 5, 16: 4, 32: 3})
    config = dataclasses.replace(generator.network.config, conv_clamp=clamp)
    network = build_network(config, generator.network.state_dict(), source="tiny").double()
    exact = StyleGAN2(network, name="tiny")
    latents = exact.sample(3, seed=0)

    expected = published.synthesize(network.synthesis, latents.w)

    torch.testing.assert_close(exact.synthesize(latents), expected, rtol=0, atol=FLOAT64)
    as_batch = published.synthesize(
        network.synthesis, latents.w, resample=published.resample_as_batch
    )
    torch.testing.assert_close(as_batch, expected, rtol=0, atol=FLOAT64)


def test_a_kept_prefix_draws_the_same_picture(exact: StyleGAN2) -> None:
    latents = exact.sample(2, seed=3)
    edited = latents.add_styles({"b32.conv0": torch.ones(2, 6, dtype=torch.float64)})

    prefix = exact.advance(SynthesisState(), exact.layer_inputs(latents), until=16)
    image = exact.advance(prefix, exact.layer_inputs(edited)).image

    assert torch.equal(image, exact.synthesize(edited))


def test_gradients_pass_the_numerical_check(exact: StyleGAN2) -> None:
    names = ["b4.torgb", "b16.conv0", "b32.conv1"]
    w = exact.sample(1, seed=0).w
    widths = [exact.info.style_channels[name] for name in names]
    styles = [torch.randn(1, width, dtype=torch.float64) for width in widths]
    noise = [layer.noise_const.clone() for layer in _convolutions(exact)]

    def render(w: Tensor, *rest: Tensor) -> Tensor:
        offsets = dict(zip(names, rest[:3], strict=True))
        return exact.synthesize(Latents(w, offsets), noise=rest[3:]).mean((1, 2, 3))

    inputs = [tensor.requires_grad_() for tensor in (w, *styles, *noise)]

    assert torch.autograd.gradcheck(render, inputs, fast_mode=True)
    assert torch.autograd.gradgradcheck(render, inputs, fast_mode=True)


def _convolutions(generator: StyleGAN2) -> list[torch.nn.Module]:
    layers = generator.network.synthesis.rows
    return [generator.network.synthesis.layer(n) for n in layers if "conv" in n]


def test_gradients_of_the_weights_pass_the_numerical_check(exact: StyleGAN2) -> None:
    w = exact.sample(2, seed=0).w
    names = ["synthesis.b4.const", "synthesis.b8.conv0.weight", "synthesis.b8.conv1.bias"]
    names += ["synthesis.b16.torgb.weight", "synthesis.b8.conv0.noise_strength"]
    names += ["synthesis.b16.conv1.affine.weight"]
    parameters = [exact.network.get_parameter(name).requires_grad_() for name in names]

    def render(*values: Tensor) -> Tensor:
        replaced = dict(zip(names, values, strict=True))
        inputs = torch.func.functional_call(
            _Renderer(exact), {f"network.{k}": v for k, v in replaced.items()}, (w,)
        )
        return inputs.mean((1, 2, 3))

    assert torch.autograd.gradcheck(render, parameters, fast_mode=True)


class _Renderer(torch.nn.Module):
    def __init__(self, generator: StyleGAN2) -> None:
        super().__init__()
        self.network = generator.network
        self.generator = generator

    def forward(self, w: Tensor) -> Tensor:
        return self.generator.synthesize(Latents(w))


# torch's own forward mode compiles decompositions with a function it deprecates.
@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:FutureWarning")
def test_forward_mode_and_reverse_mode_agree(exact: StyleGAN2) -> None:
    single = exact.to(dtype=torch.float32)
    w = single.sample(1, seed=0).w
    step = torch.randn_like(w)

    def render(w: Tensor) -> Tensor:
        return single.synthesize(Latents(w))

    _, pushed = torch.func.jvp(render, (w,), (step,))
    _, pull = torch.func.vjp(render, w)

    # <J v, u> = <v, J^T u>; float32 sums of 3072 terms.
    torch.testing.assert_close(
        (pushed * 0.01).sum(),
        (pull(torch.full_like(pushed, 0.01))[0] * step).sum(),
        rtol=1e-3,
        atol=1e-3,
    )


def test_demodulated_features_do_not_depend_on_the_scale_of_the_style() -> None:
    generator = tiny_generator(16, w_dim=8).to(dtype=torch.float64)
    latents = generator.sample(1, seed=0)
    styles = generator.styles(latents)
    shift = {"b8.conv1": styles["b8.conv1"] * 2}

    scaled = generator.synthesize(latents.add_styles(shift))

    # Tripling a style changes the picture only through the 1e-8 in the square root.
    torch.testing.assert_close(scaled, generator.synthesize(latents), rtol=0, atol=1e-6)


def test_every_style_layer_reads_the_row_its_description_names() -> None:
    generator = tiny_generator(16, w_dim=8)
    latents = generator.sample(1, seed=0)
    before = generator.styles(latents)

    for row in range(generator.info.num_layers):
        w = latents.w.clone()
        w[:, row] += 1
        after = generator.styles(Latents(w))
        changed = [name for name in before if not torch.equal(before[name], after[name])]
        assert changed == [n for n, r in generator.info.style_rows.items() if r == row]


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format], ids=str)
def test_features_may_come_in_either_memory_layout(
    exact: StyleGAN2, layout: torch.memory_format
) -> None:
    latents = exact.sample(2, seed=1)
    inputs = exact.layer_inputs(latents)
    state = exact.advance(SynthesisState(), inputs, until=8)
    features = state.features.contiguous(memory_format=layout)

    image = exact.advance(SynthesisState(8, features, state.image), inputs).image

    torch.testing.assert_close(image, exact.synthesize(latents), rtol=0, atol=FLOAT64)


def with_channels(count: int) -> StyleGAN2:
    torch.manual_seed(0)
    config = GeneratorConfig(16, {4: 4, 8: 4, 16: 4}, w_dim=8, z_dim=8, image_channels=count)
    return StyleGAN2(GeneratorNetwork(config), name="drawing")


@pytest.mark.robust(kind="F", member="one channel: grey")
def test_grey_is_drawn_as_three_equal_channels() -> None:
    generator = with_channels(1)
    latents = generator.sample(2, seed=0)

    image = generator.synthesize(latents)

    own = generator.advance(SynthesisState(), generator.layer_inputs(latents)).image
    assert own is not None and own.shape == (2, 1, 16, 16)
    assert torch.equal(image, own.expand(2, 3, 16, 16))
    assert generator.info.image_channels == 1


@pytest.mark.robust(kind="F", member="four channels: transparency")
def test_transparency_shows_a_checker_board() -> None:
    generator = with_channels(4)
    latents = generator.sample(1, seed=0)
    own = generator.advance(SynthesisState(), generator.layer_inputs(latents)).image
    assert own is not None
    own = own.detach()
    alpha = ((own[:, 3:] + 1) / 2).clamp(0, 1)
    board = torch.tensor([[1.0, 0.6], [0.6, 1.0]]).repeat(8, 8)

    image = generator.synthesize(latents)

    assert 0 < float(alpha.mean()) < 1
    expected = own[:, :3] * alpha + board * (1 - alpha)
    torch.testing.assert_close(image, expected, rtol=0, atol=1e-6)  # one rounding of each product


@pytest.mark.robust(kind="F")
@pytest.mark.parametrize("count", [2, 5, 12])
def test_other_numbers_of_channels_are_refused_at_once(count: int) -> None:
    with pytest.raises(UnsupportedCheckpointError, match=f"have {count} channels; expected 1"):
        with_channels(count)


def test_a_new_network_starts_with_unit_variance() -> None:
    torch.manual_seed(0)
    config = GeneratorConfig(16, {4: 128, 8: 128, 16: 128}, z_dim=128, w_dim=128)
    generator = StyleGAN2(GeneratorNetwork(config), name="new")

    w = generator.map(torch.randn(256, 128)).w
    state = generator.advance(SynthesisState(), generator.layer_inputs(Latents(w[:8])))

    # Equalised layers keep the second moment near one; zero padding and blur take some away.
    assert 0.4 < w.square().mean().item() < 1.6
    assert 0.1 < state.features.square().mean().item() < 1.5


def test_a_small_generator_learns_a_picture() -> None:
    torch.manual_seed(0)
    config = GeneratorConfig(16, {4: 16, 8: 16, 16: 16}, z_dim=8, w_dim=8, mapping_layers=2)
    generator = StyleGAN2(GeneratorNetwork(config), name="new")
    target = torch.linspace(-1, 1, 16).expand(1, 3, 16, 16)
    optimiser = torch.optim.Adam(generator.network.parameters(), lr=0.01, betas=(0.0, 0.99))
    z = torch.randn(4, 8)
    losses = []

    for _ in range(60):
        loss = (generator.synthesize(generator.map(z)) - target).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())

    assert losses[-1] < 0.1 * losses[0]


def test_a_discriminator_tells_two_pictures_apart_after_training() -> None:
    torch.manual_seed(0)
    config = DiscriminatorConfig(16, {4: 16, 8: 16, 16: 16}, mbstd_group=2)
    judge = DiscriminatorNetwork(config)
    real, fake = torch.randn(4, 3, 16, 16), torch.randn(4, 3, 16, 16)
    optimiser = torch.optim.Adam(judge.parameters(), lr=0.003, betas=(0.0, 0.99))

    for _ in range(30):
        loss = F.softplus(-judge(real)).mean() + F.softplus(judge(fake)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert (judge(real) > 0).all() and (judge(fake) < 0).all()


def test_the_group_statistic_equals_its_definition() -> None:
    x = torch.randn(6, 4, 3, 3, dtype=torch.float64)

    extended = add_deviation(x, group=3, channels=2)

    for index in range(6):
        members = x[index % 2 :: 2]
        deviation = (members.var(0, unbiased=False) + 1e-8).sqrt()
        expected = deviation.view(2, 2, 3, 3).mean((1, 2, 3))
        torch.testing.assert_close(
            extended[index, 4:], expected[:, None, None].expand(2, 3, 3), rtol=0, atol=FLOAT64
        )


def test_a_batch_that_groups_do_not_divide_is_refused() -> None:
    judge = DiscriminatorNetwork(DiscriminatorConfig(8, {4: 4, 8: 4}))

    with pytest.raises(UsageError, match="batch of 6.*group of 4"):
        judge(torch.zeros(6, 3, 8, 8))


def test_a_label_network_without_z_maps_labels_alone() -> None:
    network = MappingNetwork(0, 3, 8, layers=2, has_mean=False)

    assert network(None, torch.eye(3)).shape == (3, 8)


REFUSED: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "architecture": (
        lambda: GeneratorConfig(8, {4: 4, 8: 4}, architecture="resnet"),
        UnsupportedCheckpointError,
        "'resnet' cannot be built; only 'skip'",
    ),
    "resolution": (
        lambda: GeneratorConfig(24, {4: 4, 8: 4}),
        UsageError,
        "resolution is 24; expected a power of two",
    ),
    "channels": (lambda: DiscriminatorConfig(16, {4: 4, 8: 4}), UsageError, r"add \[16\]"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_impossible_configs_are_refused(
    case: tuple[Callable[[], object], type[Exception], str],
) -> None:
    make, error, message = case

    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    "config",
    [
        GeneratorConfig(16, {4: 4, 8: 4, 16: 2}, conv_clamp=256.0, mapping_width=7, c_dim=2),
        DiscriminatorConfig(8, {4: 4, 8: 4}, mbstd_group=None, cmap_width=3),
    ],
    ids=["generator", "discriminator"],
)
def test_configs_survive_json(config: GeneratorConfig | DiscriminatorConfig) -> None:
    assert type(config).from_json(config.to_json()) == config


def test_a_network_is_built_without_the_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import takes longer than loading a small generator."""
    state = dict(tiny_generator(8).network.state_dict())
    for name in ("torch.fx.experimental.symbolic_shapes", "torch._refs", "torch._prims_common"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it is an error now

    built = build_network(tiny_generator(8).network.config, state, source="test")

    assert built.state_dict().keys() == state.keys()


def test_a_network_that_was_built_in_inference_mode_can_be_optimised_through() -> None:
    config = GeneratorConfig(8, {4: 4, 8: 4}, w_dim=8, z_dim=8, mapping_layers=1)
    state = GeneratorNetwork(config).state_dict()
    with torch.inference_mode():
        generator = StyleGAN2(build_network(config, state, source="here"), name="built")
    codes = generator.sample(1, seed=1).w.clone().requires_grad_()

    (gradient,) = torch.autograd.grad(generator.synthesize(Latents(codes)).sum(), [codes])

    assert float(gradient.abs().sum()) > 0
