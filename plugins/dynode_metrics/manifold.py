"""Precision and recall: how much of each set lies near the other one."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import Any

from dynode.errors import OptionError, UsageError
from dynode_metrics.rows import CollectedRows, Embed


class ManifoldMeasurement(CollectedRows):
    """Precision, recall, density and coverage, by the package `prdc`.

    Side B is the real one.

    Source:
        Kynkäänniemi et al. 2019, arXiv:1904.06991; Naeem et al. 2020, arXiv:2002.09797.
    """

    def __init__(
        self, embed: Embed, spec: Mapping[str, str], cache_key: str, *, nearest: int
    ) -> None:
        super().__init__(embed, spec, cache_key)
        self.spec = {**self.spec, "neighbours": str(nearest)}
        self._nearest = nearest
        _prdc()  # told before features are computed

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        fewest = min(len(self.a), len(self.b))
        if fewest <= self._nearest + 1:
            raise OptionError(
                f"precision-recall has {fewest} items on a side for {self._nearest} neighbours; give more "
                f"items, or a smaller --nearest"
            )
        with contextlib.redirect_stdout(io.StringIO()):  # it prints the counts
            found = _prdc()(self.b.numpy(), self.a.numpy(), nearest_k=self._nearest)
        return {name: float(found[name]) for name in ("precision", "recall", "density", "coverage")}


def _prdc() -> Callable[..., Any]:  # the package has no types
    try:
        from prdc import compute_prdc
    except ImportError as error:
        raise UsageError(
            "precision-recall needs the package prdc; install it with pip install 'dynode-gan[metrics]'"
        ) from error
    found: Callable[..., Any] = compute_prdc
    return found
