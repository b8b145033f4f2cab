"""The layout of rosinality/stylegan2-pytorch: state dicts `g_ema`, `g`, `d` and a `latent_avg`."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dynode.stylegan2.checkpoints.collecting import Entry, Plan, native_shapes, with_mean
from dynode.stylegan2.checkpoints.inference import (
    base_of,
    base_of_area,
    checked_resolution,
    count_of,
    filter_taps,
    size_of,
)
from dynode.stylegan2.checkpoints.unwrapping import FoundNetwork, found_networks
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import OpenWeights, StoredTensor
from dynode.weights.refusals import unsupported

if TYPE_CHECKING:
    from torch import Tensor

LAYOUT = "rosinality"
_GENERATOR, _DISCRIMINATOR = "input.input", "final_linear.1.weight"
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


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return bool(_generators(weights) or _discriminators(weights))


def _generators(weights: OpenWeights) -> list[FoundNetwork]:
    """Find the generators that stand alone, not as the decoder of an encoder."""
    found = found_networks(weights, _GENERATOR)
    return [network for network in found if not is_decoder(network)]


def decoders(weights: OpenWeights) -> list[FoundNetwork]:
    """Find the generators that an encoder's or mapper's checkpoint carries."""
    return [network for network in found_networks(weights, _GENERATOR) if is_decoder(network)]


def is_decoder(network: FoundNetwork) -> bool:
    """Tell whether a network is the decoder of an encoder."""
    return network.label.rpartition(".")[2] == "decoder"


def _discriminators(weights: OpenWeights) -> list[FoundNetwork]:
    return found_networks(weights, _DISCRIMINATOR)


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator of a file: an averaged one such as `g_ema` before others."""
    found = _generators(weights)
    if not found:
        return None
    return generator_plan(weights, found[0], found[0].label or "g_ema")


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find the discriminator of a file, `d`."""
    found = _discriminators(weights)
    if not found:
        return None
    state = found[0].tensors
    config = _discriminator_config(weights, state)
    entries = discriminator_entries(config)
    plan = Plan(weights.path, weights.size, config, entries, state, harmless=_is_kernel)
    plan.check()
    return plan


def generator_plan(weights: OpenWeights, network: FoundNetwork, name: str) -> Plan:
    """Plan to read a generator's state dict; the encoder layout uses it for its decoder.

    Args:
        weights: The open file.
        network: Its tensors, and the mean code: (w_dim,), (1, w_dim) or (num_layers, w_dim).
        name: What the file calls this generator.
    """
    config = _generator_config(weights, network.tensors)
    entries = generator_entries(config)
    stored = with_mean(config, entries, network, "latent_avg")
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
    base = base_of(path, state, "input.input")
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
        base=base,
    )


def _generator_base(weights: OpenWeights) -> tuple[int, int] | None:
    """Return the learned constant's size of the generator beside a discriminator, if there is one."""
    found = _generators(weights)
    return base_of(weights.path, found[0].tensors, _GENERATOR) if found else None


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
    area = size_of(path, state, "final_linear.0.weight", 1, axes=2) // channels[4]
    return DiscriminatorConfig(
        resolution=resolution,
        channels=channels,
        image_channels=size_of(path, state, "convs.0.0.weight", 1, axes=4),
        resample_filter=filter_taps(path, state, kernels, total=1.0),
        base=base_of_area(path, area, _generator_base(weights)),
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
