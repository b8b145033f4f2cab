"""Two networks of one shape joined: shares of each by resolution, the way between them, their kinship."""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping

import torch
from torch import Tensor

from dynode.direction import NetworkDirection, StyleShift
from dynode.stylegan2 import GeneratorNetwork, StyleGAN2

MAPPING = "mapping"
_BUFFER = "noise_const"


def shares_by_resolution(
    network: GeneratorNetwork, resolution: int, soft: int, amount: float
) -> dict[str, float]:
    """Say how much of the second network each part has: its blocks from a resolution on.

    Args:
        network: Either one.
        resolution: First block that is wholly of the second, by its name.
        soft: Blocks below, over which its share fades evenly to nothing.
        amount: Multiplies all shares.

    Source:
        Pinkney and Adler 2020, Resolution dependent GAN interpolation, arXiv:2010.05334.
    """
    shares = {MAPPING: 0.0}
    for block in network.config.resolutions:
        below = max(0.0, math.log2(resolution / block))
        shares[f"b{block}"] = amount * max(0.0, 1 - below / (soft + 1))
    return shares


def joined(
    first: GeneratorNetwork, second: GeneratorNetwork, shares: Mapping[str, float]
) -> GeneratorNetwork:
    """Make a network whose weights lie between those of two; neither is modified.

    A share of 0 or 1 takes the weights of one exactly. Stored noise is not mixed, for mixed noise is
    weaker: it is that of the network with the larger share.

    Args:
        first: Share 0.
        second: Share 1; a part that it has not, or of another shape, is that of the first.
        shares: By part: `mapping`, `b4`, `b8` and so on.
    """
    made = copy.deepcopy(first)
    theirs = second.state_dict()
    with torch.no_grad():
        for name, part in made.state_dict().items():
            share = shares.get(part_of(name), 0.0)
            if not _has(theirs, name, part):
                continue
            other = theirs[name].to(part)
            if name.endswith(_BUFFER):
                part.copy_(other if share >= 0.5 else part)
            else:
                part.copy_(torch.lerp(part, other, share))
    return made


def part_of(name: str) -> str:
    """Return the part of a network that a weight belongs to: `mapping`, `b4`, `b8` and so on."""
    parts = name.split(".")
    return parts[1] if parts[0] == "synthesis" else parts[0]


def _has(state: Mapping[str, Tensor], name: str, part: Tensor) -> bool:
    return name in state and state[name].shape == part.shape


def kinship(first: GeneratorNetwork, second: GeneratorNetwork) -> float:
    """Say how alike the convolutions of two networks are: the cosine of all their weights.

    Near 1 for a network and what was fine-tuned from it, near 0 for two that were trained apart.
    """
    dot = own = other = 0.0
    for name in first.synthesis.rows:
        a = first.synthesis.layer(name).weight.detach().double()
        b = second.synthesis.layer(name).weight.detach().to(a)
        if a.shape != b.shape:  # where motion enters
            continue
        dot += float((a * b).sum())
        own += float(a.square().sum())
        other += float(b.square().sum())
    return dot / math.sqrt(own * other) if own and other else 0.0


def way_between(
    first: GeneratorNetwork, second: GeneratorNetwork, shares: Mapping[str, float]
) -> tuple[NetworkDirection, list[str]]:
    """Find what of a blend codes can carry: offsets of weights, and of the styles.

    Returns:
        The direction, whose strength 1 is the blend; and the names of what else differs.
    """
    weights, styles = dict[str, Tensor](), dict[str, StyleShift]()
    for name, row in first.synthesis.rows.items():
        share = shares[name.split(".")[0]]
        a, b = first.synthesis.layer(name), second.synthesis.layer(name)
        if share == 0:
            continue
        change = share * (b.weight.detach().to(a.weight) - a.weight.detach())
        if bool(change.any()):
            weights[name] = change
        weight = share * (b.affine.weight.detach().to(a.weight) - a.affine.weight.detach())
        bias = share * (b.affine.bias.detach().to(a.weight) - a.affine.bias.detach())
        if bool(weight.any()) or bool(bias.any()):
            styles[name] = StyleShift(
                row, weight * a.affine.weight_scale, bias * a.affine.bias_scale
            )
    return NetworkDirection(weights, styles=styles), _left_out(first, second, shares)


def _left_out(
    first: GeneratorNetwork, second: GeneratorNetwork, shares: Mapping[str, float]
) -> list[str]:
    theirs = second.state_dict()
    return [
        name
        for name, part in first.state_dict().items()
        if shares.get(part_of(name), 0.0) != 0
        and (".affine." not in name and not name.endswith("torgb.weight"))
        and not (name.startswith("synthesis.") and name.endswith(("conv0.weight", "conv1.weight")))
        and _has(theirs, name, part)
        and not torch.equal(part, theirs[name].to(part))
    ]


def joined_generator(
    first: StyleGAN2, second: StyleGAN2, shares: Mapping[str, float], name: str
) -> StyleGAN2:
    """Make the generator of two joined networks; what it draws and how it is cropped is the first's."""
    network = joined(first.network, second.to(first.device, first.dtype).network, shares)
    ours, theirs = first.info, second.info
    licences = dict.fromkeys((ours.licence, theirs.licence))
    licence = "unknown" if "unknown" in licences else " AND ".join(licences)
    source = f"{ours.name} ({ours.fingerprint[:12]}) and {theirs.name} ({theirs.fingerprint[:12]})"
    return first.with_network(network, name=name, licence=licence, source=f"blend of {source}")
