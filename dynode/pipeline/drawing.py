"""Draw a rollout, or a walk, segment by segment, so that a video that was interrupted goes on."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch
from torch import Tensor

from dynode.generator.computing import arithmetic
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.segments import Segment
from dynode.pipeline.faces import Pasting
from dynode.plugins.methods import Progress, silent

_BATCH = 4
_SEGMENT = 64  # frames
_FORMAT = "2"


class Frames(Protocol):
    """The codes of the frames of a clip, made as they are asked for."""

    def __len__(self) -> int:
        """Count the frames."""
        ...

    def part(self, begin: int, end: int) -> Latents:
        """Return the codes of some of the frames."""
        ...


class FrameNoise(Protocol):
    """The noise of the frames of a clip."""

    @property
    def key(self) -> str:
        """What tells it from others, beside the generator."""
        ...

    def at(self, begin: int, end: int) -> str | Sequence[Tensor]:
        """Return that of some of the frames, as `Generator.synthesize` takes it."""
        ...


def segments(
    generator: Generator,
    rollout: Frames,
    *,
    noise: FrameNoise | None = None,
    pasting: Pasting | None = None,
    progress: Progress = silent,
) -> Iterator[Segment]:
    """Divide the drawing of a rollout into segments.

    The key of a segment is a hash of its latents, of the generator and of what the faces are pasted into:
    whatever led to them, equal keys are equal frames.

    Args:
        generator: What draws.
        rollout: A rollout, or anything else that gives the codes of frames.
        noise: The noise it draws with; None for the stored.
        pasting: Puts the drawn faces into frames; None shows what the generator draws.
        progress: Called with the number of frames drawn, those of kept segments included.
    """
    drawn = functools.partial(_draw, generator, rollout, noise, pasting, progress)
    ground = pasting.key if pasting is not None else ""
    ground += "" if noise is None else f" noise {noise.key}"
    for begin in range(0, len(rollout), _SEGMENT):
        end = min(begin + _SEGMENT, len(rollout))
        key = _key(generator, rollout, ground, begin, end)
        yield Segment(key, functools.partial(drawn, begin, end))


def _draw(
    generator: Generator,
    rollout: Frames,
    noise: FrameNoise | None,
    pasting: Pasting | None,
    progress: Progress,
    begin: int,
    end: int,
) -> Iterator[Tensor]:
    """Draw some frames of a rollout, a few at a time, without gradients."""
    for low in range(begin, end, _BATCH):
        high = min(low + _BATCH, end)
        with torch.inference_mode():
            latents = _part(generator, rollout, low, high)
            images = generator.synthesize(
                latents, noise="const" if noise is None else noise.at(low, high)
            )
        if pasting is None:
            yield images
        else:
            yield from pasting.paste(images, low)
        progress(high, len(rollout), "drawing")


def _part(generator: Generator, rollout: Frames, begin: int, end: int) -> Latents:
    return rollout.part(begin, end).to(generator.device, generator.dtype)


def _key(generator: Generator, rollout: Frames, ground: str, begin: int, end: int) -> str:
    info = generator.info
    told = (_FORMAT, info.fingerprint, arithmetic(generator), generator.device.type, ground)
    digest = hashlib.sha256(repr(told).encode())
    for low in range(begin, end, _BATCH):
        with torch.inference_mode():
            latents = _part(generator, rollout, low, min(low + _BATCH, end))
        for name, part in _tensors(latents):
            digest.update(f"{name} {tuple(part.shape)} {part.dtype}".encode())
            digest.update(part.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:32]


def _tensors(latents: Latents) -> Sequence[tuple[str, Tensor]]:
    found = [("w", latents.w), *sorted(latents.styles.items())]
    for offset in latents.weights:  # factors as they are: their product would be a dense layer
        found += [(offset.layer, part) for part in (*offset.shared, offset.coefficients)]
    return found


@dataclass
class Jitter:
    """How unsteady a stream of frames is: the mean of |previous - 2 * this + next|."""

    total: float = 0.0
    count: int = 0
    held: list[Tensor] = field(default_factory=list)

    @classmethod
    def of(cls, frames: Iterable[Tensor]) -> float:
        """Measure batches of frames (n, 3, h, w) in [-1, 1]."""
        jitter = cls()
        for batch in frames:
            for frame in batch.detach().float().clamp(-1, 1):
                jitter.see(frame)
        return round(jitter.total / max(1, jitter.count), 6)

    def see(self, frame: Tensor) -> None:
        """Take one frame into account."""
        self.held = [*self.held[-2:], frame]
        if len(self.held) == 3:
            before, now, after = self.held
            self.total += float((before - 2 * now + after).abs().mean())
            self.count += 1
