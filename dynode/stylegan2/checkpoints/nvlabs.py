"""The layout of NVlabs/stylegan2-ada-pytorch: a pickle of modules `G_ema`, `G`, `D`.

The StyleGAN2 networks of NVlabs/stylegan3 are read too. Sizes come from the tensors; the recorded
constructor arguments and attributes add what tensors cannot show, such as `conv_clamp`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dynode.stylegan2.checkpoints.collecting import MEAN, Entry, Plan, native_shapes, with_mean
from dynode.stylegan2.checkpoints.inference import (
    base_of,
    base_of_area,
    checked_resolution,
    count_of,
    filter_taps,
    largest_block,
    size_of,
)
from dynode.stylegan2.checkpoints.unwrapping import FoundNetwork, found_networks
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import OpenWeights, PersistentRecord, StoredTensor
from dynode.weights.refusals import quoted, unsupported

if TYPE_CHECKING:
    from torch import Tensor

LAYOUT = "nvlabs"
_GENERATOR, _DISCRIMINATOR = "synthesis.b4.conv1.weight", "b4.fc.weight"
_STYLEGAN3 = "synthesis.input.freqs"
# Every layer keeps a filter; only those that change the size look at it.
_USED_FILTERS = {
    "generator": re.compile(r"synthesis\.b(?!4\.)\d+\.(conv0\.)?resample_filter"),
    "discriminator": re.compile(r"b\d+\.(conv1|skip)\.resample_filter"),
}
_ARGUMENTS = {
    "generator": ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels", "mapping_kwargs"),
    "discriminator": ("c_dim", "img_resolution", "img_channels", "architecture"),
}
# The StyleGAN2 of the StyleGAN3 repository takes these outside of `synthesis_kwargs`, and clamps.
_FLAT_ARGUMENTS = ("channel_base", "channel_max", "num_fp16_res", "fused_modconv_default")
_FLAT_CLAMP = 256


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return bool(_generators(weights) or _discriminators(weights))


def _generators(weights: OpenWeights) -> list[FoundNetwork]:
    """Find the generators, modules or state dicts, `G_ema` first."""
    return found_networks(weights, _GENERATOR) + found_networks(weights, _STYLEGAN3)


def _discriminators(weights: OpenWeights) -> list[FoundNetwork]:
    return found_networks(weights, _DISCRIMINATOR)


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator of a file: `G_ema` before `G`."""
    found = _generators(weights)
    if not found:
        return None
    network = _Network(weights, found[0], "generator")
    if _STYLEGAN3 in network.stored:
        raise unsupported(
            weights.path,
            "it is a StyleGAN3 generator",
            "dynode renders StyleGAN2: give a StyleGAN2 checkpoint",
        )
    config = _generator_config(network)
    entries = {key: Entry(key, shape) for key, shape in native_shapes(config).items()}
    stored = dict(network.stored)
    if MEAN not in stored:
        stored = with_mean(config, entries, found[0], MEAN)
    elif stored[MEAN].shape == (config.num_layers, config.w_dim):
        entries[MEAN] = Entry(MEAN, stored[MEAN].shape)
    noise = frozenset(key for key in entries if ".noise_" in key) if network.is_noiseless else None
    plan = Plan(
        weights.path,
        weights.size,
        config,
        entries,
        stored,
        harmless=_is_filter,
        optional=noise or frozenset(),
        fill=_zeros,
        metadata={
            "weights": found[0].label or "G_ema",
            "num_fp16_res": str(network.half_resolutions),
        },
    )
    plan.check()
    return plan


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find the discriminator of a file, `D`."""
    found = _discriminators(weights)
    if not found:
        return None
    network = _Network(weights, found[0], "discriminator")
    config = _discriminator_config(network)
    entries = {key: Entry(key, shape) for key, shape in native_shapes(config).items()}
    plan = Plan(weights.path, weights.size, config, entries, network.stored, harmless=_is_filter)
    plan.check()
    return plan


def _is_filter(key: str) -> bool:
    return key.endswith("resample_filter")


def _zeros(name: str, shape: tuple[int, ...]) -> Tensor:
    """Make the noise of a network that was built without: none."""
    import torch

    return torch.zeros(shape)


class _Network:
    """One network: its tensors and, where a record tells them, arguments and attributes."""

    def __init__(self, weights: OpenWeights, found: FoundNetwork, kind: str) -> None:
        self.weights = weights
        self.path = weights.path
        self.stored: Mapping[str, StoredTensor] = found.tensors
        self._kind = kind
        self._record = record = found.record or PersistentRecord("", {}, weights.path)
        given = record.state.get("_init_args")
        names = _ARGUMENTS[kind]
        self.arguments: dict[str, object] = {
            **dict(zip(names, given if isinstance(given, tuple) else (), strict=False)),
            **record.part("_init_kwargs"),
        }

    def attribute(self, child: str, name: str, default: object) -> object:
        """Return an attribute of a child module such as `synthesis.b4.conv1`."""
        record: object = self._record
        for part in child.split("."):
            record = (
                record.part("_modules").get(part) if isinstance(record, PersistentRecord) else None
            )
        return record.state.get(name, default) if isinstance(record, PersistentRecord) else default

    def options(self, name: str) -> dict[str, object]:
        """Return a nested dictionary of constructor arguments."""
        found = self.arguments.get(name)
        return found if isinstance(found, dict) else {}

    @property
    def synthesis_options(self) -> dict[str, object]:
        """The arguments of the synthesis network, nested or flat."""
        if any(name in self.arguments for name in _FLAT_ARGUMENTS):
            return {"conv_clamp": _FLAT_CLAMP, "num_fp16_res": 4} | self.arguments
        return self.options("synthesis_kwargs")

    @property
    def is_noiseless(self) -> bool:
        """Whether it was built without noise inputs."""
        if not any(key.endswith(".noise_const") for key in self.stored):
            return True
        recorded = self.synthesis_options.get("use_noise", True)
        return self.attribute("synthesis.b4.conv1", "use_noise", recorded) is False

    @property
    def half_resolutions(self) -> int:
        """Number of last resolutions that were computed in half precision."""
        count = self.synthesis_options.get("num_fp16_res", 0)
        return count if isinstance(count, int) else 0

    def expect(self, what: str, found: object, expected: object) -> None:
        """Refuse a variant.

        Raises:
            UnsupportedCheckpointError: `found` is not `expected`.
        """
        if found != expected:
            raise unsupported(
                self.path,
                f"its {self._kind}'s {what} is {quoted(found)}",
                f"dynode builds {self._kind}s whose {what} is {expected!r}",
            )

    def number(self, what: str, found: object) -> float:
        """Check a positive number among the arguments."""
        if isinstance(found, int | float) and 0 < found < 1e9:
            return float(found)
        raise unsupported(
            self.path, f"its {what} is {quoted(found)}", "a positive number is needed"
        )

    def clamp(self, child: str, options: Mapping[str, object]) -> float | None:
        """Return the largest magnitude after a layer, None for no limit."""
        found = self.attribute(child, "conv_clamp", options.get("conv_clamp"))
        return None if found is None else self.number("conv_clamp", found)

    def taps(self) -> tuple[float, ...]:
        """Return one axis of the resampling filter, from the kernels that are really used."""
        used = _USED_FILTERS[self._kind]
        keys = [key for key in self.stored if used.fullmatch(key)]
        return filter_taps(self.path, self.stored, keys, total=1.0)

    def size(self, key: str, axis: int, axes: int) -> int:
        """Return one size of a tensor that must be there."""
        return size_of(self.path, self.stored, key, axis, axes=axes)


def _generator_config(network: _Network) -> GeneratorConfig:
    path, stored = network.path, network.stored
    options, mapping = network.synthesis_options, network.options("mapping_kwargs")
    network.expect("architecture", options.get("architecture", "skip"), "skip")
    for recorded in (options, mapping):
        network.expect("activation", recorded.get("activation", "lrelu"), "lrelu")
    resolution = checked_resolution(path, largest_block(path, stored, r"synthesis\.b(\d+)\."))
    blocks = [4 << level for level in range(resolution.bit_length() - 2)]
    w_dim = network.size("synthesis.b4.conv1.affine.weight", 1, 2)
    layers = count_of(path, stored, r"mapping\.fc(\d+)\.")
    width = network.size("mapping.fc0.weight", 0, 2) if layers > 1 else w_dim
    has_labels = "mapping.embed.weight" in stored
    embedded = network.size("mapping.embed.weight", 0, 2) if has_labels else 0
    return GeneratorConfig(
        resolution=resolution,
        channels={r: network.size(f"synthesis.b{r}.conv1.weight", 0, 4) for r in blocks},
        z_dim=network.size("mapping.fc0.weight", 1, 2) - embedded,
        w_dim=w_dim,
        c_dim=network.size("mapping.embed.weight", 1, 2) if has_labels else 0,
        mapping_layers=layers,
        mapping_width=None if width == w_dim else width,
        embed_width=None if embedded in (0, w_dim) else embedded,
        mapping_lr=network.number("lr_multiplier", mapping.get("lr_multiplier", 0.01)),
        image_channels=network.size("synthesis.b4.torgb.weight", 0, 4),
        conv_clamp=network.clamp("synthesis.b4.conv1", options),
        resample_filter=network.taps(),
        base=base_of(path, stored, "synthesis.b4.const"),
    )


def _discriminator_config(network: _Network) -> DiscriminatorConfig:
    path, stored = network.path, network.stored
    arguments, mapping = network.arguments, network.options("mapping_kwargs")
    has_skips = any(".skip." in key for key in stored)
    architecture = arguments.get("architecture", "resnet" if has_skips else "orig")
    network.expect("architecture", architecture, "resnet")
    for recorded in (network.options("block_kwargs"), network.options("epilogue_kwargs"), mapping):
        network.expect("activation", recorded.get("activation", "lrelu"), "lrelu")
    network.expect("lr_multiplier", mapping.get("lr_multiplier", 0.01), 0.01)
    resolution = checked_resolution(path, largest_block(path, stored, r"b(\d+)\."))
    blocks = [8 << level for level in range(resolution.bit_length() - 3)]
    last = network.size("b4.conv.weight", 0, 4)
    has_labels = "mapping.embed.weight" in stored
    outputs = network.size("b4.out.weight", 0, 2)
    group = network.options("epilogue_kwargs").get("mbstd_group_size", 4)
    group = network.attribute("b4.mbstd", "group_size", group)
    return DiscriminatorConfig(
        resolution=resolution,
        channels={4: last} | {r: network.size(f"b{r}.conv0.weight", 0, 4) for r in blocks},
        c_dim=network.size("mapping.embed.weight", 1, 2) if has_labels else 0,
        cmap_width=outputs if has_labels and outputs != last else None,
        mapping_layers=count_of(path, stored, r"mapping\.fc(\d+)\.") if has_labels else 8,
        image_channels=network.size(f"b{resolution}.fromrgb.weight", 1, 4),
        conv_clamp=network.clamp("b4.conv", arguments),
        mbstd_group=None if group is None else int(network.number("mbstd_group_size", group)),
        mbstd_channels=network.size("b4.conv.weight", 1, 4) - last,
        resample_filter=network.taps(),
        base=base_of_area(
            path, network.size("b4.fc.weight", 1, 2) // last, _generator_base(network)
        ),
    )


def _generator_base(network: _Network) -> tuple[int, int] | None:
    """Return the learned constant's size of the generator beside a discriminator, if there is one."""
    found = found_networks(network.weights, _GENERATOR)
    return base_of(network.path, found[0].tensors, "synthesis.b4.const") if found else None
