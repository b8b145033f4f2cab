"""The layout of encoder and mapper checkpoints (pSp, e4e, ReStyle, StyleCLIP): a `decoder.` inside.

Only the generator is read here; the encoder belongs to the plugin that uses it.
"""

from __future__ import annotations

from dynode.stylegan2.checkpoints import rosinality
from dynode.stylegan2.checkpoints.collecting import Plan
from dynode.weights import OpenWeights, StoredTensor, is_state_dict
from dynode.weights.refusals import unsupported

LAYOUT = "encoder"
_PREFIX = "decoder."


def matches(weights: OpenWeights) -> bool:
    """Tell whether a file is of this layout."""
    return bool(_decoder(weights)) or _has_encoder(weights)


def _state(weights: OpenWeights) -> dict[str, StoredTensor]:
    content = weights.content
    state = content.get("state_dict") if isinstance(content, dict) else None
    return dict(state) if is_state_dict(state) else {}


def _decoder(weights: OpenWeights) -> dict[str, StoredTensor]:
    state = _state(weights)
    found = {k.removeprefix(_PREFIX): v for k, v in state.items() if k.startswith(_PREFIX)}
    return found if rosinality.is_generator(found) else {}


def _has_encoder(weights: OpenWeights) -> bool:
    return any(key.startswith(("encoder.", "mapper.")) for key in _state(weights))


def plan_generator(weights: OpenWeights) -> Plan | None:
    """Find the generator that such a file carries.

    Raises:
        UnsupportedCheckpointError: It carries none.
    """
    decoder = _decoder(weights)
    if not decoder:
        raise unsupported(
            weights.path,
            "it holds an encoder or mapper and no generator ('decoder.')",
            "give the generator's own checkpoint",
        )
    content = weights.content
    mean = content.get("latent_avg") if isinstance(content, dict) else None
    mean = mean if isinstance(mean, StoredTensor) else None
    return rosinality.generator_plan(weights, decoder, mean, "decoder")


def plan_discriminator(weights: OpenWeights) -> Plan | None:
    """Find no discriminator: such files carry none of StyleGAN2."""
    return None
