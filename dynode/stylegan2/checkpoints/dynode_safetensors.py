"""dynode's own layout: safetensors, native names, the networks' shapes as JSON in the metadata."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dynode.errors import DynodeError
from dynode.stylegan2.checkpoints.checkpoint import Checkpoint
from dynode.stylegan2.checkpoints.collecting import MEAN, Entry, Plan, native_shapes
from dynode.stylegan2.checkpoints.inference import checked_config
from dynode.stylegan2.config import DiscriminatorConfig, GeneratorConfig
from dynode.weights import OpenWeights, is_state_dict, write_safetensors
from dynode.weights.refusals import corrupt, quoted, unsupported

if TYPE_CHECKING:
    from torch import Tensor

LAYOUT = "dynode"
FORMAT = "dynode.checkpoint"
VERSION = "1"
GENERATOR = "dynode.generator"
DISCRIMINATOR = "dynode.discriminator"
_OWN = ("dynode.format", "dynode.version", GENERATOR, DISCRIMINATOR)
_Config = TypeVar("_Config", GeneratorConfig, DiscriminatorConfig)


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return weights.container == "safetensors" and weights.metadata.get("dynode.format") == FORMAT


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator of a file."""
    return _plan(weights, GENERATOR, GeneratorConfig.from_json)


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find the discriminator of a file."""
    return _plan(weights, DISCRIMINATOR, DiscriminatorConfig.from_json)


def _plan(weights: OpenWeights, entry: str, from_json: Callable[[str], _Config]) -> Plan | None:
    version = weights.metadata.get("dynode.version")
    if version != VERSION:
        raise unsupported(
            weights.path,
            f"it is of version {quoted(version)} of dynode's format, this dynode reads {VERSION}",
            "update dynode",
        )
    if entry not in weights.metadata:
        return None
    config = _config(weights, entry, from_json)
    prefix = f"{entry.removeprefix('dynode.')}."
    content = weights.content
    assert is_state_dict(content) or content == {}
    stored = {key: value for key, value in content.items() if key.startswith(prefix)}
    entries = {
        name: Entry(f"{prefix}{name}", shape) for name, shape in native_shapes(config).items()
    }
    if isinstance(config, GeneratorConfig):
        mean = stored.get(f"{prefix}{MEAN}")
        if mean is None:
            del entries[MEAN]
        elif mean.shape == (config.num_layers, config.w_dim):
            entries[MEAN] = Entry(f"{prefix}{MEAN}", mean.shape)
    kept = {key: text for key, text in weights.metadata.items() if key not in _OWN}
    plan = Plan(weights.path, weights.size, config, entries, stored, metadata=kept)
    plan.check()
    return plan


def _config(weights: OpenWeights, entry: str, from_json: Callable[[str], _Config]) -> _Config:
    try:
        config = from_json(weights.metadata[entry])
        checked_config(weights.path, config)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, DynodeError) as error:
        reason = quoted(" ".join(str(error).split()), 80)
        raise corrupt(
            weights.path, f"its metadata {entry!r} describes no network ({reason})"
        ) from error
    return config


def write(checkpoint: Checkpoint, path: Path) -> None:
    """Write the networks with their shapes and the checkpoint's metadata.

    Tensors keep their type, so a state in half precision makes a file of half the size.
    """
    metadata = {key: text for key, text in checkpoint.metadata.items() if key not in _OWN}
    metadata |= {"dynode.format": FORMAT, "dynode.version": VERSION}
    tensors: dict[str, Tensor] = {}
    for entry, config, state in (
        (GENERATOR, checkpoint.generator, checkpoint.generator_state),
        (DISCRIMINATOR, checkpoint.discriminator, checkpoint.discriminator_state),
    ):
        if config is not None and state is not None:
            metadata[entry] = config.to_json()
            prefix = f"{entry.removeprefix('dynode.')}."
            tensors |= {f"{prefix}{name}": tensor for name, tensor in state.items()}
    write_safetensors(tensors, path, metadata)
