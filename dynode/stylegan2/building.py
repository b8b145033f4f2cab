"""From config and native weights to a network ready to render."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode.errors import CorruptCheckpointError
from dynode.stylegan2.config import GeneratorConfig
from dynode.stylegan2.layers import StyledConvolution
from dynode.stylegan2.mean import estimate_mean
from dynode.stylegan2.network import GeneratorNetwork


@torch.inference_mode(mode=False)  # or nothing could ever be optimised through it
def build_network(
    config: GeneratorConfig, state: dict[str, Tensor], *, source: str, release: bool = False
) -> GeneratorNetwork:
    """Build a network from its config and native state.

    Noise buffers and `w_avg` may be missing, as in some published files: the noise is drawn once
    and the mean estimated, both the same on every machine.

    Args:
        config: Shape of the network.
        state: Native names -> tensors; copied.
        source: Name of the file, for messages.
        release: Empty `state` while it is copied, so that no large tensor is held twice.

    Returns:
        The network, in evaluation mode and without gradients.

    Raises:
        CorruptCheckpointError: Tensors are missing, unknown or of other shapes.
    """
    with torch.device("meta"):
        network = GeneratorNetwork(config)
        for layer in network.modules():
            if isinstance(layer, StyledConvolution):
                layer.arrange()
    # `to_empty` does the same and imports torch's compiler, which takes a second.
    network._apply(_empty_like)  # type: ignore[no-untyped-call]
    mean = state.get("mapping.w_avg")
    if mean is not None and mean.shape == (config.num_layers, config.w_dim):
        network.mapping.w_avg = torch.empty(config.num_layers, config.w_dim)
    _check_state(network, state, source)
    absent = {name for name, _ in network.named_buffers()} - state.keys()
    own = network.state_dict()
    for name in list(state):
        own[name].copy_(state.pop(name) if release else state[name])
    _fill_missing(network, absent)
    return network.eval().requires_grad_(False)


def _check_state(network: GeneratorNetwork, state: dict[str, Tensor], source: str) -> None:
    """Refuse a state that the network cannot take; buffers may be missing."""
    expected = {name: tensor.shape for name, tensor in network.state_dict().items()}
    missing = expected.keys() - state.keys() - {name for name, _ in network.named_buffers()}
    unknown = state.keys() - expected.keys()
    if missing or unknown:
        raise CorruptCheckpointError(
            f"{source} does not fit its own description: missing {sorted(missing)[:3]}, "
            f"unknown {sorted(unknown)[:3]}; download or convert it again"
        )
    wrong = [name for name, tensor in state.items() if tensor.shape != expected[name]]
    if wrong:
        name = wrong[0]
        raise CorruptCheckpointError(
            f"{source} has {name} of shape {tuple(state[name].shape)}; expected "
            f"{tuple(expected[name])}; download or convert it again"
        )


def _empty_like(part: Tensor) -> Tensor:
    """Take memory on the CPU for a shape on the meta device, laid out alike."""
    return torch.empty_strided(part.size(), part.stride(), dtype=part.dtype, device="cpu")


def _fill_missing(network: GeneratorNetwork, names: set[str]) -> None:
    generator = torch.Generator().manual_seed(0)
    for name in sorted(names - {"mapping.w_avg"}):
        network.get_buffer(name).normal_(generator=generator)
    if "mapping.w_avg" in names:
        network.mapping.w_avg.copy_(estimate_mean(network))
