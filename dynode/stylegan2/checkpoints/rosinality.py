"""The layout of rosinality/stylegan2-pytorch: state dicts `g_ema`, `g`, `d` and a `latent_avg`."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dynode.stylegan2.checkpoints.collecting import MEAN, Entry, Plan, native_shapes
from dynode.stylegan2.checkpoints.inference import (
    checked_resolution,
    count_of,
    filter_taps,
    size_of,
)
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import OpenWeights, StoredTensor, is_state_dict
from dynode.weights.refusals import unsupported

if TYPE_CHECKING:
    from torch import Tensor

LAYOUT = "rosinality"
_GENERATORS = ("g_ema", "g")
_BUFFERS = (".blur.kernel", ".upsample.kernel")
_LAYER_PARTS = {
    "weight": "conv.weight",
    "bias": "activate.bias",
    "noise_strength": "noise.weight",
    "affine.weight": "conv.modulation.weight",
    "affine.bias": "conv.modulation.bias",
}
_RGB_PARTS = _LAYER_PARTS | {"bias": "bias"}
_BLOCK_PARTS = {
    "conv0.weight": "conv1.0.weight",
    "conv0.bias": "conv1.1.bias",
    "conv1.weight": "conv2.1.weight",
    "conv1.bias": "conv2.2.bias",
    "skip.weight": "skip.1.weight",
}
_LAST_BLOCK = {
    "conv.weight": "final_conv.0.weight",
    "conv.bias": "final_conv.1.bias",
    "fc.weight": "final_linear.0.weight",
    "fc.bias": "final_linear.0.bias",
    "out.weight": "final_linear.1.weight",
    "out.bias": "final_linear.1.bias",
}


def is_generator(state: object) -> bool:
    """Tell whether a content is a generator's state dict of this layout."""
    return is_state_dict(state) and "input.input" in state


def is_discriminator(state: object) -> bool:
    """Tell whether a content is a discriminator's state dict of this layout."""
    return is_state_dict(state) and any(key.startswith("final_linear.") for key in state)


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return bool(_networks(weights))


def _networks(weights: OpenWeights) -> dict[str, Mapping[str, StoredTensor]]:
    """Find the state dicts of a file; a bare one counts as `g_ema` or `d`."""
    content = weights.content
    if not isinstance(content, dict):
        return {}
    found = {name: content[name] for name in _GENERATORS if is_generator(content.get(name))}
    if is_discriminator(content.get("d")):
        found["d"] = content["d"]
    if is_generator(content):
        found["g_ema"] = content
    elif is_discriminator(content):
        found["d"] = content
    return found


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator of a file: `g_ema` before `g`."""
    networks = _networks(weights)
    name = next((name for name in _GENERATORS if name in networks), None)
    if name is None:
        return None
    assert isinstance(weights.content, dict)
    mean = weights.content.get("latent_avg")
    return generator_plan(
        weights, networks[name], mean if isinstance(mean, StoredTensor) else None, name
    )


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find the discriminator of a file, `d`."""
    state = _networks(weights).get("d")
    if state is None:
        return None
    config = _discriminator_config(weights, state)
    entries = discriminator_entries(config)
    plan = Plan(weights.path, weights.size, config, entries, state, harmless=_is_kernel)
    plan.check()
    return plan


def generator_plan(
    weights: OpenWeights,
    state: Mapping[str, StoredTensor],
    mean: StoredTensor | None,
    name: str,
) -> Plan:
    """Plan to read a generator's state dict; the encoder layout uses it for its decoder.

    Args:
        weights: The open file.
        state: The state dict.
        mean: The file's `latent_avg`: (w_dim,), (1, w_dim) or (num_layers, w_dim).
        name: What the file calls this generator.
    """
    config = _generator_config(weights, state)
    entries = generator_entries(config)
    entries.pop(MEAN)
    stored = dict(state)
    if mean is not None:
        shape = mean.shape
        rows = {(config.w_dim,), (1, config.w_dim), (config.num_layers, config.w_dim)}
        entries[MEAN] = Entry("latent_avg", shape if shape in rows else (config.w_dim,))
        stored["latent_avg"] = mean
    noises = frozenset(key for key in entries if key.endswith(".noise_const"))
    plan = Plan(
        weights.path,
        weights.size,
        config,
        entries,
        stored,
        harmless=_is_kernel,
        optional=noises,
        fill=_draw_noise,
        metadata={"weights": name},
    )
    plan.check()
    return plan


def _is_kernel(key: str) -> bool:
    return key.endswith((*_BUFFERS, "conv2.0.kernel", "skip.0.kernel"))


def _draw_noise(name: str, shape: tuple[int, ...]) -> Tensor:
    """Draw a noise buffer that an old file lacks, the same one every time."""
    import numpy as np
    import torch

    values = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    return torch.from_numpy(values.astype(np.float32))


def _generator_config(weights: OpenWeights, state: Mapping[str, StoredTensor]) -> GeneratorConfig:
    path = weights.path
    blocks = count_of(path, state, r"to_rgbs\.(\d+)\.")
    resolution = checked_resolution(path, 4 * 2**blocks)
    channels = {4: size_of(path, state, "conv1.conv.weight", 1, axes=5)}
    for block in range(blocks):
        channels[8 * 2**block] = size_of(path, state, f"convs.{2 * block}.conv.weight", 1, axes=5)
    w_dim = size_of(path, state, "conv1.conv.modulation.weight", 1, axes=2)
    width = size_of(path, state, "style.1.weight", 0, axes=2)
    kernels = [key for key in state if _is_kernel(key)]
    return GeneratorConfig(
        resolution=resolution,
        channels=channels,
        z_dim=size_of(path, state, "style.1.weight", 1, axes=2),
        w_dim=w_dim,
        mapping_layers=count_of(path, state, r"style\.(\d+)\.", first=1),
        mapping_width=None if width == w_dim else width,
        image_channels=size_of(path, state, "to_rgb1.bias", 1, axes=4),
        resample_filter=filter_taps(path, state, kernels, total=4.0),
    )


def _discriminator_config(
    weights: OpenWeights, state: Mapping[str, StoredTensor]
) -> DiscriminatorConfig:
    path = weights.path
    blocks = count_of(path, state, r"convs\.(\d+)\.conv1\.", first=1)
    resolution = checked_resolution(path, 4 * 2**blocks)
    channels = {4: size_of(path, state, "final_conv.0.weight", 0, axes=4)}
    for block in range(blocks):
        key = f"convs.{block + 1}.conv1.0.weight"
        channels[resolution >> block] = size_of(path, state, key, 0, axes=4)
    if size_of(path, state, "final_linear.1.weight", 0, axes=2) != 1:
        raise unsupported(
            path,
            "its discriminator has several outputs",
            "only unconditional ones have this layout",
        )
    kernels = [key for key in state if _is_kernel(key)]
    return DiscriminatorConfig(
        resolution=resolution,
        channels=channels,
        image_channels=size_of(path, state, "convs.0.0.weight", 1, axes=4),
        resample_filter=filter_taps(path, state, kernels, total=1.0),
    )


def generator_entries(config: GeneratorConfig) -> dict[str, Entry]:
    """Map the native names of a generator to the keys and shapes of this layout."""
    entries = {}
    for name, shape in native_shapes(config).items():
        scope, _, rest = name.partition(".")
        entries[name] = (
            _mapping_entry(rest, shape) if scope == "mapping" else _layer_entry(rest, shape)
        )
    return entries


def _mapping_entry(rest: str, shape: tuple[int, ...]) -> Entry:
    if rest == "w_avg":
        return Entry("latent_avg", shape)
    layer, _, part = rest.partition(".")
    return Entry(f"style.{int(layer.removeprefix('fc')) + 1}.{part}", shape)


def _layer_entry(rest: str, shape: tuple[int, ...]) -> Entry:
    """Place one tensor of the synthesis network, for example `b8.conv0.affine.bias`."""
    block, layer, part = (*rest.split(".", 2), "")[:3]
    if layer == "const":
        return Entry("input.input", (1, *shape))
    level = int(block[1:]).bit_length() - 4  # -1 for the 4 px block, 0 for 8 px, ...
    index = 2 * level + (layer == "conv1")
    if part == "noise_const":
        return Entry(f"noises.noise_{index + 1}", (1, 1, *shape))
    if layer == "torgb":
        key = "to_rgb1" if level < 0 else f"to_rgbs.{level}"
        wide = {"weight": (1, *shape), "bias": (1, *shape, 1, 1)}.get(part, shape)
        return Entry(f"{key}.{_RGB_PARTS[part]}", wide)
    key = "conv1" if level < 0 else f"convs.{index}"
    wide = {"weight": (1, *shape), "noise_strength": (1,)}.get(part, shape)
    return Entry(f"{key}.{_LAYER_PARTS[part]}", wide)


def discriminator_entries(config: DiscriminatorConfig) -> dict[str, Entry]:
    """Map the native names of a discriminator to the keys and shapes of this layout."""
    entries = {}
    for name, shape in native_shapes(config).items():
        block, _, part = name.partition(".")
        resolution = int(block[1:])
        index = (config.resolution // resolution).bit_length()
        if part.startswith("fromrgb."):
            key = "convs.0.0.weight" if part.endswith("weight") else "convs.0.1.bias"
        elif resolution == 4:
            key = _LAST_BLOCK[part]
        else:
            key = f"convs.{index}.{_BLOCK_PARTS[part]}"
        entries[name] = Entry(key, shape)
    return entries
