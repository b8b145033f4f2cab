"""An edit of pictures, drawn and measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dynode.direction.stack import EditStack
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.display import Displayed, short
from dynode.media.images import grid, write_image
from dynode.media.suffixes import is_moving
from dynode.media.video import write_video
from dynode.pipeline.generate import synthesize_batches
from dynode.pipeline.written import Written
from dynode.plugins.methods import Progress, silent
from dynode.scoring.measure import attribute_changes, load_scorer


@dataclass(frozen=True, eq=False, repr=False)
class EditResult(Displayed):
    """An edit and what it did; of a clip, what it did to the first frame.

    Attributes:
        before: The pictures before, (n, 3, h, w) float in [-1, 1], RGB, on the CPU.
        after: The pictures after, likewise.
        original: The latents before.
        latents: The edited latents.
        stack: The directions that were applied, with their strengths.
        changes: Mean change of each attribute in standard deviations; empty without a scorer.
        generator: What drew them.
        strength: What the strengths of the stack were multiplied by.
    """

    before: Tensor
    after: Tensor
    original: Latents
    latents: Latents
    stack: EditStack
    changes: Mapping[str, float]
    generator: Generator
    strength: float

    def __repr__(self) -> str:
        """Say what was edited and what moved most, in a line."""
        names = ", ".join(short(direction.info.name) for direction, _ in self.stack)
        largest = sorted(self.changes.items(), key=lambda change: -abs(change[1]))[:3]
        moved = ", ".join(f"{name} {change:+.2f} sd" for name, change in largest)
        return f"{type(self).__name__}({len(self.before)} × {names}{': ' * bool(moved)}{moved})"

    def image(self) -> Image.Image:
        """Draw each picture before and after, side by side; of a clip, its first frame."""
        pairs = torch.stack([self.before, self.after], 1).flatten(0, 1)
        return grid(pairs, columns=2)

    def save(self, path: str | Path, *, progress: Progress = silent) -> Written:
        """Write what the edit is for: each picture before and after; of a clip, the edited clip.

        Args:
            path: Image to write; of a clip, video. A file of that name is replaced.
            progress: Called with the number of frames drawn.

        Raises:
            MediaError: No such format has this suffix.
        """
        write_image(self.image(), Path(path))
        return Written(Path(path), 2 * len(self.before))

    def save_edited(self, path: str | Path) -> Written:
        """Write the edited pictures alone, one below the other."""
        write_image(grid(self.after, columns=1), Path(path))
        return Written(Path(path), len(self.after))

    def sweep(self, strengths: Sequence[float]) -> Tensor:
        """Draw the first picture at several strengths: (len(strengths), 3, h, w) on the CPU.

        Args:
            strengths: Each multiplies the strengths of the stack.
        """
        with torch.inference_mode():
            stack, first = self.stack.at(0), self.original[0]
            moved = Latents.cat([stack.apply(first, strength) for strength in strengths])
        return synthesize_batches(self.generator, moved)

    def save_sweep(
        self, path: str | Path, strengths: Sequence[float], *, fps: float = 25.0
    ) -> Written:
        """Write the first picture at several strengths as a strip, or as a video by the suffix.

        Args:
            path: Image or video to write.
            strengths: See `sweep`.
            fps: Frames a second of a video.
        """
        frames, target = self.sweep(strengths), Path(path)
        if is_moving(target):
            return Written(target, write_video([frames], target, fps=fps))
        write_image(grid(frames, columns=len(frames)), target)
        return Written(target, len(frames))


def apply_stack(
    generator: Generator, latents: Latents, stack: EditStack, strength: float
) -> EditResult:
    """Draw latents before and after a stack of edits, and measure what changed."""
    with torch.no_grad():  # tensors of inference mode could not be optimised any further
        edited = stack.apply(latents, strength)
    before = synthesize_batches(generator, latents)
    after = synthesize_batches(generator, edited)
    changes = _changes(generator, before, after)
    return EditResult(before, after, latents, edited, stack, changes, generator, strength)


def _changes(generator: Generator, before: Tensor, after: Tensor) -> dict[str, float]:
    scorer = load_scorer(generator.info, generator.device)
    if scorer is None:
        return {}
    moved = attribute_changes(scorer, before.to(generator.device), after.to(generator.device))
    return dict(zip(scorer.attributes, moved.mean(0).tolist(), strict=True))
