"""Names and shapes of the published layouts, and the native ones: for tests only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


def native_from_nvlabs(state: Mapping[str, np.ndarray]) -> dict[str, Tensor]:
    """Drop the filters; every other name is ours."""
    return {k: torch.from_numpy(v) for k, v in state.items() if not k.endswith("resample_filter")}


def native_generator_from_rosinality(
    state: Mapping[str, np.ndarray], mean: np.ndarray | None
) -> dict[str, Tensor]:
    """Rename a `g_ema` state dict."""
    noise = iter(sorted((k for k in state if "noises" in k), key=lambda k: int(k.split("_")[-1])))
    native = {"synthesis.b4.const": state["input.input"][0]}
    for key, value in state.items():
        if key.startswith("style."):
            _, index, part = key.split(".")
            native[f"mapping.fc{int(index) - 1}.{part}"] = value
    for prefix, layer in _rosinality_layers(state):
        if "rgb" not in prefix:
            native[f"{layer}.noise_const"] = state[next(noise)][0, 0]
            native[f"{layer}.noise_strength"] = state[f"{prefix}.noise.weight"][0]
            native[f"{layer}.bias"] = state[f"{prefix}.activate.bias"]
        else:
            native[f"{layer}.bias"] = state[f"{prefix}.bias"].reshape(-1)
        native[f"{layer}.weight"] = state[f"{prefix}.conv.weight"][0]
        for part in ("weight", "bias"):
            native[f"{layer}.affine.{part}"] = state[f"{prefix}.conv.modulation.{part}"]
    if mean is not None:
        native["mapping.w_avg"] = mean
    return {k: torch.from_numpy(np.array(v)) for k, v in native.items()}


def _rosinality_layers(state: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    layers = [("conv1", "synthesis.b4.conv1"), ("to_rgb1", "synthesis.b4.torgb")]
    blocks = sum(1 for k in state if k.startswith("to_rgbs.") and k.endswith(".conv.weight"))
    for k in range(blocks):
        block = f"synthesis.b{8 * 2**k}"
        layers += [(f"convs.{2 * k}", f"{block}.conv0"), (f"convs.{2 * k + 1}", f"{block}.conv1")]
        layers.append((f"to_rgbs.{k}", f"{block}.torgb"))
    return layers


def native_discriminator_from_rosinality(
    state: Mapping[str, np.ndarray], size: int
) -> dict[str, Tensor]:
    """Rename a `d` state dict."""
    inside = {"conv1.0.weight": "conv0.weight", "conv1.1.bias": "conv0.bias"}
    inside |= {"conv2.1.weight": "conv1.weight", "conv2.2.bias": "conv1.bias"}
    inside |= {"skip.1.weight": "skip.weight"}
    outside = {"convs.0.0.weight": f"b{size}.fromrgb.weight"}
    outside |= {"convs.0.1.bias": f"b{size}.fromrgb.bias"}
    outside |= {"final_conv.0.weight": "b4.conv.weight", "final_conv.1.bias": "b4.conv.bias"}
    for index, name in enumerate(("fc", "out")):
        outside |= {f"final_linear.{index}.{p}": f"b4.{name}.{p}" for p in ("weight", "bias")}
    native = {}
    for key, value in state.items():
        if key.endswith(".kernel"):
            continue
        if key not in outside:
            _, index, rest = key.split(".", 2)
            native[f"b{size // 2 ** (int(index) - 1)}.{inside[rest]}"] = value
        else:
            native[outside[key]] = value
    return {k: torch.from_numpy(v) for k, v in native.items()}
