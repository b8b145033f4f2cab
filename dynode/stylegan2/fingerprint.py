"""A hash of a network's shape and weights, computed again only when the weights change."""

from __future__ import annotations

import hashlib
from typing import Any

import torch
from torch import nn

from dynode.stylegan2.network import GeneratorNetwork


class Fingerprint:
    """The fingerprint of one network.

    Values are hashed as float32, so that copies in float64 or on another device agree. Changes
    through `tensor.data` are not seen once a value was computed.
    """

    def __init__(self, network: GeneratorNetwork) -> None:
        self._network = network
        self._known: tuple[Any, str] | None = None

    def value(self) -> str:
        """Give the fingerprint, 64 hexadecimal digits."""
        now = stamp(self._network)
        if self._known is None or self._known[0] != now:
            self._known = now, hash_network(self._network)
        return self._known[1]

    def moved(self, network: GeneratorNetwork) -> Fingerprint:
        """Hand the value on to a copy in another type or on another device."""
        copy = Fingerprint(network)
        copy._known = stamp(network), self.value()
        return copy


def hash_network(network: GeneratorNetwork) -> str:
    """Hash config, names and values with SHA-256.

    A network that draws another's codes finer is known as that one: what is found for one fits the other.
    """
    config = network.config.refined or network.config
    finer = tuple(f"synthesis.b{r}." for r in network.config.resolutions if r > config.resolution)
    digest = hashlib.sha256(config.to_json().encode())
    for name, tensor in sorted(network.state_dict().items()):
        if finer and name.startswith(finer):
            continue
        values = tensor.detach().to(device="cpu", dtype=torch.float32).contiguous()
        digest.update(f"{name} {tuple(values.shape)}".encode())
        digest.update(values.numpy().data)
    return digest.hexdigest()


def stamp(network: nn.Module) -> Any:  # compared for equality only
    """Say which tensors a network has and how often each was written to."""
    # Asked for with every description of a generator: `network.parameters()` takes ten times as long.
    return tuple(
        (id(tensor), 0 if tensor.is_inference() else tensor._version)
        for module in network.modules()
        for tensor in (*module._parameters.values(), *module._buffers.values())
        if tensor is not None
    )
