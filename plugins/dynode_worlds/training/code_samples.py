"""Codes to train the generator on, and the factors whose picture each should give."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode_worlds.population import Population

_FREE_SHARE = 0.35
_BEYOND_SHARE, _BEYOND_CHANCE, _BEYOND = 0.25, 0.10, 0.4
_JITTER_SHARE, _JITTER = 0.25, 0.04


def draw_codes(
    people: Population, count: int, rows: int, random: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Draw rows of factors, as the layers see them, and the factors they should look like.

    Two thirds of the factors come from the population, a third are drawn without its correlations,
    for edits lead there. In a quarter of the codes some factors lie up to 0.4 beyond their range
    and should look like its end, so that too strong an edit stops instead of breaking. In another
    quarter the rows differ a little and should look as if they did not: what optimised and encoded
    codes are like.

    Args:
        people: The population.
        count: How many.
        rows: Rows of w+.
        random: Where they are drawn from.

    Returns:
        (count, rows, F), and (count, F) in [-1, 1].
    """
    width = len(people.names)
    kind = torch.rand(4, count, 1, generator=random)
    free = torch.rand(count, width, generator=random) * 2 - 1
    drawn = people.factors(torch.randn(count, width, generator=random))
    factors = torch.where(kind[0] < _FREE_SHARE, free, drawn)
    extent = 1 + _BEYOND * torch.rand(count, width, generator=random)
    leaves = torch.rand(count, width, generator=random) < _BEYOND_CHANCE
    leaves = leaves & (kind[1] < _BEYOND_SHARE)
    factors = torch.where(leaves, factors.sign(), factors)
    codes = torch.where(leaves, factors * extent, factors)[:, None].expand(-1, rows, -1)
    shake = torch.randn(count, rows, width, generator=random) * _JITTER
    return codes + shake * (kind[2] < _JITTER_SHARE)[:, :, None], factors
