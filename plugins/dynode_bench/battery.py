"""Every installed metric on spoiled clips: what each one sees, and what it is blind to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.generator import Generator, loaded
from dynode.measuring import measure
from dynode.plugins import Metric, Progress, silent
from dynode_bench.comparison import Cell, Comparison, Row
from dynode_bench.corruptions import CORRUPTIONS
from dynode_bench.variant import Budget
from dynode_bench.workers import one_line
from dynode_bench.world import World

_CLIPS = {"small": 12, "full": 48}
_FRAMES = 16
_STEP = 4  # every which frame is a picture, for metrics of pictures
_SEED = 80_000


def bench_metrics(
    generator: Generator | str | Path | None = None,
    *,
    methods: Sequence[str] = (),
    budget: Budget = "small",
    seed: int = 0,
    device: str | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Measure clips of a world as they are, and spoiled in eight ways, by every installed metric.

    Metrics of sets compare them with other clips of the world, metrics of pairs with the clips as they are;
    metrics of pictures see every fourth frame.

    Args:
        generator: One whose scorer knows the world behind it; the bundled one if absent.
        methods: Metrics by name; all installed ones if empty.
        budget: `small`: 12 clips of 16 frames; `full`: 48.
        seed: Seed of everything random; the same seed gives the same figures.
        device: Where to compute.
        progress: Called after every metric.

    Raises:
        UnknownNameError: No such metric.
        MissingWeightsError: Nobody knows the world behind the generator.
    """
    drawing = loaded(generator, device=device)
    shelf = plugins.registry().metrics
    asked = [shelf[name] for name in methods] or list(shelf)
    world = World.of(drawing, [], pictures=_CLIPS[budget], seed=seed)
    clips = _Clips.of(world, device)
    rows = []
    for metric in asked:
        rows.append(clips.row(metric))
        progress(len(rows), len(asked), metric.name)
    told = f"{world.pictures} of {_FRAMES} frames, {world.truth.fps:g} frames a second"
    spec = {k: v for k, v in world.spec(budget).items() if k != "pictures"} | {"clips": told}
    return Comparison("metrics", spec, rows, ("metric", "light blur", "shuffled frames"))


@dataclass(frozen=True)
class _Clips:
    """Clips as they are, others of the same world, and spoiled ones."""

    clean: Tensor
    others: Tensor
    spoiled: dict[str, Tensor]
    domain: str
    seed: int
    device: str | None

    @classmethod
    def of(cls, world: World, device: str | None) -> _Clips:
        clean, others = (
            world.clips(_FRAMES, seed=_SEED + 2 * world.seed + index) for index in (0, 1)
        )
        spoiled = {
            name: spoil(clean, torch.Generator().manual_seed(world.seed))
            for name, spoil in CORRUPTIONS.items()
        }
        return cls(clean, others, spoiled, world.generator.info.domain, world.seed, device)

    def row(self, metric: Metric) -> Row:
        """Measure everything by one metric: its first figure."""
        found: dict[str, float | None] = dict.fromkeys(("as it is", *CORRUPTIONS))
        note = ""
        try:
            for name, clips in {"as it is": self.clean, **self.spoiled}.items():
                found[name] = float(f"{self._figure(metric, clips):.5g}")
        except Exception as error:  # of a plugin
            note = one_line(error)
        told: dict[str, Cell] = {"metric": metric.name, "better": metric.better, **found}
        return told | {
            "blind to order": "yes" if is_blind(found, metric.better) else "",
            "note": note,
        }

    def _figure(self, metric: Metric, clips: Tensor) -> float:
        needs = metric.needs
        other = self.clean if needs.paired else self.others
        if needs.items == "pictures":
            clips, other = (each[:, ::_STEP].flatten(0, 1) for each in (clips, other))
        b = other if needs.reference else None
        found = measure(
            metric, clips, b, domain=self.domain, seed=self.seed, device=self.device, cache=False
        )
        return next(iter(found.values.values()))


def is_blind(figures: dict[str, float | None], better: str) -> bool:
    """Say whether a metric ranks shuffled frames above a light blur.

    Where neither direction is better, what is nearer to the figure of clips as they are ranks above.
    """
    clean, blurred = figures["as it is"], figures["light blur"]
    mixed = figures["shuffled frames"]
    if clean is None or blurred is None or mixed is None:
        return False
    if better:
        sign = 1 if better == "higher" else -1
        return sign * mixed > sign * blurred
    return abs(mixed - clean) < abs(blurred - clean)
