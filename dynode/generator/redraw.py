"""Pictures drawn again after a small change: what a generator may offer for that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents

KEPT_BYTES = 2**29


class Synthesizer(Protocol):
    """What draws pictures: a generator, or activations that one keeps."""

    def synthesize(
        self,
        latents: Latents,
        *,
        noise: str | Sequence[Tensor] = "const",
        resolution: int | None = None,
    ) -> Tensor:
        """Draw pictures; see `Generator.synthesize`."""
        ...


@runtime_checkable
class KeepsActivations(Protocol):
    """The optional capability of a generator to begin where something changed."""

    def keep_activations(self, *, memory: int = KEPT_BYTES) -> Synthesizer:
        """Give what draws the same pixels as `synthesize`, and keeps what it can for the next call.

        Args:
            memory: Bytes of activations to keep at most.
        """
        ...


def redrawing(generator: Generator, *, memory: int = KEPT_BYTES) -> Synthesizer:
    """Give what draws variants of the same pictures: a slider, a sweep, a motion.

    Where rows k and later change, drawing begins at the block of row k. What it draws has no
    gradients if the generator keeps activations; one that does not is returned itself and draws
    whole pictures.

    Args:
        generator: What draws.
        memory: Bytes of activations to keep at most.

    Returns:
        What draws, for one thread and as many pictures at a time as the first call.

    Examples:
        >>> from dynode.testing import tiny_generator
        >>> generator = tiny_generator(resolution=32)
        >>> latents, draw = generator.sample(1, seed=0), redrawing(generator)
        >>> before = draw.synthesize(latents)
        >>> w = latents.w.clone()
        >>> w[:, 6:] += 1
        >>> after = draw.synthesize(latents.with_w(w))  # runs the last two of four blocks
        >>> bool((after == generator.synthesize(latents.with_w(w))).all())
        True
    """
    if isinstance(generator, KeepsActivations):
        return generator.keep_activations(memory=memory)
    return generator
