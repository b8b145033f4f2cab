"""Shapes of StyleGAN2 networks: everything needed to build one, nothing learned."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from dynode.errors import UnsupportedCheckpointError, UsageError


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of a generator.

    Attributes:
        resolution: Name of the last block, a power of two: the picture's side in pixels, where the
            learned constant is 4 x 4.
        channels: Name of a block -> channels of its convolutions, for 4, 8, ..., resolution.
        base: (height, width) of the learned constant, which block 4 starts from; every further
            block doubles both.
        refines: Name of the last block with rows of its own; the blocks behind it read the last row,
            so that they draw the same codes finer. None: every block has rows.
        z_dim: Width of the random input.
        w_dim: Width of a row of w+.
        c_dim: Number of classes, 0 for an unconditional generator.
        mapping_layers: Fully connected layers of the mapping network.
        mapping_width: Width between them; None means `w_dim`.
        embed_width: Width of the class embedding; None means `w_dim`.
        mapping_lr: Learning-rate multiplier of the mapping network (part of its run-time scale).
        image_channels: Channels of the picture.
        architecture: Only `"skip"`, the one every published generator has.
        conv_clamp: Largest magnitude after each layer, None for no limit.
        resample_filter: One axis of the separable resampling filter, in any scale.
    """

    resolution: int
    channels: Mapping[int, int]
    z_dim: int = 512
    w_dim: int = 512
    c_dim: int = 0
    mapping_layers: int = 8
    mapping_width: int | None = None
    embed_width: int | None = None
    mapping_lr: float = 0.01
    image_channels: int = 3
    architecture: str = "skip"
    conv_clamp: float | None = None
    resample_filter: tuple[float, ...] = (1, 3, 3, 1)
    base: tuple[int, int] = (4, 4)
    refines: int | None = None

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        _check(self, "generator", architecture="skip")
        if self.refines is not None and self.refines not in self.resolutions[:-1]:
            raise UsageError(
                f"generator refines is {self.refines}; expected the name of a block before the last, "
                f"one of {self.resolutions[:-1]}"
            )

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Names of the blocks: 4, 8, ..., `resolution`."""
        return _resolutions(self.resolution)

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the picture in pixels."""
        return self.size_of(self.resolution)

    def size_of(self, block: int) -> tuple[int, int]:
        """Return (height, width) of a block's output in pixels."""
        return block * self.base[0] // 4, block * self.base[1] // 4

    @property
    def num_layers(self) -> int:
        """Number of rows of w+."""
        return 2 * len(_resolutions(self.refines or self.resolution))

    @property
    def refined(self) -> GeneratorConfig | None:
        """The shape of the generator that this one draws finer."""
        if self.refines is None:
            return None
        return dataclasses.replace(self, resolution=self.refines, refines=None)

    def to_json(self) -> str:
        """Write this config as one JSON object."""
        return _to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**_from_json(text))


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of a discriminator.

    Attributes:
        resolution: Name of the first block, a power of two: the picture's side in pixels, where the
            last features are 4 x 4.
        channels: Name of a block -> channels entering it.
        base: (height, width) of the last features.
        c_dim: Number of classes, 0 for an unconditional discriminator.
        cmap_width: Width of the mapped label; None means the channels at 4 px.
        mapping_layers: Layers of the label's mapping network.
        image_channels: Channels of the picture.
        architecture: Only `"resnet"`, the one every published discriminator has.
        conv_clamp: Largest magnitude after each layer, None for no limit.
        mbstd_group: Pictures per group of the minibatch statistic, None for the whole batch.
        mbstd_channels: Channels the statistic adds, 0 for none.
        resample_filter: One axis of the separable resampling filter, in any scale.
    """

    resolution: int
    channels: Mapping[int, int]
    c_dim: int = 0
    cmap_width: int | None = None
    mapping_layers: int = 8
    image_channels: int = 3
    architecture: str = "resnet"
    conv_clamp: float | None = None
    mbstd_group: int | None = 4
    mbstd_channels: int = 1
    resample_filter: tuple[float, ...] = (1, 3, 3, 1)
    base: tuple[int, int] = (4, 4)

    def __post_init__(self) -> None:
        """Check that the numbers make a network."""
        _check(self, "discriminator", architecture="resnet")

    @property
    def resolutions(self) -> tuple[int, ...]:
        """Names of the blocks: 4, 8, ..., `resolution`."""
        return _resolutions(self.resolution)

    def to_json(self) -> str:
        """Write this config as one JSON object."""
        return _to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**_from_json(text))


def _resolutions(resolution: int) -> tuple[int, ...]:
    return tuple(2**power for power in range(2, int(math.log2(resolution)) + 1))


def _check(config: GeneratorConfig | DiscriminatorConfig, what: str, *, architecture: str) -> None:
    if config.architecture != architecture:
        raise UnsupportedCheckpointError(
            f"{what} of architecture {config.architecture!r} cannot be built; "
            f"only {architecture!r} is supported, use a checkpoint of that architecture"
        )
    resolution = config.resolution
    if resolution < 4 or resolution & (resolution - 1):
        raise UsageError(
            f"{what} resolution is {resolution}; expected a power of two of at least 4, "
            "for example 256"
        )
    if len(config.base) != 2 or min(config.base) < 1:
        raise UsageError(
            f"{what} base is {config.base}; expected a height and a width, such as (4, 4)"
        )
    missing = [r for r in config.resolutions if config.channels.get(r, 0) < 1]
    if missing:
        raise UsageError(
            f"{what} channels say {dict(config.channels)}; expected a positive number for "
            f"every resolution, add {missing}"
        )


def _to_json(config: GeneratorConfig | DiscriminatorConfig) -> str:
    fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    fields["channels"] = {str(r): fields["channels"][r] for r in config.resolutions}
    if fields["base"] == (4, 4):
        del fields["base"]  # as in files and fingerprints of before there were others
    if fields.get("refines", 0) is None:
        del fields["refines"]
    return json.dumps(fields, sort_keys=True)


def _from_json(text: str) -> dict[str, Any]:  # values of several types, checked by the dataclass
    fields = json.loads(text)
    fields["channels"] = {int(r): count for r, count in fields["channels"].items()}
    for name in ("resample_filter", "base"):
        if name in fields:
            fields[name] = tuple(fields[name])
    return dict(fields)
