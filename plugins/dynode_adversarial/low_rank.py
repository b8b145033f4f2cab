"""Offsets of low rank of a generator's convolutions, trained in place of its weights."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from dynode.direction import NetworkDirection
from dynode.stylegan2 import GeneratorNetwork

_WEIGHT = "weight"


class LowRankSum(nn.Module):
    """A weight and an offset of low rank: `weight + up @ down`; the offset begins as nothing.

    Args:
        weight: (out, in, kh, kw).
        rank: Channels in between.

    Source:
        Hu et al. 2021, LoRA, arXiv:2106.09685. Deviation: a convolution's kernel belongs to `down`, and
        there is no factor beside both.
    """

    def __init__(self, weight: Tensor, rank: int) -> None:
        super().__init__()
        drawn = torch.randn(rank, *weight.shape[1:])
        self.down = nn.Parameter(drawn / math.sqrt(rank))
        self.up = nn.Parameter(torch.zeros(weight.shape[0], rank))

    def forward(self, weight: Tensor) -> Tensor:
        """Add the offset."""
        return weight + (self.up @ self.down.flatten(1)).view(weight.shape)


class WholeSum(nn.Module):
    """A weight too small for factors, and its offset."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        self.offset = nn.Parameter(torch.zeros_like(weight))

    def forward(self, weight: Tensor) -> Tensor:
        """Add the offset."""
        return weight + self.offset


def tune_low_rank(network: GeneratorNetwork, rank: int, *, seed: int) -> None:
    """Hold everything of a network but offsets of its convolutions, of a rank at most.

    A layer that takes no fewer numbers in factors, as those to RGB, gets a whole offset.
    """
    network.requires_grad_(False)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for name in network.synthesis.rows:
            layer = network.synthesis.layer(name)
            outputs, inside = layer.weight.shape[0], layer.weight[0].numel()
            is_small = rank * (outputs + inside) >= outputs * inside
            weight = layer.weight.detach()
            offset = WholeSum(weight) if is_small else LowRankSum(weight, rank)
            parametrize.register_parametrization(layer, _WEIGHT, offset)


@torch.no_grad()
def plain_state(network: GeneratorNetwork) -> dict[str, Tensor]:
    """Return the weights of a network on the CPU, offsets added: those of one without offsets."""
    state = {
        name: part.detach().cpu()
        for name, part in network.state_dict().items()
        if ".parametrizations." not in name
    }
    for name in network.synthesis.rows:
        state[f"synthesis.{name}.{_WEIGHT}"] = network.synthesis.layer(name).weight.detach().cpu()
    return state


def offsets_of(network: GeneratorNetwork) -> NetworkDirection:
    """Return what `tune_low_rank` added as a direction, whose strength 1 is the tuned network."""
    weights, factors = dict[str, Tensor](), dict[str, tuple[Tensor, Tensor]]()
    for name in network.synthesis.rows:
        held = network.synthesis.layer(name).get_submodule(f"parametrizations.{_WEIGHT}.0")
        if isinstance(held, LowRankSum):
            factors[name] = held.down.detach().cpu(), held.up.detach().cpu()
        elif isinstance(held, WholeSum):
            weights[name] = held.offset.detach().cpu()
    return NetworkDirection(weights, factors)
