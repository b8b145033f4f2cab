"""What benchmarks/micromotion.py measures with: the generator, the scorer and two sets of pictures."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable

import torch
from torch import Tensor

import dynode
from dynode.direction.base import Direction
from dynode.generator.population import draw_population
from dynode.latents.latents import Latents
from dynode.scoring.choosing import find_scorer
from dynode.scoring.effects import score_latents
from dynode_facets.plugin import FacetsScorer
from dynode_facets.training.micromotions import MOTIONS

SIGNS = {"eyes-closed": -1}
HELD_OUT_SEED, GAUGE_SEED = 90_000, 70_000


class Bench:
    """The generator, what measures, and the pictures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.generator = dynode.load_generator("facets-128")
        self.model = find_scorer(self.generator.info).load("cpu")
        self.names = self.model.attributes
        self.deviations = torch.tensor(self.model.deviations)
        draw = lambda count, seed: draw_population(  # noqa: E731
            self.generator, count, seed=seed, truncation=0.7
        )
        self.held_out, self.gauge = draw(args.pictures, HELD_OUT_SEED), draw(16, GAUGE_SEED)
        self.before = {id(p): self.scores(p.latents) for p in (self.held_out, self.gauge)}

    def scores(self, latents: Latents) -> Tensor:
        return score_latents(self.model, self.generator, latents)

    def changes(self, direction: Direction, strength: float, pictures: object) -> Tensor:
        with torch.inference_mode():
            moved = direction.apply(pictures.latents, strength)
        return (self.scores(moved) - self.before[id(pictures)]) / self.deviations

    def strength_for(self, direction: Direction, factor: str, sign: int, goal: float) -> float:
        """Find the positive strength whose mean effect on the gauge pictures is the goal."""
        column = self.names.index(factor)

        def effect(strength: float) -> float:
            return sign * float(self.changes(direction, strength, self.gauge)[:, column].mean())

        length = getattr(direction, "delta", None)
        size = float(length.norm()) if isinstance(length, Tensor) else 1.0
        low, high = 0.0, 3.0 / max(size, 1e-6) if size > 3 else 0.3
        for _ in range(12):
            if effect(high) >= goal:
                break
            low, high = high, high * 2
        for _ in range(6):
            middle = (low + high) / 2
            low, high = (middle, high) if effect(middle) < goal else (low, middle)
        return high

    def row(self, title: str, find: Callable[[], Direction], motion: str) -> dict:
        """Measure a direction at effect 1; a row that was measured before is kept."""
        kept = self.args.state / f"row-{motion}-{re.sub('[^a-z]+', '-', title.lower())}.json"
        if not kept.exists():
            kept.write_text(json.dumps(self.measured(title, find(), motion)))
            print(kept.read_text(), flush=True)
        return json.loads(kept.read_text())

    def measured(self, title: str, direction: Direction, motion: str, goal: float = 1.0) -> dict:
        factor, sign = MOTIONS[motion].factor, SIGNS.get(motion, 1)
        strength = self.strength_for(direction, factor, sign, goal)
        return {"motion": motion, "method": title, "strength": round(strength, 4)} | self.figures(
            self.changes(direction, strength, self.held_out), factor, sign
        )

    def figures(self, changes: Tensor, factor: str, sign: int) -> dict:
        target = self.names.index(factor)
        others = [index for index in range(len(self.names)) if index != target]
        identity = [self.names.index(name) for name in FacetsScorer.identity if name != factor]
        mean = changes.mean(0)
        strongest = sorted(others, key=lambda index: -abs(float(mean[index])))[:3]
        return {
            "effect": round(sign * float(mean[target]), 3),
            "leakage": round(float(changes[:, others].abs().mean()), 4),
            "systematic": round(float(mean[others].abs().mean()), 4),
            "identity": round(float(changes[:, identity].square().mean().sqrt()), 4),
            "most": {self.names[i]: round(float(mean[i]), 2) for i in strongest},
        }
