"""Choosing how relevant a style channel must be to move."""

from __future__ import annotations

from torch import Tensor

from dynode.errors import OptionError

_TRIED = tuple(0.1 + 0.01 * index for index in range(20))


def beta_for(relevance: Tensor, channels: int) -> float:
    """Return the threshold that leaves as many channels, or all that are relevant at all.

    Args:
        relevance: Absolute relevance (m,) of every channel.
        channels: How many to leave.

    Raises:
        OptionError: No channel is relevant at all.
    """
    ranked = relevance[relevance > 0].sort(descending=True).values
    if not len(ranked):
        raise OptionError(
            "no style channel has anything to do with the text; expected some that do; give other "
            "--layers, or another --text"
        )
    return float(ranked[min(channels, len(ranked)) - 1])


def published_beta(relevance: Tensor, channels: int) -> float:
    """Return the threshold that the published tool starts with.

    Args:
        relevance: Absolute relevance (m,) of every channel.
        channels: The threshold leaves more than these; 20 for FFHQ there, 100 for other pictures.

    Returns:
        The largest of 0.1, 0.11, ..., 0.29 that leaves enough, else 0.1.

    Source:
        The interactive tool of the published StyleCLIP code.
    """
    enough = [beta for beta in _TRIED if int((relevance >= beta).sum()) > channels]
    return max(enough, default=_TRIED[0])
