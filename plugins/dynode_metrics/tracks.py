"""How a clip moves: what is followed over time, and the figures of such tracks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import torch
from torch import Tensor

from dynode import Measurement
from dynode.errors import OptionError

_FEWEST = 4
_BINS = 200
_FASTEST = 1.0


class TrackMeasurement(Measurement):
    """What measurements of tracks share.

    Args:
        follow: Pictures (n, 3, h, w) to what is followed (n, k).
        spec: See `Measurement`.
        cache_key: See `Measurement`.
    """

    def __init__(
        self, follow: Callable[[Tensor], Tensor], spec: Mapping[str, str], cache_key: str
    ) -> None:
        self._follow, self.spec, self.cache_key = follow, dict(spec), cache_key

    def features(self, items: Tensor) -> Tensor:
        """Follow clips (n, T, 3, h, w): (n, T, k)."""
        n, frames = items.shape[:2]
        if frames < _FEWEST:
            raise OptionError(
                f"a clip has {frames} frames, jerk needs {_FEWEST}; give a longer clip"
            )
        with torch.inference_mode():
            parts = [self._follow(part) for part in items.flatten(0, 1).split(32)]
        found: Tensor = torch.cat(parts).float().cpu().unflatten(0, (n, frames))
        return found


def spring_index(track: Tensor) -> Tensor:
    """Tell how much a motion undoes itself, like a spring.

    At a lag of k frames, steps d = x(t) − x(t − k) and e = x(t + k) − x(t) are compared:
    −Σ d·e / ½ Σ (|d|² + |e|²). The index is the largest over all lags up to a third of the clip: −1 for a
    straight motion, about 0 for a random walk, ½ for a motion that has forgotten where it was, 1 where
    every step is taken back. A clip without motion has 0.

    Args:
        track: (T, k), T at least 4.

    Returns:
        The index, a scalar.

    Source:
        Ours; it puts a figure to issue 19 of StyleGAN-V, faces that swing back to where they were.
    """
    x, found = track.double(), []
    for lag in range(1, max(2, len(x) // 3 + 1)):
        before, after = x[lag:-lag] - x[: -2 * lag], x[2 * lag :] - x[lag:-lag]
        if not len(before):
            break
        size = (before.square().sum() + after.square().sum()) / 2
        found.append(-(before * after).sum() / size.clamp(min=1e-12))
    return torch.stack(found).max()


class JerkMeasurement(TrackMeasurement):
    """Mean absolute first, second and third differences of a track, a frame."""

    def __init__(
        self, follow: Callable[[Tensor], Tensor], spec: Mapping[str, str], cache_key: str
    ) -> None:
        super().__init__(follow, spec, cache_key)
        self._sums, self._counts = torch.zeros(3, dtype=torch.float64), torch.zeros(3)

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None
        for order in range(3):
            steps = a.double().diff(n=order + 1, dim=1).abs()
            self._sums[order] += steps.sum()
            self._counts[order] += steps.numel()

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        speed, acceleration, jerk = (self._sums / self._counts).tolist()
        return {"jerk": jerk, "acceleration": acceleration, "speed": speed}


class SpringMeasurement(TrackMeasurement):
    """The mean spring index of clips; see `spring_index`."""

    def __init__(
        self, follow: Callable[[Tensor], Tensor], spec: Mapping[str, str], cache_key: str
    ) -> None:
        super().__init__(follow, spec, cache_key)
        self._indices: list[float] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None
        self._indices += [float(spring_index(track)) for track in a]

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        return {"spring-index": sum(self._indices) / len(self._indices)}


class MotionMeasurement(TrackMeasurement):
    """Earth mover's distance of the histograms of velocity and of acceleration.

    Histograms have 200 bins over [-1, 1] standard deviations (or units of what is followed) a frame for
    every coordinate; the distance is the mean over coordinates.
    """

    def __init__(
        self, follow: Callable[[Tensor], Tensor], spec: Mapping[str, str], cache_key: str
    ) -> None:
        super().__init__(follow, spec, cache_key)
        self.spec = {**self.spec, "histograms": f"{_BINS} bins"}
        self._counts: dict[tuple[str, int], Tensor] = {}

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        for side, tracks in (("a", a), ("b", b)):
            for order in (1, 2) if tracks is not None else ():
                assert tracks is not None
                steps = tracks.diff(n=order, dim=1).flatten(0, 1)
                before = self._counts.get((side, order), 0)
                self._counts[side, order] = before + _histograms(steps)

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        orders = {1: "velocity", 2: "acceleration"}
        return {
            name: _earth_mover(self._counts["a", order], self._counts["b", order])
            for order, name in orders.items()
        }


def _histograms(steps: Tensor) -> Tensor:
    """Count (n, k) steps: (k, bins)."""
    place = ((steps / _FASTEST + 1) / 2 * _BINS).floor().clamp(0, _BINS - 1).long()
    counts = torch.zeros(steps.shape[1], _BINS, dtype=torch.float64)
    return counts.scatter_add_(1, place.T, torch.ones_like(place.T, dtype=torch.float64))


def _earth_mover(a: Tensor, b: Tensor) -> float:
    heights = [counts.cumsum(1) / counts.sum(1, keepdim=True) for counts in (a, b)]
    width = 2 * _FASTEST / _BINS
    return float((heights[0] - heights[1]).abs().sum(1).mean() * width)


Reach = Literal["adjacent", "all"]


def frame_similarity(track: Tensor, reach: Reach) -> Tensor:
    """Average the cosines of features (T, d) of neighbouring frames, or of all pairs of frames."""
    unit = torch.nn.functional.normalize(track.double(), dim=1)
    if reach == "adjacent":
        return (unit[1:] * unit[:-1]).sum(1).mean()
    count = len(unit)
    return (unit.sum(0).square().sum() - count) / (count * (count - 1))


class ConsistencyMeasurement(TrackMeasurement):
    """Identity over time of an edited clip relative to its original; 1 is as steady as that.

    Source:
        Tzaban et al. 2022, Stitch it in Time, arXiv:2201.08361 (TL-ID, TG-ID). Deviation: the ratio of
        the means over a clip, not the mean of the ratios, so that no single pair rules.
    """

    def __init__(
        self,
        follow: Callable[[Tensor], Tensor],
        spec: Mapping[str, str],
        cache_key: str,
        *,
        name: str,
        reach: Reach,
    ) -> None:
        super().__init__(follow, spec, cache_key)
        self._name, self._reach = name, reach
        self._ratios: list[float] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None and b is not None
        for edited, original in zip(a, b, strict=True):
            base = float(frame_similarity(original, self._reach))
            if base <= 0:
                raise OptionError(
                    f"{self._name}: the frames of the original do not look alike at all to the embedding "
                    f"(cosine {base:.2f}); use an embedding of what the clip shows"
                )
            self._ratios.append(float(frame_similarity(edited, self._reach)) / base)

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        return {self._name: sum(self._ratios) / len(self._ratios)}


class SteadinessMeasurement(TrackMeasurement):
    """Mean cosine of the embeddings of neighbouring frames."""

    def __init__(
        self,
        follow: Callable[[Tensor], Tensor],
        spec: Mapping[str, str],
        cache_key: str,
        *,
        name: str,
    ) -> None:
        super().__init__(follow, spec, cache_key)
        self._name = name
        self._found: list[float] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """See `Measurement.update`."""
        assert a is not None
        self._found += [float(frame_similarity(track, "adjacent")) for track in a]

    def compute(self) -> Mapping[str, float]:
        """See `Measurement.compute`."""
        return {self._name: sum(self._found) / len(self._found)}
