"""Infer sizes from a file's tensors: blocks, layers, widths, the resampling filter, the mean code."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from dynode.stylegan2.checkpoints.collecting import FLOATS, MEAN
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights.refusals import corrupt, quoted, unsupported
from dynode.weights.stored import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor

DEFAULT_FILTER = (1, 3, 3, 1)
LARGEST_RESOLUTION = 4096
_MOST_REPEATED = 64
_LARGEST_SIZE = 2**20
_LARGEST_BASE = 64


def size_of(
    path: Path, stored: Mapping[str, StoredTensor], key: str, axis: int, *, axes: int
) -> int:
    """Return one size of a tensor that must be there.

    Raises:
        CorruptCheckpointError: It is missing or has another number of axes.
    """
    if key not in stored:
        raise corrupt(path, f"it lacks {quoted(key)}", "it needs it: get a whole file")
    shape = stored[key].shape
    if len(shape) != axes or 0 in shape:
        raise corrupt(
            path, f"{quoted(key)} has the shape {quoted(shape)} where {axes} axes are needed"
        )
    return shape[axis]


def count_of(path: Path, keys: Iterable[str], pattern: str, *, first: int = 0) -> int:
    """Count what is numbered in the keys: one more than the largest number.

    Args:
        path: The file, for messages.
        keys: Keys of the tensors.
        pattern: A regular expression whose group is the number, matched at a key's start.
        first: The smallest number in use.

    Raises:
        UnsupportedCheckpointError: The numbers are beyond any network.
    """
    numbers = [int(found[1][:9]) for key in keys if (found := re.match(pattern, key))]
    count = max(numbers, default=first - 1) + 1 - first
    if count > _MOST_REPEATED:
        raise unsupported(
            path, f"it numbers its layers up to {max(numbers)}", "no network has as many"
        )
    return count


def base_of(path: Path, stored: Mapping[str, StoredTensor], key: str) -> tuple[int, int]:
    """Return (height, width) of the learned constant, its last two axes.

    Raises:
        CorruptCheckpointError: It is missing or has too few axes.
        UnsupportedCheckpointError: It is beyond any network.
    """
    if key not in stored:
        raise corrupt(path, f"it lacks {quoted(key)}", "it needs it: get a whole file")
    shape = stored[key].shape
    if len(shape) < 3 or 0 in shape:
        raise corrupt(path, f"{quoted(key)} has the impossible shape {quoted(shape)}")
    if max(shape[-2:]) > _LARGEST_BASE:
        raise unsupported(
            path,
            f"its learned constant is of {shape[-2]} x {shape[-1]} px",
            f"{_LARGEST_BASE} px is the most",
        )
    return shape[-2], shape[-1]


def base_of_area(path: Path, area: int, known: tuple[int, int] | None) -> tuple[int, int]:
    """Return (height, width) of a discriminator's last features, of which tensors tell the area.

    Args:
        path: The file, for messages.
        area: Their number of pixels.
        known: The learned constant of the generator beside it.

    Raises:
        UnsupportedCheckpointError: It is no area a generator here has.
    """
    for base in (known, (4, 4), (4, 2), (8, 4)):
        if base is not None and base[0] * base[1] == area:
            return base
    raise unsupported(
        path,
        f"its discriminator ends in {area} px",
        "16 px are needed, or those of the generator in the same file",
    )


def largest_block(path: Path, keys: Iterable[str], pattern: str) -> int:
    """Find the largest resolution in the names of blocks, a power of two of at least 4.

    Raises:
        UnsupportedCheckpointError: It is no power of two.
    """
    found = max((int(m[1][:9]) for key in keys if (m := re.match(pattern, key))), default=0)
    if found < 4 or found & (found - 1):
        raise unsupported(
            path, f"its largest block is of {found} px", "blocks of 4, 8, 16, ... px are needed"
        )
    return found


def checked_config(path: Path, config: GeneratorConfig | DiscriminatorConfig) -> None:
    """Refuse a description that a file states with values no network has.

    Raises:
        CorruptCheckpointError: A field is of another type or beyond any network.
    """
    sizes = [*config.channels.items(), *dataclasses.asdict(config).items()]
    for name, value in sizes:
        if name in ("architecture", "resample_filter", "channels", "base") or value is None:
            continue
        kinds = (int, float) if name in ("mapping_lr", "conv_clamp") else (int,)
        if type(value) not in kinds or not 0 <= value <= _LARGEST_SIZE:
            raise corrupt(path, f"it states {name} = {quoted(value)}")
    taps = config.resample_filter
    if len(taps) != 4 or not all(type(tap) in (int, float) and abs(tap) < 1e3 for tap in taps):
        raise corrupt(path, f"it states the resampling filter {quoted(taps)}")
    if config.mapping_layers > _MOST_REPEATED:
        raise corrupt(path, f"it states {config.mapping_layers} mapping layers")
    if not all(type(side) is int and 1 <= side <= _LARGEST_BASE for side in config.base):
        raise corrupt(path, f"it states base = {quoted(config.base)}")
    checked_resolution(path, config.resolution)


def checked_resolution(path: Path, resolution: int) -> int:
    """Refuse resolutions that no published network has, before anything is built.

    Raises:
        UnsupportedCheckpointError: It is above 4096.
    """
    if resolution > LARGEST_RESOLUTION:
        raise unsupported(
            path, f"its pictures are {resolution} px wide", f"{LARGEST_RESOLUTION} px is the most"
        )
    return resolution


def filter_taps(
    path: Path, stored: Mapping[str, StoredTensor], keys: list[str], *, total: float
) -> tuple[float, ...]:
    """Read the resampling filter from the kernels a file stores.

    Args:
        path: The file, for messages.
        stored: Its tensors.
        keys: Keys of the kernels, each (taps, taps).
        total: What each must sum to.

    Returns:
        One axis of the filter; (1, 3, 3, 1) if no kernel is stored.

    Raises:
        UnsupportedCheckpointError: The kernels differ, or are not separable with four taps.
    """
    import torch

    found: Tensor | None = None
    for key in keys:
        if stored[key].shape != (4, 4) or stored[key].dtype not in FLOATS:
            raise unsupported(path, f"{quoted(key)} is no 4x4 kernel", "only those are supported")
        kernel = stored[key].read().to(torch.float64)
        axis = kernel.sum(0)
        expected = torch.outer(kernel.sum(1), axis) / total
        same = found is None or torch.allclose(found, kernel, rtol=0, atol=1e-5)
        if not same or not torch.allclose(expected, kernel, rtol=0, atol=1e-5):
            raise unsupported(
                path, f"{quoted(key)} is not the resampling kernel of StyleGAN2", "use another file"
            )
        found = kernel
    if found is None:
        return DEFAULT_FILTER
    axis = found.sum(0)
    taps = axis * (sum(DEFAULT_FILTER) / float(axis.sum()))
    if torch.allclose(taps, torch.tensor(DEFAULT_FILTER, dtype=torch.float64), rtol=0, atol=1e-4):
        return DEFAULT_FILTER
    return tuple(float(tap) for tap in taps)


def estimated_mean(config: GeneratorConfig, state: Mapping[str, Tensor]) -> Tensor:
    """Estimate the mean code, (w_dim,), that a file lacks, as the published scripts do."""
    import torch

    from dynode.stylegan2.mean import estimate_mean
    from dynode.stylegan2.network import GeneratorNetwork

    with torch.device("meta"):
        network = GeneratorNetwork(config)
    prefix = "mapping."
    weights = {key[len(prefix) :]: v for key, v in state.items() if key.startswith(prefix)}
    weights[MEAN[len(prefix) :]] = torch.zeros(config.w_dim)
    network.mapping.load_state_dict(weights, assign=True)
    return estimate_mean(network)
