"""What every metric promises: figures that do not depend on how the items were handed over."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from dynode.errors import MissingWeightsError
from dynode.options import build_options
from dynode.plugins.metric import Measurement, Metric, Needs, Setting
from dynode.testing.comparing import assert_same
from dynode.testing.plugin_check import NotApplicable, remedy
from dynode.testing.trial import quietly, same_settings

_COUNT, _SIDE_PX, _FRAMES = 8, 64, 12
# Sums in another order, and roots of nearly singular matrices, which lose half of the digits.
_TOLERANCE = 2e-3


class MetricTrial:
    """A metric, and items to measure: smooth pictures, or clips of one that wanders."""

    def __init__(self, metric: Metric, options: Mapping[str, Any]) -> None:
        """Keep the metric.

        Args:
            metric: The metric.
            options: Its options by name, besides its `check_options`.
        """
        self.metric = metric
        values = {**metric.check_options, **options}
        self.options = build_options(metric.options, values, owner=metric.name)

    @property
    def needs(self) -> Needs:
        """What the metric has to be given."""
        return self.metric.needs_of(self.options)

    @cached_property
    def items(self) -> Tensor:
        """As many items as are needed."""
        random = torch.Generator().manual_seed(5)
        count = max(_COUNT, self.needs.fewest)
        coarse = torch.rand(count, 3, 6, 6, generator=random) * 2 - 1
        size = (_SIDE_PX, _SIDE_PX)
        pictures = functional.interpolate(coarse, size=size, mode="bicubic").clamp(-1, 1)
        if self.needs.items == "pictures":
            return pictures
        times = range(self.needs.frames or _FRAMES)
        return torch.stack([pictures.roll(round(3 * math.sin(t)), 3) for t in times], dim=1)

    def start(self, device: torch.device | str = "cpu") -> Measurement:
        """Start a measurement, in the first of the metric's domains."""
        domain = (*self.metric.domains, "")[0]
        try:
            return self.metric.start(self.options, Setting(device=device, domain=domain))
        except MissingWeightsError as error:
            raise NotApplicable(f"it needs a file, options={{…}}: {error}") from error

    def figures(
        self, a: Tensor, b: Tensor, batch: int, *, device: torch.device | str = "cpu"
    ) -> dict[str, float]:
        """Measure, `batch` items at a time; that there are few of them is no finding."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return self._figures(self.start(device), a, b, batch)

    def _figures(self, running: Measurement, a: Tensor, b: Tensor, batch: int) -> dict[str, float]:
        sides = zip(a.split(batch), b.split(batch), strict=True)
        if self.needs.paired:
            for left, right in sides:
                running.update(running.features(left), running.features(right))
            return dict(running.compute())
        for part in a.split(batch):
            running.update(running.features(part), None)
        for part in b.split(batch) if self.needs.reference else ():
            running.update(None, running.features(part))
        return dict(running.compute())


@remedy(
    "set summary to one line, needs to dynode.Needs(…), better to 'lower', 'higher' or ''; let needs_of "
    "change the numbers of needs alone"
)
def a_metric_says_what_it_is(trial: MetricTrial) -> None:
    """It has a summary of one line, says what it needs, and which figures are better."""
    metric = trial.metric
    assert metric.summary.strip() and "\n" not in metric.summary, "no summary"
    assert isinstance(trial.needs, Needs), f"needs is a {type(trial.needs).__name__}"
    told, needed = metric.needs, trial.needs
    same = (told.items, told.reference, told.paired) == (
        needed.items,
        needed.reference,
        needed.paired,
    )
    assert same, f"needs says {told}, and needs_of(options) {needed}"
    assert not (trial.needs.paired and not trial.needs.reference), "pairs without a reference"
    assert metric.better in ("lower", "higher", ""), f"better is {metric.better!r}"


@remedy("return {'name': float(…)} from compute(), finite for any pictures; print nothing")
def figures_are_finite_numbers(trial: MetricTrial) -> None:
    """The figures are finite floats by name, the specification is text, and nothing is printed."""
    with quietly() as printed:
        found = trial.figures(trial.items, trial.items.flip(-1), 3)
        spec = trial.start().spec
    assert found, "there are no figures"
    for name, value in found.items():
        assert isinstance(value, float), f"{name} is a {type(value).__name__}, expected a float"
        assert math.isfinite(value), f"{name} is {value}"
    assert all(isinstance(part, str) for pair in spec.items() for part in pair), "spec is no text"
    assert not printed.getvalue(), f"it printed {printed.getvalue()[:60]!r}"


@remedy("add up in update(); leave statistics of the batch out of features(), and call .eval()")
def batches_do_not_matter(trial: MetricTrial) -> None:
    """Items one by one give the figures of all at once, up to rounding."""
    others = trial.items.flip(-1) * 0.5 - 0.2
    alone, together = (trial.figures(trial.items, others, n) for n in (1, len(others)))
    assert set(alone) == set(together), f"figures {sorted(alone)} and {sorted(together)}"
    for name, value in together.items():
        allowed = _TOLERANCE * max(1.0, abs(value))
        assert abs(alone[name] - value) <= allowed, f"{name}: {alone[name]} one by one, {value}"


@remedy(
    "add up in update(); where the order is part of the definition, declare it as expected failure"
)
def the_order_does_not_matter(trial: MetricTrial) -> None:
    """Items in another order, pairs kept together, give the same figures, up to rounding."""
    others = trial.items.flip(-1) * 0.5 - 0.2
    order = torch.randperm(len(others), generator=torch.Generator().manual_seed(3))
    first = trial.figures(trial.items, others, 3)
    mixed = trial.figures(trial.items[order], others[order], 3)
    for name, value in first.items():
        allowed = _TOLERANCE * max(1.0, abs(value))
        assert abs(mixed[name] - value) <= allowed, (
            f"{name}: {mixed[name]} in another order, {value}"
        )


@remedy("draw random numbers from torch.Generator().manual_seed(setting.seed)")
def measuring_leaves_torch_as_it_is(trial: MetricTrial) -> None:
    """No setting of torch and no global random state changes, and none changes the figures."""
    known = list[dict[str, float]]()

    def measure() -> None:
        known.append(trial.figures(trial.items, trial.items.flip(-1), 4))

    with same_settings(first=measure):
        measure()
    assert known[0] == known[1], "the figures follow the global random state"


@remedy("draw random numbers from a generator of your own, and work on copies")
def measuring_changes_nothing(trial: MetricTrial) -> None:
    """The same items give the same figures again, and are not written into."""
    before = trial.items.clone()
    first = trial.figures(trial.items, before.flip(-1), 4)
    assert trial.figures(trial.items, before.flip(-1), 4) == first, "measuring twice differs"
    assert_same(trial.items, before, "the items")


@remedy("compare the items: quite different ones cannot measure the same")
def a_metric_tells_items_apart(trial: MetricTrial) -> None:
    """The same items, and ones that are darker, noisy and out of order, have different figures."""
    random = torch.Generator().manual_seed(7)
    worse = trial.items * 0.3 + 0.3 * torch.randn(trial.items.shape, generator=random) - 0.4
    if trial.needs.items == "clips":
        worse = worse[:, torch.randperm(worse.shape[1], generator=random)]
    same = trial.figures(trial.items, trial.items, 4)
    assert same != trial.figures(worse.clamp(-1, 1), trial.items, 4), f"both are {same}"


CHECKS = (
    a_metric_says_what_it_is,
    figures_are_finite_numbers,
    batches_do_not_matter,
    the_order_does_not_matter,
    measuring_leaves_torch_as_it_is,
    measuring_changes_nothing,
    a_metric_tells_items_apart,
)
