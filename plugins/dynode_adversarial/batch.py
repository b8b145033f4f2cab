"""What the loop asks of the two sides, so that pictures and clips are trained alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Batch:
    """Clips to judge; a picture is a clip of one frame.

    Attributes:
        images: (n F, 3, h, w) float in [-1, 1], clip by clip.
        frames: F.
        times: (n, F) times in frames, for clips.
        labels: (n, c) labels; None without classes.
        w: (n, w_dim) codes the batch was drawn from, for the mean code; None for real ones.
    """

    images: Tensor
    frames: int = 1
    times: Tensor | None = None
    labels: Tensor | None = None
    w: Tensor | None = None

    def __len__(self) -> int:
        """Count the clips."""
        return len(self.images) // self.frames

    def showing(self, images: Tensor) -> Batch:
        """Return it with other frames."""
        return dataclasses.replace(self, images=images)


@dataclass(frozen=True)
class Samples:
    """What is shown of a training.

    Attributes:
        real: (n, 3, h, w) real pictures, or frames of clips, row by row.
        made: As many made ones.
        columns: Pictures a row.
        moving: (clips, T, 3, h, w) made clips; None for pictures.
        fps: Frames a second of them.
    """

    real: Tensor
    made: Tensor
    columns: int
    moving: Tensor | None = None
    fps: float = 25


class Sides(Protocol):
    """A generator and its discriminator, and what they are shown.

    Chance comes from `generator_at(seed, index, …)` alone, drawn for the whole batch: what a process
    sees of it does not depend on how many there are.
    """

    @property
    def generator(self) -> nn.Module:
        """What is trained."""
        ...

    @property
    def average(self) -> nn.Module:
        """The running average of the generator."""
        ...

    @property
    def discriminator(self) -> nn.Module:
        """What judges."""
        ...

    def real(self, index: int, items: Sequence[int]) -> Batch:
        """Read the items of the real batch of step `index`."""
        ...

    def fake(self, index: int, turn: int, items: Sequence[int]) -> Batch:
        """Draw items of a batch of step `index`, of its own chance for each `turn`."""
        ...

    def judge(self, batch: Batch) -> tuple[Tensor, ...]:
        """Judge a batch: logits, the first of which bear the gradient penalty."""
        ...

    def judges(self) -> list[tuple[nn.Module, float]]:
        """List the parts of the discriminator, each with the factor of its learning rate."""
        ...

    def mean_code(self) -> Tensor | None:
        """The buffer that follows the mean of the codes."""
        ...

    def samples(self) -> Samples:
        """Draw what shows how far the averaged generator is."""
        ...

    def write(self, path: Path, *, force: bool) -> None:
        """Write the averaged generator."""
        ...


@torch.no_grad()
def as_images(frames: Tensor) -> Tensor:
    """Map 8-bit frames (n, h, w, 3) to (n, 3, h, w) float in [-1, 1]."""
    return frames.permute(0, 3, 1, 2).float() / 127.5 - 1
