"""Where a training starts: at the weights of another network, with some of them held."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from dynode.errors import OptionError


@torch.no_grad()
def copy_matching(network: nn.Module, state: Mapping[str, Tensor]) -> list[str]:
    """Copy the weights whose names and shapes are a network's own.

    Returns:
        Names of the network's weights that were not copied.
    """
    missed = []
    for name, part in network.state_dict().items():
        given = state.get(name)
        if given is not None and given.shape == part.shape:
            part.copy_(given)
        else:
            missed.append(name)
    return missed


@torch.no_grad()
def new_channels(network: nn.Module, name: str, given: Tensor, axis: int, *, scale: float) -> None:
    """Copy a weight into the first channels of a wider one; the further ones become 0.

    Args:
        network: Whose weight is set.
        name: Of the weight.
        given: The narrower weight.
        axis: Which axis is wider.
        scale: Factor that makes up for an equalised learning rate of another width.
    """
    part = network.state_dict()[name]
    part.zero_()
    part.narrow(axis, 0, given.shape[axis]).copy_(given * scale)


def freeze_blocks(discriminator: nn.Module, count: int) -> None:
    """Hold the largest blocks of a discriminator (freeze-D, Mo et al. 2020, arXiv:2002.10964).

    Raises:
        OptionError: It has fewer.
    """
    names = {name for name, _ in discriminator.named_modules() if re.search(r"(^|\.)b\d+$", name)}
    sized = sorted(names, key=lambda name: int(name.rpartition("b")[2]), reverse=True)
    if count >= len(sized):
        raise OptionError(
            f"--freeze-d is {count}; the discriminator has {len(sized)} blocks, of which one at least "
            "is trained"
        )
    for name in sized[:count]:
        discriminator.get_submodule(name).requires_grad_(False)


def identity_of(start: str | None) -> str:
    """Say which generator a run began from: what a continued one has to have again."""
    if start is None or not Path(start).is_file():
        return start or ""
    with Path(start).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
