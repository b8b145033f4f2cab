"""Write the layout of rosinality/stylegan2-pytorch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.files import written
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.checkpoints.collecting import MEAN, Entry
from dynode.stylegan2.checkpoints.expressing import mean_row, refuse_inexpressible
from dynode.stylegan2.checkpoints.rosinality import (
    LAYOUT,
    discriminator_entries,
    generator_entries,
)
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig

if TYPE_CHECKING:
    from torch import Tensor

# The widths that the published constructors build, for channel multiplier 1.
_FULL_WIDTH, _LAST_FULL = 512, 32
_WIDTH_TIMES_RESOLUTION = 16 * 1024
_SMALLEST, _LARGEST = 8, 1024
_MAPPING_LR = 0.01


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write `g_ema`, `latent_avg` and, if there is one, `d`.

    Raises:
        UnsupportedCheckpointError: The networks have what this layout cannot express.
    """
    import torch

    refuse_inexpressible(path, LAYOUT, _inexpressible(checkpoint))
    content: dict[str, object] = {}
    if checkpoint.generator is not None and checkpoint.generator_state is not None:
        state = dict(checkpoint.generator_state)
        content["latent_avg"] = mean_row(path, LAYOUT, state.pop(MEAN))
        entries = generator_entries(checkpoint.generator)
        content["g_ema"] = _renamed(state, entries) | generator_kernels(checkpoint.generator)
    if checkpoint.discriminator is not None and checkpoint.discriminator_state is not None:
        names = discriminator_entries(checkpoint.discriminator)
        kernels = _discriminator_kernels(checkpoint.discriminator)
        content["d"] = _renamed(checkpoint.discriminator_state, names) | kernels
    with written(path) as temporary, temporary.open("wb") as stream:
        torch.save(content, stream)


def _renamed(state: Mapping[str, Tensor], entries: Mapping[str, Entry]) -> dict[str, Tensor]:
    return {
        entries[name].key: tensor.detach().cpu().reshape(entries[name].shape)
        for name, tensor in state.items()
    }


def generator_kernels(config: GeneratorConfig) -> dict[str, Tensor]:
    """Return the resampling kernels that the published networks keep as buffers, by key."""
    kernel = kernel_of(config.resample_filter) * 4
    found = {}
    for level in range(len(config.resolutions) - 1):
        found[f"convs.{2 * level}.conv.blur.kernel"] = kernel
        found[f"to_rgbs.{level}.upsample.kernel"] = kernel
    return found


def _discriminator_kernels(config: DiscriminatorConfig) -> dict[str, Tensor]:
    kernel = kernel_of(config.resample_filter)
    found = {}
    for block in range(1, len(config.resolutions)):
        found[f"convs.{block}.conv2.0.kernel"] = kernel
        found[f"convs.{block}.skip.0.kernel"] = kernel
    return found


def kernel_of(taps: tuple[float, ...]) -> Tensor:
    """Return the two-dimensional resampling kernel, sum 1."""
    import torch

    axis = torch.tensor(taps, dtype=torch.float32)
    kernel = torch.outer(axis, axis)
    return kernel / kernel.sum()


def _inexpressible(checkpoint: Checkpoint) -> list[str]:
    found = []
    for config in (checkpoint.generator, checkpoint.discriminator):
        if config is None:
            continue
        if config.conv_clamp is not None:
            found.append(f"conv_clamp = {config.conv_clamp:g}")
        if config.c_dim:
            found.append(f"class labels (c_dim = {config.c_dim})")
        if config.image_channels != 3:
            found.append(f"{config.image_channels} picture channels")
        if config.base != (4, 4):
            found.append(f"pictures that start from {config.base[0]} x {config.base[1]} px")
        if not _SMALLEST <= config.resolution <= _LARGEST:
            found.append(f"pictures of {config.resolution} px")
        elif not _has_published_widths(config.channels):
            found.append(f"channels {dict(sorted(config.channels.items()))}")
    return found + _inexpressible_parts(checkpoint.generator, checkpoint.discriminator)


def _inexpressible_parts(
    generator: GeneratorConfig | None, discriminator: DiscriminatorConfig | None
) -> list[str]:
    found = []
    if generator is not None:
        widths = (generator.z_dim, generator.mapping_width or generator.w_dim, generator.w_dim)
        if len(set(widths)) > 1:
            found.append(f"mapping widths {widths}")
        if generator.mapping_lr != _MAPPING_LR:
            found.append(f"mapping_lr = {generator.mapping_lr:g}")
    if discriminator is not None:
        statistic = (discriminator.mbstd_group, discriminator.mbstd_channels)
        if statistic != (4, 1):
            found.append(f"a minibatch statistic of (group, channels) = {statistic}")
    return found


def _has_published_widths(channels: Mapping[int, int]) -> bool:
    """Tell whether some channel multiplier gives these widths."""
    large = {r: width for r, width in channels.items() if r > _LAST_FULL}
    multipliers = {width * r / _WIDTH_TIMES_RESOLUTION for r, width in large.items()}
    small = {width for r, width in channels.items() if r <= _LAST_FULL}
    return small == {_FULL_WIDTH} and len(multipliers) <= 1 and all(m % 1 == 0 for m in multipliers)
