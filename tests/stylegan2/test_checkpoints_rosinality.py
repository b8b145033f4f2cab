"""The rosinality layout, against the published names, a renaming of our own and published outputs."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError, UnsupportedCheckpointError
from dynode.stylegan2.checkpoints import inspect_checkpoint, read_checkpoint
from dynode.stylegan2.config import GeneratorConfig

KERNEL = torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64
State = dict[str, Tensor]


def published_generator(channels: dict[int, int], *, n_mlp: int = 3, width: int = 8) -> State:
    """A state dict with the keys and shapes the published generator has, written out by hand."""

    def draw(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator)

    def layer(key: str, inputs: int, outputs: int, *, up: bool) -> State:
        kernel = {f"{key}.conv.blur.kernel": KERNEL * 4} if up else {}
        return kernel | {
            f"{key}.conv.weight": draw(1, outputs, inputs, 3, 3),
            f"{key}.conv.modulation.weight": draw(inputs, width),
            f"{key}.conv.modulation.bias": draw(inputs),
            f"{key}.noise.weight": draw(1),
            f"{key}.activate.bias": draw(outputs),
        }

    def to_rgb(key: str, inputs: int) -> State:
        return {
            f"{key}.bias": draw(1, 3, 1, 1),
            f"{key}.conv.weight": draw(1, 3, inputs, 1, 1),
            f"{key}.conv.modulation.weight": draw(inputs, width),
            f"{key}.conv.modulation.bias": draw(inputs),
        }

    generator = torch.Generator().manual_seed(5)
    state: State = {}
    for index in range(1, n_mlp + 1):
        state |= {f"style.{index}.weight": draw(width, width), f"style.{index}.bias": draw(width)}
    state["input.input"] = draw(1, channels[4], 4, 4)
    state |= layer("conv1", channels[4], channels[4], up=False) | to_rgb("to_rgb1", channels[4])
    state["noises.noise_0"] = draw(1, 1, 4, 4)
    for k, r in enumerate(sorted(channels)[1:]):
        state |= layer(f"convs.{2 * k}", channels[r // 2], channels[r], up=True)
        state |= layer(f"convs.{2 * k + 1}", channels[r], channels[r], up=False)
        state |= to_rgb(f"to_rgbs.{k}", channels[r]) | {f"to_rgbs.{k}.upsample.kernel": KERNEL * 4}
        for index in (2 * k + 1, 2 * k + 2):
            state[f"noises.noise_{index}"] = draw(1, 1, r, r)
    return state


SMALL = {4: 12, 8: 12, 16: 6}


@pytest.fixture
def small() -> State:
    return published_generator(SMALL)


def save(content: object, folder: Path, *, is_zip: bool = True) -> Path:
    path = folder / "weights.bin"
    torch.save(content, path, _use_new_zipfile_serialization=is_zip)
    return path


def small_config(**changes: Any) -> GeneratorConfig:
    return GeneratorConfig(
        **{"resolution": 16, "channels": SMALL, "z_dim": 8, "w_dim": 8, "mapping_layers": 3}
        | changes
    )


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "legacy"])
def test_the_published_case_gives_the_native_tensors(
    reference_case: Callable[[str], Any], tmp_path: Path, is_zip: bool
) -> None:
    drawn = reference_case("rosinality-generator-64").states
    state = {key: torch.from_numpy(value) for key, value in drawn["generator"].items()}
    mean = torch.from_numpy(drawn["checkpoint"]["latent_avg"])
    path = save({"g_ema": state, "latent_avg": mean}, tmp_path, is_zip=is_zip)

    checkpoint = read_checkpoint(path)

    native = checkpoint.generator_state
    assert native is not None and len(native) == 99 - 8 + 1  # eight kernels less, the mean more
    assert checkpoint.generator == GeneratorConfig(64, dict.fromkeys((4, 8, 16, 32, 64), 512))
    expected = {
        "mapping.fc7.bias": state["style.8.bias"],
        "mapping.w_avg": mean,
        "synthesis.b4.const": state["input.input"][0],
        "synthesis.b4.conv1.noise_const": state["noises.noise_0"][0, 0],
        "synthesis.b4.torgb.bias": state["to_rgb1.bias"].flatten(),
        "synthesis.b16.conv0.weight": state["convs.2.conv.weight"][0],
        "synthesis.b16.conv1.noise_const": state["noises.noise_4"][0, 0],
        "synthesis.b64.conv0.noise_strength": state["convs.6.noise.weight"][0],
        "synthesis.b64.conv1.bias": state["convs.7.activate.bias"],
        "synthesis.b64.torgb.affine.bias": state["to_rgbs.3.conv.modulation.bias"],
    }
    for name, tensor in expected.items():
        torch.testing.assert_close(native[name], tensor, rtol=0, atol=0)


def test_the_published_discriminator_gives_the_native_tensors(
    reference_case: Callable[[str], Any], tmp_path: Path
) -> None:
    drawn = reference_case("rosinality-discriminator-64").states["discriminator"]
    state = {key: torch.from_numpy(value) for key, value in drawn.items()}

    checkpoint = read_checkpoint(save({"d": state}, tmp_path), part="discriminator")

    native = checkpoint.discriminator_state
    assert native is not None and len(native) == 36 - 8  # eight kernels less
    assert checkpoint.generator is None
    expected = {
        "b64.fromrgb.bias": state["convs.0.1.bias"],
        "b64.conv0.weight": state["convs.1.conv1.0.weight"],
        "b8.conv1.weight": state["convs.4.conv2.1.weight"],
        "b32.skip.weight": state["convs.2.skip.1.weight"],
        "b4.conv.weight": state["final_conv.0.weight"],
        "b4.fc.weight": state["final_linear.0.weight"],
        "b4.out.bias": state["final_linear.1.bias"],
    }
    for name, tensor in expected.items():
        torch.testing.assert_close(native[name], tensor, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("channels", "n_mlp", "width"),
    [
        ({4: 8, 8: 8}, 1, 8),
        ({4: 16, 8: 16, 16: 16, 32: 16, 64: 8}, 8, 16),
        ({4: 10, 8: 7, 16: 5, 32: 3}, 2, 6),
        ({r: max(4, 64 // r) for r in (4, 8, 16, 32, 64, 128, 256)}, 4, 8),
    ],
    ids=["8 px, one layer", "half model", "odd widths", "256 px"],
)
def test_sizes_are_inferred(
    tmp_path: Path, channels: dict[int, int], n_mlp: int, width: int
) -> None:
    path = save({"g_ema": published_generator(channels, n_mlp=n_mlp, width=width)}, tmp_path)

    found = inspect_checkpoint(path).generator

    assert found is not None
    assert found.resolution == max(channels)
    assert dict(found.channels) == channels
    assert (found.mapping_layers, found.z_dim, found.w_dim) == (n_mlp, width, width)


def test_a_training_checkpoint_is_read_with_its_options(small: State, tmp_path: Path) -> None:
    optimizer = {
        "state": {0: {"step": 3, "exp_avg": torch.zeros(4)}},
        "param_groups": [{"lr": 0.1}],
    }
    content = {
        "g": {key: value + 1 for key, value in small.items()},
        "g_ema": small,
        "g_optim": optimizer,
        "args": argparse.Namespace(size=16, path="data", lr=0.002, augment=False),
        "ada_aug_p": 0.0,
    }

    checkpoint = read_checkpoint(save(content, tmp_path))

    assert checkpoint.metadata["weights"] == "g_ema"
    assert checkpoint.generator_state is not None
    torch.testing.assert_close(
        checkpoint.generator_state["synthesis.b4.const"], small["input.input"][0], rtol=0, atol=0
    )


@pytest.mark.parametrize("wrap", [lambda s: s, lambda s: {"g": s}], ids=["bare", "g"])
def test_other_wrappings_are_found(
    small: State, tmp_path: Path, wrap: Callable[[State], object]
) -> None:
    assert read_checkpoint(save(wrap(small), tmp_path)).generator == small_config()


def test_missing_noise_is_drawn_and_the_same_every_time(small: State, tmp_path: Path) -> None:
    bare = {key: value for key, value in small.items() if not key.startswith("noises.")}
    path = save({"g_ema": bare}, tmp_path)

    first, second = read_checkpoint(path), read_checkpoint(path)

    assert first.metadata["noise"] == "drawn"
    assert first.generator_state is not None and second.generator_state is not None
    noise = first.generator_state["synthesis.b16.conv1.noise_const"]
    assert torch.equal(noise, second.generator_state["synthesis.b16.conv1.noise_const"])
    assert noise.shape == (16, 16)
    assert 0.8 < float(noise.std()) < 1.2  # 256 draws: the deviation of their deviation is 0.044


def test_a_missing_mean_is_that_of_mapped_samples(small: State, tmp_path: Path) -> None:
    state = {key: value * (100 if "style" in key else 1) for key, value in small.items()}

    checkpoint = read_checkpoint(save({"g_ema": state}, tmp_path))

    assert checkpoint.metadata["mean_w"] == "estimated"
    assert checkpoint.generator_state is not None
    x = np.random.RandomState(1).randn(200_000, 8)
    x /= np.sqrt((x**2).mean(1, keepdims=True) + 1e-8)
    for index in (1, 2, 3):
        weight, bias = (
            state[f"style.{index}.{part}"].double().numpy() for part in ("weight", "bias")
        )
        x = x @ weight.T * (0.01 / np.sqrt(8)) + 0.01 * bias
        x = np.where(x > 0, x, 0.2 * x) * np.sqrt(2)
    # Four standard errors of the mean of 4096 samples.
    error = np.abs(checkpoint.generator_state["mapping.w_avg"].numpy() - x.mean(0))
    assert (error < 4 * x.std(0) / np.sqrt(4096)).all()


@pytest.mark.parametrize("shape", [(8,), (1, 8), (6, 8)], ids=str)
def test_the_mean_may_have_one_row_or_all(
    small: State, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    mean = torch.arange(8.0).expand(shape).clone()

    state = read_checkpoint(save({"g_ema": small, "latent_avg": mean}, tmp_path)).generator_state

    assert state is not None
    assert state["mapping.w_avg"].shape == ((6, 8) if shape == (6, 8) else (8,))
    assert torch.equal(state["mapping.w_avg"], mean.reshape(state["mapping.w_avg"].shape))


@pytest.mark.parametrize("dtype", [torch.float16, torch.float64, torch.bfloat16], ids=str)
def test_other_float_types_become_float32(small: State, tmp_path: Path, dtype: torch.dtype) -> None:
    stored = {key: value.to(dtype) for key, value in small.items()}

    state = read_checkpoint(save({"g_ema": stored}, tmp_path)).generator_state

    assert state is not None
    assert state["synthesis.b4.const"].dtype == torch.float32
    assert torch.equal(state["synthesis.b4.const"], stored["input.input"][0].float())


def test_views_of_shared_and_strided_storage_are_read(small: State, tmp_path: Path) -> None:
    flat = torch.arange(200.0)
    small["input.input"] = flat[3:195].reshape(1, 12, 4, 4)
    small["style.1.weight"] = flat[:64].reshape(8, 8).t()
    small["conv1.conv.weight"] = small["conv1.conv.weight"][0].contiguous(
        memory_format=torch.channels_last
    )[None]

    state = read_checkpoint(save({"g_ema": small}, tmp_path)).generator_state

    assert state is not None
    assert torch.equal(state["synthesis.b4.const"], small["input.input"][0])
    assert torch.equal(state["mapping.fc0.weight"], small["style.1.weight"])
    assert torch.equal(state["synthesis.b4.conv1.weight"], small["conv1.conv.weight"][0])


def test_another_resampling_filter_is_read_from_the_kernels(small: State, tmp_path: Path) -> None:
    other = torch.outer(torch.tensor([1.0, 2, 2, 1]), torch.tensor([1.0, 2, 2, 1])) / 9
    state = {key: other if "kernel" in key else value for key, value in small.items()}

    found = inspect_checkpoint(save({"g_ema": state}, tmp_path)).generator

    assert found is not None
    taps = np.array(found.resample_filter)
    np.testing.assert_allclose(taps / taps.sum(), np.array([1, 2, 2, 1]) / 6, rtol=1e-6)


def without(key: str) -> Callable[[State], State]:
    return lambda state: {k: v for k, v in state.items() if k != key}


def with_tensor(key: str, tensor: Tensor) -> Callable[[State], State]:
    return lambda state: state | {key: tensor}


def with_value(key: str, value: float) -> Callable[[State], State]:
    def change(state: State) -> State:
        state[key].view(-1)[-1] = value
        return state

    return change


BAD = {
    "a missing weight": (
        without("convs.1.conv.weight"),
        CorruptCheckpointError,
        "convs.1.conv.weight",
    ),
    "a missing layer": (without("style.2.bias"), CorruptCheckpointError, "style.2.bias"),
    "an unknown key": (
        with_tensor("convs.0.attention", torch.ones(2)),
        UnsupportedCheckpointError,
        "convs.0.attention",
    ),
    "another shape": (
        with_tensor("to_rgbs.1.bias", torch.ones(1, 4, 1, 1)),
        CorruptCheckpointError,
        "(1, 4, 1, 1)",
    ),
    "integers": (
        with_tensor("style.1.bias", torch.ones(8, dtype=torch.int64)),
        CorruptCheckpointError,
        "int64",
    ),
    "not a number": (
        with_value("style.2.weight", float("nan")),
        CorruptCheckpointError,
        "not finite",
    ),
    "infinity": (with_value("input.input", float("-inf")), CorruptCheckpointError, "not finite"),
    "another kernel": (
        with_tensor("convs.2.conv.blur.kernel", torch.ones(4, 4) / 4),
        UnsupportedCheckpointError,
        "kernel",
    ),
    "too many blocks": (
        with_tensor("to_rgbs.40.bias", torch.ones(1, 3, 1, 1)),
        UnsupportedCheckpointError,
        "px",
    ),
    "a billion layers": (
        with_tensor("style.999999999.bias", torch.ones(8)),
        UnsupportedCheckpointError,
        "999999999",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_state_is_refused_by_name(small: State, tmp_path: Path, case: str) -> None:
    change, error, words = BAD[case]
    path = save({"g_ema": change(small)}, tmp_path)

    with pytest.raises(error) as raised:
        read_checkpoint(path)

    assert words in str(raised.value)
    assert "weights.bin" in str(raised.value)


def test_finite_weights_whose_sum_overflows_are_read(small: State, tmp_path: Path) -> None:
    small["input.input"] = torch.full_like(small["input.input"], 3e38)

    state = read_checkpoint(save({"g_ema": small}, tmp_path)).generator_state

    assert state is not None and bool(state["synthesis.b4.const"].isfinite().all())


def test_a_file_without_the_asked_part_says_so(small: State, tmp_path: Path) -> None:
    path = save({"g_ema": small}, tmp_path)

    with pytest.raises(UnsupportedCheckpointError, match="no discriminator"):
        read_checkpoint(path, part="discriminator")


def test_a_strange_discriminator_does_not_hide_the_generator(small: State, tmp_path: Path) -> None:
    strange = {"final_linear.1.weight": torch.ones(1, 2), "blocks.0.weight": torch.ones(2)}
    path = save({"g_ema": small, "d": strange}, tmp_path)

    summary = inspect_checkpoint(path)

    assert summary.generator == small_config()
    assert summary.discriminator is None
    assert "lacks" in summary.metadata["discriminator"]
    assert read_checkpoint(path).generator == small_config()
    both = read_checkpoint(path, part="all")
    assert both.discriminator is None and "lacks" in both.metadata["discriminator"]
    with pytest.raises(CorruptCheckpointError, match="lacks"):
        read_checkpoint(path, part="discriminator")
