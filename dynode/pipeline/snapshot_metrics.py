"""Metrics of a training: every snapshot is measured when it appears, and its figures are logged."""

from __future__ import annotations

import json
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from dynode import plugins
from dynode.errors import DynodeError, OptionError
from dynode.measuring.measurement import measure
from dynode.measuring.opening import open_side
from dynode.measuring.side import Drawing
from dynode.options import build_options
from dynode.plugins.methods import Progress
from dynode.plugins.metric import Metric, Setting

METRICS_LOG = "metrics.jsonl"
_SNAPSHOT = re.compile(r"snapshot-(\d+)\.safetensors")


@dataclass(frozen=True)
class Asked:
    """A metric with the options a user gave.

    Attributes:
        text: What the user typed; figures are logged under it.
        metric: The metric.
        options: Its options by name.
    """

    text: str
    metric: Metric
    options: Mapping[str, Any]

    @classmethod
    def of(cls, text: str) -> Asked:
        """Read `NAME` or `NAME:option=value:option=value`.

        Raises:
            UnknownNameError: No such metric.
            OptionError: An option without a value, or a metric of pairs.
        """
        name, *given = text.strip().split(":")
        metric = plugins.registry().metrics[name]
        for part in given:
            if "=" not in part:
                raise OptionError(
                    f"--metrics has {part!r} behind {name}; expected OPTION=VALUE, such as "
                    f"fid:weights=inception.pth"
                )
        pairs = [part.split("=", 1) for part in given]
        options = {key.strip("-").replace("-", "_"): value for key, value in pairs}
        if metric.needs.paired:
            raise OptionError(
                f"{name} compares pairs, and what a generator draws belongs to no picture of the data; "
                f"take a metric of sets (dynode metrics list)"
            )
        return cls(text.strip(), metric, options)


@dataclass
class SnapshotMetrics:
    """Measures snapshots of a run; one of several processes does.

    What was measured before a run was killed is not measured again.

    Attributes:
        asked: The metrics.
        folder: The run's.
        data: What the generator learns from: the second side of metrics that compare.
        device: Where to compute.
        seed: Seed of what is drawn.
        count: Items a side; None for all there are.
    """

    asked: Sequence[Asked]
    folder: Path
    data: str
    device: torch.device
    seed: int
    count: int | None = None
    _seen: set[str] = field(default_factory=set)

    def check(self) -> None:
        """Refuse before the training what could not be measured after it.

        Raises:
            MissingWeightsError: A metric needs a file that was not given.
            MediaError: The data are not what a metric takes.
            OptionError: Fewer items than asked for, or options that do not fit.
        """
        setting = Setting(self.device, Path(self.data).stem, self.seed)
        for one in self.asked:
            chosen = build_options(one.metric.options, one.options, owner=one.metric.name)
            one.metric.start(chosen, setting)
            needs = one.metric.needs_of(chosen)
            if not needs.reference:
                continue
            side = open_side(self.data, needs, Drawing(self.device, self.seed))
            if self.count is not None and side.count is not None and self.count > side.count:
                raise OptionError(
                    f"--metrics-count is {self.count}, and there are only {side.count} {side.told}; take "
                    f"{side.count} or fewer"
                )

    def watching(self, progress: Progress) -> Progress:
        """Look for new snapshots after every step."""

        def report(done: int, total: int, message: str = "") -> None:
            progress(done, total, message)
            self.catch_up()

        return report

    def catch_up(self) -> None:
        """Measure the snapshots that were not measured yet."""
        if int(os.environ.get("RANK", "0")) > 0 or not self.folder.is_dir():
            return
        found = [_SNAPSHOT.fullmatch(name) for name in sorted(os.listdir(self.folder))]
        new = [match for match in found if match and match[0] not in self._seen]
        for match in new:
            self._seen.add(match[0])
            self.measure(int(match[1]), self.folder / match[0])

    def measure(self, step: int, generator: Path) -> None:
        """Measure a generator by all metrics, and log the figures; a failure is a warning."""
        known = self._logged()
        for one in self.asked:
            if (step, one.text) in known:
                continue
            b = self.data if one.metric.needs.reference else None
            try:
                found = measure(
                    one.metric,
                    generator,
                    b,
                    count=self.count,
                    seed=self.seed,
                    device=str(self.device),
                    **one.options,
                )
            except DynodeError as error:
                warnings.warn(f"step {step} is not measured: {error}", stacklevel=2)
                continue
            line = {"step": step, "asked": one.text, **found.document()}
            with (self.folder / METRICS_LOG).open("a", encoding="utf-8") as log:
                log.write(json.dumps(line) + "\n")

    def _logged(self) -> set[tuple[int, str]]:
        path = self.folder / METRICS_LOG
        found = set()
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            try:
                read = json.loads(line)
                found.add((int(read["step"]), str(read["asked"])))
            except (ValueError, KeyError, TypeError):  # half-written when the run was killed
                continue
        return found
