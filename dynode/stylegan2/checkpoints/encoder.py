"""The layout of encoder and mapper checkpoints (pSp, e4e, ReStyle, StyleCLIP): a `decoder.` inside.

Only the generator is read here; the encoder belongs to the plugin that uses it.
"""

from __future__ import annotations

import re

from dynode.stylegan2.checkpoints import rosinality
from dynode.stylegan2.checkpoints.collecting import Plan
from dynode.weights import OpenWeights
from dynode.weights.refusals import unsupported
from dynode.weights.unwrapping import tensor_groups

LAYOUT = "encoder"
_OTHERS = re.compile(r"(.+\.)?(encoder|mapper)\.")


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return bool(rosinality.decoders(weights)) or any(
        _OTHERS.match(name) for group in tensor_groups(weights.content) for name in group.tensors
    )


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator that such a file carries.

    Raises:
        UnsupportedCheckpointError: It carries none.
    """
    found = rosinality.decoders(weights)
    if not found:
        raise unsupported(
            weights.path,
            "it holds an encoder or mapper and no generator ('decoder.')",
            "give the generator's own checkpoint",
        )
    return rosinality.generator_plan(weights, found[0], "decoder")


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find no discriminator: such files carry none of StyleGAN2."""
    return None
