"""From tensors to a video network ready to render."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from dynode.errors import CorruptCheckpointError
from dynode.stylegan2 import StyledConvolution
from dynode_stylegan_v.config import VideoConfig, VideoDiscriminatorConfig
from dynode_stylegan_v.discriminator import VideoDiscriminator
from dynode_stylegan_v.naming import native_discriminator, native_generator
from dynode_stylegan_v.synthesis import VideoNetwork

_Module = TypeVar("_Module", bound=nn.Module)


def meta_network(config: VideoConfig) -> VideoNetwork:
    """Build a generator without memory for its weights, to learn their names and shapes."""
    with torch.device("meta"):
        network = VideoNetwork(config)
        for layer in network.modules():
            if isinstance(layer, StyledConvolution):
                layer.arrange()
    return network


def build_network(config: VideoConfig, state: Mapping[str, Tensor], *, source: str) -> VideoNetwork:
    """Build a generator from its config and native state.

    Args:
        config: Shape of the network.
        state: Native names -> tensors; copied.
        source: Name of the file, for messages.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CorruptCheckpointError: Tensors are missing, unknown or of other shapes.
    """
    return filled(meta_network(config), state, source=source)


def filled(network: _Module, state: Mapping[str, Tensor], *, source: str) -> _Module:
    """Give a network that was built on the meta device its weights; see `build_network`."""
    refuse_misfits(network, {name: tuple(part.shape) for name, part in state.items()}, source)
    network.to_empty(device="cpu")
    network.load_state_dict(dict(state))
    return network.eval().requires_grad_(False)


def refuse_misfits(network: nn.Module, shapes: Mapping[str, tuple[int, ...]], source: str) -> None:
    """Compare names and shapes with a network's.

    Raises:
        CorruptCheckpointError: They differ.
    """
    expected = {name: tuple(part.shape) for name, part in network.state_dict().items()}
    missing, unknown = expected.keys() - shapes.keys(), shapes.keys() - expected.keys()
    if missing or unknown:
        raise CorruptCheckpointError(
            f"{source} does not fit its own description: missing {sorted(missing)[:3]}, "
            f"unknown {sorted(unknown)[:3]}; download or convert it again"
        )
    for name, shape in shapes.items():
        if shape != expected[name]:
            raise CorruptCheckpointError(
                f"{source} has {name} of shape {shape}; expected {expected[name]}; download or "
                "convert it again"
            )


def generator_from_published(config: VideoConfig, state: Mapping[str, Tensor]) -> VideoNetwork:
    """Build a generator from the state dict of the published code.

    Raises:
        CorruptCheckpointError: Tensors are missing, unknown or of other shapes.
    """
    native = native_generator(state)
    const = "synthesis.b4.const"
    if const in native:
        native[const] = native[const].reshape(native[const].shape[-3:])
    return build_network(config, native, source="the published state")


def discriminator_from_published(
    config: VideoDiscriminatorConfig, state: Mapping[str, Tensor]
) -> VideoDiscriminator:
    """Build a discriminator from the state dict of the published code.

    Raises:
        CorruptCheckpointError: Tensors are missing, unknown or of other shapes.
    """
    with torch.device("meta"):
        network = VideoDiscriminator(config)
    return filled(network, native_discriminator(state), source="the published state")
