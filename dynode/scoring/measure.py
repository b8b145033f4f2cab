"""How strongly an edit moved every attribute that can be measured."""

from __future__ import annotations

import torch
from torch import Tensor

from dynode import plugins
from dynode.generator.protocol import GeneratorInfo
from dynode.plugins.boundary import at_work, score_pictures
from dynode.plugins.loaded import ScorerModel


def load_scorer(info: GeneratorInfo, device: torch.device | str) -> ScorerModel | None:
    """Load the scorer of a generator's domain; None if no plugin brings one."""
    for scorer in plugins.registry().scorers:
        if info.domain in scorer.domains:
            with at_work(f"scorer {scorer.name!r}"):
                return scorer.load(device)
    return None


def attribute_changes(scorer: ScorerModel, before: Tensor, after: Tensor) -> Tensor:
    """Measure the change of every attribute.

    Args:
        scorer: What measures.
        before: (n, 3, h, w) float in [-1, 1].
        after: Likewise.

    Returns:
        (n, attributes), in standard deviations over the generator's population.
    """
    with torch.inference_mode():
        moved = score_pictures(scorer, after) - score_pictures(scorer, before)
    return moved / torch.tensor(scorer.deviations, device=moved.device, dtype=moved.dtype)
