"""StyleGAN2 as a generator: codes, description, fingerprint, what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from dynode.errors import CorruptCheckpointError, GeneratorMismatchError, UsageError
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.stylegan2 import GeneratorConfig, GeneratorNetwork, StyleGAN2
from dynode.stylegan2.building import build_network
from dynode.testing import tiny_generator


@pytest.fixture(scope="module")
def generator() -> StyleGAN2:
    return tiny_generator(32, w_dim=16)


@pytest.fixture(scope="module")
def conditional() -> StyleGAN2:
    return tiny_generator(16, w_dim=16, c_dim=3)


def test_it_keeps_the_protocol(generator: StyleGAN2) -> None:
    assert isinstance(generator, Generator)


@pytest.mark.parametrize("resolution", [4, 8, 32, 256])
def test_the_number_of_rows_follows_the_resolution(resolution: int) -> None:
    made = tiny_generator(resolution, w_dim=8, channels=2)

    info = made.info

    # Two rows a resolution from 4 px on: the published 2 log2(resolution) - 2.
    assert info.num_layers == 2 * int(np.log2(resolution)) - 2
    assert set(info.style_rows.values()) == set(range(info.num_layers))
    assert made.styles(made.sample(1, seed=0)).keys() == info.style_channels.keys()


def test_the_description_lists_layers_in_execution_order(generator: StyleGAN2) -> None:
    info = generator.info

    assert list(info.style_channels)[:5] == [
        *("b4.conv1", "b4.torgb", "b8.conv0", "b8.conv1", "b8.torgb")
    ]
    assert info.rgb_layers == ("b4.torgb", "b8.torgb", "b16.torgb", "b32.torgb")
    assert info.conv_layers["b16.torgb"] == (3, 16, 1, 1)
    assert info.conv_layers["b16.conv0"] == (16, 16, 3, 3)


@pytest.mark.parametrize("truncation", [0.0, 0.7, 1.0, 1.5])
def test_truncation_moves_towards_the_mean(generator: StyleGAN2, truncation: float) -> None:
    z = torch.randn(2, 16)
    free = generator.map(z).w

    w = generator.map(z, truncation=truncation).w

    expected = generator.mean_w + truncation * (free - generator.mean_w)
    torch.testing.assert_close(w, expected, rtol=0, atol=1e-6)


def test_a_cutoff_spares_the_later_rows(generator: StyleGAN2) -> None:
    z = torch.randn(1, 16)

    w = generator.map(z, truncation=0.5, cutoff=3).w

    assert torch.equal(w[:, :3], generator.map(z, truncation=0.5).w[:, :3])
    assert torch.equal(w[:, 3:], generator.map(z).w[:, 3:])


def test_a_mean_for_every_row_is_used_row_by_row() -> None:
    plain = tiny_generator(8, w_dim=6)
    state = plain.network.state_dict() | {"mapping.w_avg": torch.randn(4, 6)}
    made = StyleGAN2(build_network(plain.network.config, state, source="rows"), name="rows")

    w = made.map(torch.randn(2, 6), truncation=0).w

    torch.testing.assert_close(w, state["mapping.w_avg"].expand(2, 4, 6))


def test_samples_follow_numpys_stream(generator: StyleGAN2) -> None:
    z = np.random.RandomState(5).randn(1, 16).astype(np.float32)

    latents = generator.sample(3, seed=5, truncation=1.0)

    torch.testing.assert_close(latents.w[:1], generator.map(torch.from_numpy(z)).w)


def test_labels_are_drawn_from_the_seed(conditional: StyleGAN2) -> None:
    first, again = (conditional.sample(8, seed=2).w for _ in range(2))

    assert torch.equal(first, again)
    given = conditional.sample(8, seed=2, c=torch.eye(3)[[0] * 8]).w
    assert 0 < (first != given).any(dim=(1, 2)).sum() < 8


def test_mixing_takes_rows_from_both(generator: StyleGAN2) -> None:
    first, second = generator.sample(1, seed=0), generator.sample(1, seed=1)

    mixed = generator.mix(first, second, 3)

    assert torch.equal(mixed.w, torch.cat([first.w[:, :3], second.w[:, 3:]], dim=1))


def test_the_fingerprint_follows_the_weights() -> None:
    first, twin, other = (tiny_generator(8, w_dim=8, seed=seed) for seed in (0, 0, 1))

    before = first.info.fingerprint
    assert before == twin.info.fingerprint != other.info.fingerprint
    with torch.no_grad():
        first.network.synthesis.layer("b8.conv0").weight[0, 0, 0, 0] += 1

    assert first.info.fingerprint != before


def test_the_fingerprint_is_the_same_everywhere() -> None:
    config = GeneratorConfig(8, {4: 2, 8: 2}, z_dim=2, w_dim=2, mapping_layers=1)
    network = GeneratorNetwork(config)
    with torch.no_grad():
        for value in network.state_dict().values():
            value.copy_(torch.arange(value.numel()).view(value.shape))

    # Written down once: directions saved by an earlier version must find their generator.
    assert StyleGAN2(network, name="any").info.fingerprint[:16] == "7a1e4d58c0269e05"


def test_the_memory_layout_of_weights_does_not_count() -> None:
    made = tiny_generator(8, w_dim=8)
    before = made.info.fingerprint
    twin = tiny_generator(8, w_dim=8)

    twin.network.to(memory_format=torch.channels_last)

    assert twin.info.fingerprint == before


def test_missing_noise_is_drawn_the_same_everywhere() -> None:
    plain = tiny_generator(8, w_dim=8)
    state = {k: v for k, v in plain.network.state_dict().items() if not k.endswith("noise_const")}

    networks = [build_network(plain.network.config, state, source="bare") for _ in range(2)]

    buffers = [network.get_buffer("synthesis.b8.conv1.noise_const") for network in networks]
    assert torch.equal(buffers[0], buffers[1])
    assert 0.5 < buffers[0].std() < 1.5


def test_a_built_network_leaves_the_state_alone() -> None:
    plain = tiny_generator(8, w_dim=8)
    state = {key: value.clone() for key, value in plain.network.state_dict().items()}
    kept = {key: value.clone() for key, value in state.items()}

    network = build_network(plain.network.config, state, source="kept")
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(1)

    assert all(torch.equal(state[key], kept[key]) for key in kept)


BROKEN: dict[str, tuple[Callable[[dict[str, torch.Tensor]], object], str]] = {
    "a tensor is missing": (
        lambda state: state.pop("synthesis.b8.conv1.bias"),
        r"missing \['synthesis.b8.conv1.bias'\]",
    ),
    "a tensor is unknown": (
        lambda state: state.update(extra=torch.ones(1)),
        r"unknown \['extra'\]",
    ),
    "a shape is wrong": (
        lambda state: state.update({"synthesis.b4.const": torch.ones(1, 4, 4)}),
        r"synthesis.b4.const of shape \(1, 4, 4\); expected \(16, 4, 4\)",
    ),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN.keys())
def test_a_state_that_does_not_fit_is_refused(
    case: tuple[Callable[[dict[str, torch.Tensor]], object], str],
) -> None:
    mutate, message = case
    plain = tiny_generator(8, w_dim=8)
    state = dict(plain.network.state_dict())
    mutate(state)

    with pytest.raises(CorruptCheckpointError, match=message):
        build_network(plain.network.config, state, source="broken.pt")


REFUSED: dict[str, tuple[Callable[[StyleGAN2], object], type[Exception], str]] = {
    "z of another width": (
        lambda g: g.map(torch.zeros(2, 15)),
        UsageError,
        r"z has shape \(2, 15\); the generator needs \(2, 16\)",
    ),
    "unknown noise": (
        lambda g: g.synthesize(g.sample(1, seed=0), noise="loud"),
        UsageError,
        "noise 'loud' is unknown; use 'const'",
    ),
    "too few noises": (
        lambda g: g.synthesize(g.sample(1, seed=0), noise=[torch.zeros(4, 4)]),
        UsageError,
        "has 1 tensors; expected one for each of the 7",
    ),
    "a noise of another size": (
        lambda g: g.synthesize(g.sample(1, seed=0), noise=[torch.zeros(5, 5)] * 7),
        UsageError,
        r"noise of b4.conv1 has shape \(5, 5\)",
    ),
    "another resolution": (
        lambda g: g.synthesize(g.sample(1, seed=0), resolution=64),
        UsageError,
        r"resolution 64 cannot be rendered; use one of \[4, 8, 16, 32\]",
    ),
    "too many rows": (
        lambda g: g.synthesize(Latents(torch.zeros(1, 10, 16))),
        GeneratorMismatchError,
        "latents have 10 rows of width 16, tiny needs 8 of width 16",
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED.keys())
def test_what_does_not_fit_is_refused(
    generator: StyleGAN2, case: tuple[Callable[[StyleGAN2], object], type[Exception], str]
) -> None:
    use, error, message = case

    with pytest.raises(error, match=message):
        use(generator)


def test_a_conditional_generator_asks_for_labels(conditional: StyleGAN2) -> None:
    with pytest.raises(UsageError, match=r"conditional and got no class label; pass c of shape"):
        conditional.map(torch.zeros(2, 16))
    with pytest.raises(UsageError, match=r"c has shape \(2, 2\); the generator needs \(2, 3\)"):
        conditional.map(torch.zeros(2, 16), c=torch.zeros(2, 2))
