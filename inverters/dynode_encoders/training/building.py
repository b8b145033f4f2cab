"""Make the network that a recipe asks for, with the weights it starts from."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from dynode.errors import UnsupportedCheckpointError, UsageError
from dynode.generator import GeneratorInfo
from dynode.weights import StoredTensor, is_state_dict, open_weights
from dynode_encoders.config import (
    IRSE50_UNITS,
    PUBLISHED_WIDTHS,
    RESNET34_UNITS,
    EncoderConfig,
)
from dynode_encoders.network import Encoder
from dynode_encoders.reading import FORMAT, read_encoder
from dynode_encoders.training.recipe import EncoderRecipe, RestyleRecipe

_READER = "reader"  # where an encoder keeps its compact backbone
_SMALLEST_PX = {"irse50": 64, "resnet34": 64, "compact": 32, "difference": 32}


def configured(recipe: EncoderRecipe, info: GeneratorInfo) -> EncoderConfig:
    """Describe the network for a generator.

    Raises:
        UsageError: Its input is too small, or no multiple of 16.
    """
    size = recipe.size_px
    if size < _SMALLEST_PX[recipe.backbone] or size % 16:
        raise UsageError(
            f"--size-px is {size}; the backbone {recipe.backbone} needs a multiple of 16, at least "
            f"{_SMALLEST_PX[recipe.backbone]}"
        )
    width = recipe.width
    is_compact = recipe.backbone in ("compact", "difference")
    return EncoderConfig(
        _kind(recipe),
        rows=info.num_layers,
        w_dim=info.w_dim,
        inputs=6 if isinstance(recipe, RestyleRecipe) else 3,
        size=(size, size),
        widths=(width, 2 * width, 4 * width, 6 * width) if is_compact else PUBLISHED_WIDTHS,
        units=RESNET34_UNITS if recipe.backbone == "resnet34" else IRSE50_UNITS,
        has_squeeze=recipe.backbone == "irse50",
    )


def build(config: EncoderConfig, start: Path | None, *, seed: int) -> Encoder:
    """Make a network with random weights, or those of a file where their shapes agree.

    Further input channels start at zero, so that a start from an encoder of 3 channels reads what
    that one reads.

    Args:
        config: Its shape.
        start: Encoder file, ArcFace's, or one of any network with the same backbone; None for
            random weights.
        seed: Seed of the random weights.

    Raises:
        UnsupportedCheckpointError: The file has no weight of this network.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Encoder(config)
    if start is None:
        return network
    state = network.state_dict()
    taken = 0
    for name, part in _start_state(start).items():
        if name in state and _fits(part, state[name]):
            state[name] = _widened(part, state[name])
            taken += 1
    if not taken:
        raise UnsupportedCheckpointError(
            f"{start.name} has no weight in common with the backbone {config.traits.backbone}; give an "
            f"encoder of the same backbone with --start"
        )
    network.load_state_dict(state)
    return network


def _kind(recipe: EncoderRecipe) -> str:
    if not isinstance(recipe, RestyleRecipe):
        if recipe.backbone in ("resnet34", "difference"):
            raise UsageError(
                f"e4e has the backbones irse50 and compact; {recipe.backbone} is one of 'dynode train "
                f"restyle'"
            )
        return "CompactProgressiveEncoder" if recipe.backbone == "compact" else "Encoder4Editing"
    if recipe.backbone == "difference":
        return "CompactDifferenceEncoder"
    progressive = "Progressive" if recipe.variant == "e4e" else ""
    if recipe.backbone == "compact":
        return f"Compact{progressive}Encoder"
    prefix = "ResNet" if recipe.backbone == "resnet34" else ""
    return f"{prefix}{progressive}BackboneEncoder"


def _start_state(path: Path) -> dict[str, Tensor]:
    """Read an encoder's weights, or those of any network under its own names and a backbone's."""
    with open_weights(path) as weights:
        if weights.metadata.get("format") != FORMAT and is_state_dict(weights.content):
            plain = {key: _read(part) for key, part in weights.content.items()}
            return {**plain, **{f"{_READER}.{key}": part for key, part in plain.items()}}
    return dict(read_encoder(path).network.state_dict())


def _read(stored: StoredTensor) -> Tensor:
    return stored.read().float() if stored.dtype.startswith(("float", "bfloat")) else stored.read()


def _fits(part: Tensor, wanted: Tensor) -> bool:
    if part.shape == wanted.shape:
        return True
    is_input = (
        part.ndim == 4 and part.shape[0] == wanted.shape[0] and part.shape[1] < wanted.shape[1]
    )
    return is_input and part.shape[1] == 3 and part.shape[2:] == wanted.shape[2:]


def _widened(part: Tensor, wanted: Tensor) -> Tensor:
    if part.shape == wanted.shape:
        return part
    wide = torch.zeros_like(wanted)
    wide[:, : part.shape[1]] = part
    return wide
