"""Metrics: figures of merit of pictures or clips, measured a few items at a time."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from dynode.options import NoOptions
from dynode.plugins.methods import Plugin

if TYPE_CHECKING:
    import torch
    from torch import Tensor


@dataclass(frozen=True)
class Needs:
    """What a metric has to be given.

    Attributes:
        items: What one item is: a picture (3, h, w), or a clip (T, 3, h, w).
        reference: Whether there is a second side, B, that A is compared with.
        paired: Whether item i of A belongs to item i of B, and has its size.
        fewest: Items a side, at least.
        frames: Frames of every clip; 0 takes clips whole.
        step: Every which frame of a clip is taken.
    """

    items: Literal["pictures", "clips"] = "pictures"
    reference: bool = True
    paired: bool = False
    fewest: int = 1
    frames: int = 0
    step: int = 1


@dataclass(frozen=True)
class Setting:
    """What a metric is started in.

    Attributes:
        device: Where to compute.
        domain: What the generators among the sides draw; empty for files.
        seed: Seed of everything random.
    """

    device: torch.device | str = "cpu"
    domain: str = ""
    seed: int = 0


class Measurement(ABC):
    """One figure in the making: items go in a few at a time, nothing else is kept than is needed.

    Attributes:
        spec: What one has to know to compare the figure with another one, by name: the detector with
            its hash, how it resizes, how covariances are counted. Printed with every figure.
        cache_key: What `features` depends on; empty if features are not worth keeping.
    """

    spec: Mapping[str, str] = MappingProxyType({})
    cache_key: str = ""

    def features(self, items: Tensor) -> Tensor:
        """Turn items into what is measured; this is kept between runs where there is a `cache_key`.

        Args:
            items: Pictures (n, 3, h, w) or clips (n, T, 3, h, w), float in [-1, 1], RGB; not to be
                written into.

        Returns:
            (n, …): one part an item, which does not depend on the other items.
        """
        return items

    @abstractmethod
    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        """Take the features of the next items.

        Args:
            a: Of side A; of pairs with those of `b`, which belong to them; else alone.
            b: Of side B; None where they are A's alone.
        """

    @abstractmethod
    def compute(self) -> Mapping[str, float]:
        """Return the figures by name; they are finite."""


class Metric(Plugin):
    """A figure of merit of pictures or clips, alone or compared with others.

    Attributes:
        options: Dataclass of typed, documented options: they are the flags of `dynode metrics NAME`.
        needs: What it is given; see `needs_of`.
        better: Which figures are better: `lower`, `higher`, or empty where neither is.
        domains: Domains of generators it makes sense for; empty for any.
        blind_to_order: Whether it ranks a clip of shuffled frames above a lightly blurred one, as
            `dynode bench metrics` finds out; `dynode metrics list` says so.
    """

    options: ClassVar[type] = NoOptions
    needs: ClassVar[Needs] = Needs()
    better: ClassVar[Literal["lower", "higher", ""]] = "lower"
    domains: ClassVar[tuple[str, ...]] = ()
    blind_to_order: ClassVar[bool] = False

    def needs_of(self, options: Any) -> Needs:  # an instance of `self.options`
        """Say what it is given with these options: `needs`, with other numbers of items or frames."""
        return self.needs

    def __init_subclass__(cls) -> None:
        """Start metrics that were written for dynode 0.1, with `measure` alone."""
        super().__init_subclass__()
        if "measure" in vars(cls) and "start" not in vars(cls):
            setattr(cls, "start", _start_whole)  # noqa: B010  # methods are not assigned to

    @abstractmethod
    def start(self, options: Any, setting: Setting) -> Measurement:
        """Begin to measure: load what is needed.

        Args:
            options: An instance of `self.options`.
            setting: Device, domain and seed.

        Raises:
            MissingWeightsError: A file is needed and was not given; the message says which, and where
                it is to be had.
        """


class _WholeSets(Measurement):
    """A metric of dynode 0.1, which wants all pictures at once."""

    def __init__(self, metric: Any) -> None:  # a Metric with `measure`
        self._metric = metric
        self._a: list[Tensor] = []
        self._b: list[Tensor] = []

    def update(self, a: Tensor | None, b: Tensor | None) -> None:
        self._a += [] if a is None else [a]
        self._b += [] if b is None else [b]

    def compute(self) -> Mapping[str, float]:
        import torch

        return {self._metric.name: self._metric.measure(torch.cat(self._a), torch.cat(self._b))}


def _start_whole(metric: Metric, options: Any, setting: Setting) -> Measurement:
    warnings.warn(
        f"metric {metric.name!r} defines measure(images, reference), which goes away in dynode 0.3; "
        f"define start(options, setting), which returns a dynode.Measurement",
        DeprecationWarning,
        stacklevel=3,
    )
    return _WholeSets(metric)
