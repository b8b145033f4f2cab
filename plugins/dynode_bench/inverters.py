"""Every installed inverter on the same pictures, with the truth known: distortion, editing, cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.distance import load_distance
from dynode.generator import Generator, loaded
from dynode.latents import Latents
from dynode.options import build_options
from dynode.pipeline import ReadyInverter
from dynode.plugins import Inverter, Progress, silent
from dynode_bench.comparison import Comparison, Row
from dynode_bench.variant import Budget, Variant
from dynode_bench.workers import one_line
from dynode_bench.world import World
from dynode_encoders.training import psnr

_PICTURES = {"small": 16, "full": 256}
_AT_ONCE = 8
_SEED = 70_000  # far from the seeds that encoders are trained on


def bench_inverters(
    generator: Generator | str | Path | None = None,
    *,
    methods: Sequence[str] = (),
    attributes: Sequence[str] = (),
    budget: Budget = "small",
    pictures: int | None = None,
    seed: int = 0,
    device: str | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Compare inverters on pictures of the world, not of the generator: drawn again, and edited.

    Args:
        generator: One whose scorer knows the world behind it; the bundled one if absent.
        methods: Inverters by name, or with options as `restyle:iterations=2`; if empty all of the domain.
        attributes: Attributes that are edited; all that the scorer has texts for if empty.
        budget: `small`: 16 pictures, inverters with their `small_budget`; `full`: 256, with their defaults.
        pictures: How many in the place of the budget's.
        seed: Seed of everything random; the same seed gives the same figures but the seconds.
        device: Where to compute.
        progress: Called after every inverter.

    Raises:
        UnknownNameError: No such inverter or attribute.
        MissingWeightsError: Nobody knows the world behind the generator.
    """
    drawing = loaded(generator, device=device)
    shelf = plugins.registry().inverters
    suiting = [m for m in shelf if not m.domains or drawing.info.domain in m.domains]
    asked = Variant.chosen(shelf, methods or [method.name for method in suiting])
    world = World.of(drawing, list(attributes), pictures=pictures or _PICTURES[budget], seed=seed)
    portraits = Portraits(world, world.truth.people(world.pictures, seed=_SEED + seed))
    rows = []
    for variant in asked:
        rows.append(_row(portraits, variant, budget))
        progress(len(rows), len(asked), variant.label)
    spec = world.spec(budget) | {"pictures": f"{world.pictures} of the world, not of the generator"}
    return Comparison("inverters", spec, rows, ("inverter", "PSNR (dB)", "PSNR of edits (dB)"))


@dataclass(frozen=True)
class Portraits:
    """Pictures of the world, and what is measured on codes of them.

    Attributes:
        world: Generator, scorer, truth.
        attributes: What the pictures show, (n, attributes).
    """

    world: World
    attributes: Tensor

    @cached_property
    def images(self) -> Tensor:
        """The pictures."""
        return self.world.truth.draw(self.attributes).to(self.world.generator.device)

    def figures(self, latents: Latents) -> dict[str, float]:
        """Measure the codes of all pictures."""
        parts = [
            self._part(latents[start : start + _AT_ONCE], start)
            for start in range(0, len(latents), _AT_ONCE)
        ]
        return {name: float(torch.cat([part[name] for part in parts]).mean()) for name in parts[0]}

    @torch.inference_mode()
    def _part(self, latents: Latents, start: int) -> dict[str, Tensor]:
        generator, scorer = self.world.generator, self.world.model.model
        images = self.images[start : start + len(latents)]
        drawn = generator.synthesize(latents).clamp(-1, 1)
        readings = scorer.score(drawn)
        distance = load_distance("scorer", generator, device=generator.device)
        off = (readings - scorer.score(images)) / self._deviations
        found = {
            "PSNR (dB)": psnr(drawn, images),
            "perceptual": distance.distance(drawn, images),
            "attribute error (σ)": off.abs().mean(1),
        }
        edits = [self._edit(latents, readings, name, start) for name in self.world.attributes]
        return found | {name: torch.stack([e[name] for e in edits]).mean(0) for name in edits[0]}

    @property
    def _deviations(self) -> Tensor:
        return torch.tensor(self.world.model.model.deviations, device=self.world.generator.device)

    def _edit(self, latents: Latents, before: Tensor, name: str, start: int) -> dict[str, Tensor]:
        """Move one attribute, and compare with the world in which it has moved."""
        scorer, truth = self.world.model.model, self.world.truth
        column = scorer.attributes.index(name)
        wanted = self.attributes[start : start + len(latents)].clone()
        step = -scorer.deviations[column] * wanted[:, column].sign()
        rest = truth.codes(wanted)
        wanted[:, column] += step
        moved = (truth.codes(wanted) - rest).to(latents.w)
        edited = self.world.generator.synthesize(latents.with_w(latents.w + moved[:, None]))
        change = (scorer.score(edited.clamp(-1, 1)) - before) / self._deviations
        others = [index for index in range(change.shape[1]) if index != column]
        return {
            "effect of edits (σ)": change[:, column] * step.sign().to(change),
            "leakage of edits (σ)": change[:, others].abs().mean(1),
            "PSNR of edits (dB)": psnr(edited, truth.draw(wanted).to(edited)),
        }


def _row(portraits: Portraits, variant: Variant[Inverter], budget: Budget) -> Row:
    names = (
        "PSNR (dB)",
        "perceptual",
        "attribute error (σ)",
        "effect of edits (σ)",
        "leakage of edits (σ)",
        "PSNR of edits (dB)",
    )
    empty: dict[str, float | None] = dict.fromkeys(names)
    try:
        latents, seconds = _inverted(portraits, variant, budget)
        figures = {name: round(value, 4) for name, value in portraits.figures(latents).items()}
    except Exception as error:  # of a plugin
        told = one_line(error)
        return {"inverter": variant.label, **empty, "seconds a picture": None, "note": told}
    each_s = round(seconds / len(latents), 4)
    told = f"{_numbers(latents):,} numbers of offsets a picture" if latents.weights else ""
    return {"inverter": variant.label, **figures, "seconds a picture": each_s, "note": told}


def _inverted(
    portraits: Portraits, variant: Variant[Inverter], budget: Budget
) -> tuple[Latents, float]:
    """Find codes, after one picture that loads what has to be loaded; processor seconds."""
    world, images = portraits.world, portraits.images
    method, values = variant.method, variant.values(budget)
    ready = ReadyInverter(method, build_options(method.options, values, owner=method.name))
    ready.invert(world.generator, images[:1], seed=world.seed)
    started = time.process_time()
    parts = [
        ready.invert(world.generator, part, seed=world.seed).detach()
        for part in images.split(_AT_ONCE)
    ]
    return Latents.cat(parts), time.process_time() - started


def _numbers(latents: Latents) -> int:
    own = latents[0].compact()
    return sum(part.numel() for offset in own.weights for part in offset.shared)
