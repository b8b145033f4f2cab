"""The turns of ReStyle's loop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from torch import Tensor

from dynode.generator import Generator
from dynode.plugins import Progress
from dynode_encoders import Iteration, LoadedEncoder, iterations

if TYPE_CHECKING:
    from dynode_restyle.plugin import RestyleOptions


def read_in_turns(
    first: LoadedEncoder,
    encoder: LoadedEncoder,
    generator: Generator,
    images: Tensor,
    options: RestyleOptions,
    *,
    progress: Progress,
) -> Tensor:
    """Correct the codes of pictures turn by turn; see `EncoderInverter.read`."""
    for index, turn in enumerate(_turns(first, encoder, generator, images, options)):
        codes = turn.codes
        progress(index + 1, options.iterations, f"turn {index + 1}")
    return codes


def _turns(
    first: LoadedEncoder,
    encoder: LoadedEncoder,
    generator: Generator,
    images: Tensor,
    options: RestyleOptions,
) -> Iterator[Iteration]:
    """Take the first turn with one encoder and the others with the other, if they differ."""
    if first is encoder:
        seen = encoder.prepare(images)
        yield from iterations(encoder, generator, seen, count=options.iterations)
        return
    (start,) = iterations(first, generator, first.prepare(images), count=1)
    yield start
    yield from iterations(
        encoder, generator, encoder.prepare(images), count=options.iterations - 1, start=start
    )
