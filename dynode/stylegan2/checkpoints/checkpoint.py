"""What a checkpoint file holds once it is read: networks' shapes and native weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig

if TYPE_CHECKING:
    from torch import Tensor

Part = Literal["generator", "discriminator", "all"]


@dataclass(frozen=True)
class Checkpoint:
    """Networks read from a file, under the names of `GeneratorNetwork` and `DiscriminatorNetwork`.

    Attributes:
        layout: The layout it was read from: `rosinality`, `encoder`, `nvlabs` or `dynode`.
        generator: Shape of the generator, None if it was not asked for.
        generator_state: Its float32 weights on the CPU; `mapping.w_avg` is (w_dim,) or
            (num_layers, w_dim).
        discriminator: Shape of the discriminator, None if the file has none.
        discriminator_state: Its weights.
        metadata: What is known beside the weights: `domain`, `crop`, `licence`, `name`; and
            `weights` (which of the file's generators), `mean_w` = `estimated` and
            `noise` = `drawn` where the file lacks them.
    """

    layout: str
    generator: GeneratorConfig | None = None
    generator_state: dict[str, Tensor] | None = field(default=None, repr=False)
    discriminator: DiscriminatorConfig | None = None
    discriminator_state: dict[str, Tensor] | None = field(default=None, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckpointSummary:
    """What a checkpoint file is, found without reading its weights.

    Attributes:
        path: The file.
        size: Its length in bytes.
        container: `torch-zip`, `torch-legacy`, `pickle` or `safetensors`.
        layout: As in `Checkpoint`.
        generator: Shape of the generator, if it has one.
        discriminator: Shape of the discriminator, if it has one.
        parameters: Number of trained values of the generator (noise and mean excluded).
        metadata: As in `Checkpoint`; `discriminator` says why one beside a good generator cannot
            be read.
    """

    path: Path
    size: int
    container: str
    layout: str
    generator: GeneratorConfig | None
    discriminator: DiscriminatorConfig | None
    parameters: int
    metadata: Mapping[str, str]
