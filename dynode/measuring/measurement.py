"""Measure sides by a metric: a few items at a time, and no features twice."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dynode import plugins
from dynode.devices import default_device, resolve_device
from dynode.errors import MediaError, OptionError, PluginError, UsageError
from dynode.measuring.figures import Figures
from dynode.measuring.kept import Group, KeptFeatures
from dynode.measuring.opening import Source, open_side
from dynode.measuring.side import Drawing, Side
from dynode.options import build_options
from dynode.plugins.boundary import at_work
from dynode.plugins.methods import Progress, silent
from dynode.plugins.metric import Measurement, Metric, Needs, Setting

_PICTURES_AT_ONCE, _FRAMES_AT_ONCE = 32, 128
_DRAWN_PICTURES, _DRAWN_CLIPS = 1000, 16


def measure(
    metric: str | Metric,
    a: Source,
    b: Source | None = None,
    *,
    count: int | None = None,
    seed: int = 0,
    truncation: float | None = None,
    resolution: int | None = None,
    domain: str = "",
    device: str | None = None,
    cache: bool = True,
    progress: Progress = silent,
    **options: Any,  # the metric's own options, checked against its dataclass
) -> Figures:
    """Measure pictures or clips by an installed metric.

    Args:
        metric: Name of the metric (`dynode metrics list`), or one of your own.
        a: What is measured: a generator by name, file or loaded; a folder, zip file, clip or picture;
            or items in memory, (n, 3, h, w) or (n, T, 3, h, w) float in [-1, 1].
        b: What it is compared with, likewise, for metrics that compare: mostly the real side, or the
            originals.
        count: Items a side; None for all there are, and for as many drawn as the other side has (1000
            pictures, 16 clips, where both are drawn).
        seed: Seed of what is drawn. B is drawn with the seed after it, unless items are compared in
            pairs.
        truncation: Truncation ψ of generators; None for 1, the population itself.
        resolution: Side in pixels that items are cut and resized to; None leaves them as they are.
        domain: What files and items in memory show, such as `facets`; what generators draw if empty.
        device: Where to compute.
        cache: Keep features, and use those that were kept: a run that was killed goes on.
        progress: Called with the number of items.
        **options: The metric's options by name.

    Returns:
        The figures, with how they were measured.

    Raises:
        UnknownNameError: No such metric, option, generator or file.
        OptionError: A side too few or too many, or fewer items than were asked for.
        MissingWeightsError: The metric needs a file that was not given.
        MediaError: An item is damaged, too short, or does not fit its partner.
    """
    started = time.monotonic()
    where = resolve_device(device) if device is not None else default_device()
    method = metric if isinstance(metric, Metric) else plugins.registry().metrics[metric]
    chosen = build_options(method.options, options, owner=method.name)
    needs = method.needs_of(chosen)
    _check_sides(method.name, needs, b)
    drawing = Drawing(where, seed, 1.0 if truncation is None else truncation, resolution)
    sides = _opened(a, b, needs, drawing)
    if truncation is not None and not any(side.drawn for side in sides):
        raise OptionError("--truncation is for generators and does not apply here; leave it out")
    counts = _counts(method.name, needs, sides, count)
    setting = Setting(where, _domain(method, sides, domain), seed)
    work = _Work(method, chosen, setting, needs, sides, counts, cache, progress)
    running, values = work.run()
    frozen = work.run(frozen=True)[1] if needs.items == "clips" else {}
    told = {
        name: f"{number} {side.told}"
        for name, side, number in zip("AB", sides, counts, strict=False)
    }
    spec = told | dict(running.spec)
    seconds = time.monotonic() - started
    return Figures(method.name, values, spec, method.better, frozen, seconds)


def _check_sides(name: str, needs: Needs, b: Source | None) -> None:
    if needs.reference and b is None:
        what = "pairs" if needs.paired else "two sides"
        raise OptionError(f"{name} compares {what} of {needs.items}: give B too")
    if not needs.reference and b is not None:
        raise OptionError(f"{name} measures one side, and B would be left out; give A alone")


def _opened(a: Source, b: Source | None, needs: Needs, drawing: Drawing) -> list[Side]:
    found = [open_side(a, needs, drawing)]
    if b is not None:
        other = drawing if needs.paired else replace(drawing, seed=drawing.seed + 1)
        found.append(open_side(b, needs, other))
    if needs.paired and len({side.drawn for side in found}) > 1:
        raise OptionError(
            "one side is drawn by a generator and the other is not, so their items make no pairs; give two "
            "generators, or two folders"
        )
    return found


def _counts(name: str, needs: Needs, sides: list[Side], count: int | None) -> list[int]:
    """Say how many items are taken of each side."""
    stored = [side.count for side in sides if side.count is not None]
    default = _DRAWN_CLIPS if needs.items == "clips" else _DRAWN_PICTURES
    found = []
    for side in sides:
        there = side.count if side.count is not None else count or max(stored, default=default)
        if count is not None and count > there:
            raise OptionError(
                f"{count} items are asked for, and there are only {there} {side.told}; take --count {there} "
                f"or fewer, or give more"
            )
        found.append(count or there)
    if min(found) < needs.fewest:
        raise OptionError(
            f"{name} needs {needs.fewest} {needs.items} a side, and there are {min(found)}; give more"
        )
    if needs.paired:
        _check_pairs(name, sides, found)
    return found


def _check_pairs(name: str, sides: list[Side], counts: list[int]) -> None:
    if counts[0] != counts[1]:
        raise MediaError(
            f"{name} compares pairs, and there are {counts[0]} {sides[0].told} and {counts[1]} "
            f"{sides[1].told}; give as many of each"
        )
    if counts[0] == 1 or not (sides[0].names and sides[1].names):
        return
    stems = [[str(Path(one).with_suffix("")) for one in side.names] for side in sides]
    for left, right in zip(*stems, strict=False):
        if Path(left).name != Path(right).name:
            raise MediaError(
                f"{name} compares pairs of one name, and {left!r} of A meets {right!r} of B; give folders "
                f"with the same names"
            )


def _domain(method: Metric, sides: list[Side], given: str) -> str:
    """Return what is shown, if the metric knows it."""
    domains = list(dict.fromkeys(side.domain for side in sides if side.domain))
    if given and domains not in ([], [given]):
        raise OptionError(
            f"the domain is to be {given!r}, and the generator draws {domains[0]}; leave --domain out"
        )
    for domain in domains or [given] * bool(given):
        if method.domains and domain not in method.domains:
            draws = "the generator draws" if domains else "what is measured shows"
            raise OptionError(
                f"{method.name} is made for {', '.join(method.domains)}, and {draws} {domain}; choose "
                f"another metric (dynode metrics list)"
            )
    return domains[0] if domains else given


@dataclass(frozen=True)
class _Work:
    """One metric on opened sides."""

    method: Metric
    options: Any
    setting: Setting
    needs: Needs
    sides: list[Side]
    counts: list[int]
    cache: bool
    progress: Progress
    done: list[int] = field(default_factory=lambda: [0])

    def run(self, *, frozen: bool = False) -> tuple[Measurement, dict[str, float]]:
        """Measure, with the clips of A frozen if that is asked."""
        with at_work(f"metric {self.method.name!r}"):
            running = self.method.start(self.options, self.setting)
            rows = [
                self._rows(running, index, frozen and index == 0)
                for index in range(len(self.sides))
            ]
            if self.needs.paired:
                for a, b in _pairs(self.method.name, *rows):
                    running.update(a, b)
            else:
                for group in rows[0]:
                    running.update(group.features, None)
                for group in rows[1] if len(rows) > 1 else ():
                    running.update(None, group.features)
            found = dict(running.compute())
        return running, _checked(self.method, found)

    def _rows(self, running: Measurement, index: int, frozen: bool) -> Iterator[Group]:
        """Give the features of a side, group by group."""
        side, count = self.sides[index], self.counts[index]
        kept = self._kept(running, side, frozen)
        size = _PICTURES_AT_ONCE
        if self.needs.items == "clips":
            size = max(1, _FRAMES_AT_ONCE // self.needs.frames) if self.needs.frames else 1
        total = sum(self.counts) * (2 if self.needs.items == "clips" else 1)
        for start in range(0, count, size):
            stop = min(count, start + size)
            groups = kept.read(start, stop)
            if groups is None:
                groups = [
                    Group(
                        running.features(_frozen(items) if frozen else items),
                        tuple(items.shape[1:]),
                    )
                    for items in _grouped(side.read(start, stop))
                ]
                kept.write(start, stop, groups)
            self.done[0] += stop - start
            self.progress(self.done[0], total, "frozen" if frozen else "AB"[index])
            yield from groups

    def _kept(self, running: Measurement, side: Side, frozen: bool) -> KeptFeatures:
        key = running.cache_key if self.cache else ""
        registered = plugins.registry().metrics
        owner = registered.owner_of(self.method.name) or type(self.method).__module__
        device = torch.device(self.setting.device).type
        content = side.content + (" frozen" if frozen else "")
        return KeptFeatures.of(content, key, owner=owner, device=device)


def _grouped(items: list[Tensor]) -> Iterator[Tensor]:
    """Stack neighbours of one shape."""
    start = 0
    for index in range(1, len(items) + 1):
        if index == len(items) or items[index].shape != items[start].shape:
            yield torch.stack(items[start:index])
            start = index


def _frozen(clips: Tensor) -> Tensor:
    return clips[:, :1].expand_as(clips)


def _pairs(name: str, a: Iterator[Group], b: Iterator[Group]) -> Iterator[tuple[Tensor, Tensor]]:
    for left in a:
        right = next(b)
        if left.shape != right.shape or len(left.features) != len(right.features):
            raise MediaError(
                f"{name} compares pairs of one size, and {left.shape} of A meets {right.shape} of B; give "
                f"equal ones, or make them so with --resolution"
            )
        yield left.features, right.features


def _checked(method: Metric, found: dict[str, float]) -> dict[str, float]:
    for figure, value in found.items():
        if not isinstance(value, float) or not math.isfinite(value):
            raise PluginError(
                f"metric {method.name!r} found {figure} = {value!r}; expected a finite number; tell its "
                f"author ('dynode plugins' says who)"
            )
    if not found:
        raise UsageError(f"metric {method.name!r} found no figures; tell its author")
    return found
