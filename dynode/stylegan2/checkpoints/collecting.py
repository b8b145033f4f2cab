"""Collect the tensors a network needs: all there, nothing else, right shapes, finite values."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from dynode.stylegan2.checkpoints.unwrapping import FoundNetwork
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights.refusals import corrupt, listed, quoted, unsafe, unsupported
from dynode.weights.stored import StoredTensor

if TYPE_CHECKING:
    from torch import Tensor

Shapes = dict[str, tuple[int, ...]]
MEAN = "mapping.w_avg"
FLOATS = ("float32", "float16", "bfloat16", "float64")


class Entry(NamedTuple):
    """Where a native tensor is in a file: its key there, and its shape there."""

    key: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """A network found in a file and not yet read.

    Attributes:
        path: The file.
        size: Its length in bytes.
        config: Shape of the network, inferred from the file.
        entries: Native name -> place in the file; only what the file must have.
        stored: The file's tensors by their own keys.
        harmless: Tells which further keys may be there and are ignored.
        optional: Native names that `fill` makes when they are absent.
        fill: Makes an absent optional tensor from its native name and shape.
    """

    path: Path
    size: int
    config: GeneratorConfig | DiscriminatorConfig
    entries: Mapping[str, Entry]
    stored: Mapping[str, StoredTensor]
    harmless: Callable[[str], bool] = lambda key: False
    optional: frozenset[str] = frozenset()
    fill: Callable[[str, tuple[int, ...]], Tensor] | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """Compare the file's keys, shapes and types with the network's, reading no data.

        Raises:
            CorruptCheckpointError: A tensor is missing or of another shape.
            UnsupportedCheckpointError: There are tensors the network does not have.
            UnsafeCheckpointError: The tensors together are larger than the file.
        """
        self._check_keys()
        for entry in self.entries.values():
            if entry.key in self.stored:
                self._check_tensor(entry, self.stored[entry.key])
        present = [e.key for e in self.entries.values() if e.key in self.stored]
        if sum(self.stored[key].span_bytes for key in present) > self.size:
            raise unsafe(self.path, "its tensors together are larger than the file")

    def read(self) -> dict[str, Tensor]:
        """Read the checked tensors as float32 under their native names and shapes."""
        shapes = native_shapes(self.config)
        state = {}
        for name, entry in self.entries.items():
            if entry.key in self.stored:
                values = self._read_one(entry)
                has_rows = name == MEAN and values.numel() > shapes[name][0]
                wanted = (-1, *shapes[name]) if has_rows else shapes[name]
                state[name] = values.reshape(wanted)
            elif self.fill is not None:
                state[name] = self.fill(name, shapes[name])
        return state

    @property
    def absent(self) -> list[str]:
        """Optional native names that the file lacks."""
        return [name for name in sorted(self.optional) if self.entries[name].key not in self.stored]

    def _check_keys(self) -> None:
        wanted = {entry.key for entry in self.entries.values()}
        missing = [
            entry.key
            for name, entry in self.entries.items()
            if entry.key not in self.stored and name not in self.optional
        ]
        if missing:
            raise corrupt(
                self.path, f"it lacks {listed(missing)}", "it needs them: get a whole file"
            )
        extra = [key for key in self.stored if key not in wanted and not self.harmless(key)]
        if extra:
            raise unsupported(
                self.path,
                f"it has {listed(extra)} beside a StyleGAN2 {_kind(self.config)}",
                "so it is a variant; remove them if the plain network is meant",
            )

    def _check_tensor(self, entry: Entry, tensor: StoredTensor) -> None:
        if tensor.shape != entry.shape:
            raise corrupt(
                self.path,
                f"{quoted(entry.key)} has the shape {quoted(tensor.shape)}"
                f" where the other tensors need {entry.shape}",
            )
        if tensor.dtype not in FLOATS:
            raise corrupt(
                self.path, f"{quoted(entry.key)} holds {tensor.dtype}, not floating-point numbers"
            )

    def _read_one(self, entry: Entry) -> Tensor:
        import torch

        values = self.stored[entry.key].read().to(torch.float32)
        # The sum of finite values is finite unless it overflows; only then look at each.
        if not math.isfinite(float(values.sum())) and not bool(values.isfinite().all()):
            raise corrupt(
                self.path, f"{quoted(entry.key)} holds values that are not finite (nan, inf)"
            )
        return values


def with_mean(
    config: GeneratorConfig, entries: dict[str, Entry], network: FoundNetwork, key: str
) -> dict[str, StoredTensor]:
    """Add the mean code beside a network to its tensors and entries, or take it off the entries.

    Args:
        config: Shape of the generator.
        entries: Places of its tensors; changed.
        network: Its tensors and the mean: (w_dim,) or (num_layers, w_dim), with axes of 1 in front.
        key: Name to give the mean.
    """
    mean, stored = network.mean, dict(network.tensors)
    if mean is None:
        entries.pop(MEAN)
        return stored
    shape = mean.shape
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    is_known = shape in {(config.w_dim,), (config.num_layers, config.w_dim)}
    entries[MEAN] = Entry(key, mean.shape if is_known else (config.w_dim,))
    return stored | {key: mean}


def native_shapes(config: GeneratorConfig | DiscriminatorConfig) -> Shapes:
    """Return the names and shapes of a network's weights, in its own order."""
    return dict(_shapes(isinstance(config, GeneratorConfig), config.to_json()))


@functools.lru_cache(maxsize=16)
def _shapes(is_generator: bool, text: str) -> Shapes:
    import torch

    from dynode.stylegan2.discriminator import DiscriminatorNetwork
    from dynode.stylegan2.network import GeneratorNetwork

    with torch.device("meta"):
        network = (
            GeneratorNetwork(GeneratorConfig.from_json(text))
            if is_generator
            else DiscriminatorNetwork(DiscriminatorConfig.from_json(text))
        )
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}


def _kind(config: GeneratorConfig | DiscriminatorConfig) -> str:
    return "generator" if isinstance(config, GeneratorConfig) else "discriminator"
