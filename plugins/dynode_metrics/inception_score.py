"""The inception score of class probabilities, of pictures and of clips."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from dynode_metrics.rows import CollectedRows, Embed

_SHUFFLE_SEED = 42


def inception_score(
    probabilities: Tensor, *, splits: int = 10, shuffled: bool = False
) -> tuple[float, float]:
    """Measure how sure a classifier is of each item, and how many classes there are.

    Split i holds rows ⌊i n / splits⌋ up to ⌊(i + 1) n / splits⌋.

    Args:
        probabilities: (n, classes), rows sum to 1.
        splits: Parts the score is computed of.
        shuffled: Shuffle the rows first by numpy's RandomState(42), as StyleGAN-V does for clips.

    Returns:
        Mean and population standard deviation over the splits.

    Source:
        Salimans et al. 2016, arXiv:1606.03498. Deviation: 0 log 0 is 0, where the published codes
        give NaN.
    """
    rows = probabilities.double().cpu()
    if shuffled:
        order = np.arange(len(rows))
        np.random.RandomState(_SHUFFLE_SEED).shuffle(order)
        rows = rows[torch.from_numpy(order)]
    scores = []
    for index in range(splits):
        part = rows[index * len(rows) // splits : (index + 1) * len(rows) // splits]
        mean = part.mean(0, keepdim=True)
        gains = torch.special.xlogy(part, part) - torch.special.xlogy(part, mean)
        scores.append(gains.sum(1).mean().exp())
    found = torch.stack(scores)
    return float(found.mean()), float(found.std(correction=0))


class InceptionMeasurement(CollectedRows):
    """The score of side A."""

    def __init__(
        self,
        embed: Embed,
        spec: Mapping[str, str],
        cache_key: str,
        *,
        name: str,
        splits: int,
        shuffled: bool,
    ) -> None:
        super().__init__(embed, spec, cache_key)
        self.spec = {**self.spec, "splits": f"{splits}{', rows shuffled' if shuffled else ''}"}
        self._name, self._splits, self._shuffled = name, splits, shuffled

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        mean, deviation = inception_score(self.a, splits=self._splits, shuffled=self._shuffled)
        return {self._name: mean, f"{self._name}-std": deviation}
