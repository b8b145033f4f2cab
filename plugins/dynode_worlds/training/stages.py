"""The stages of a progressive training, and the pictures each is trained towards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from dynode_worlds.world import World

_LEAST_RENDERED = 64


@dataclass(frozen=True)
class Stage:
    """Steps at one resolution, with so many pictures each."""

    resolution: int
    steps: int
    batch: int


def stage_of(stages: Sequence[Stage], step: int) -> tuple[Stage, int]:
    """Return the stage of a step and how many steps into it that is."""
    for stage in stages[:-1]:
        if step < stage.steps:
            return stage, step
        step -= stage.steps
    return stages[-1], step


@torch.no_grad()
def targets_at(world: World, factors: Tensor, resolution: int) -> Tensor:
    """Render pictures (n, 3, resolution, resolution), small ones by averaging larger ones."""
    side = max(resolution, _LEAST_RENDERED)
    return functional.avg_pool2d(world.render(factors, side), side // resolution)
