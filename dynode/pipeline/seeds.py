"""Seeds of pictures, and the codes they stand for."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from dynode.errors import OptionError
from dynode.generator.population import draw_labels, draw_z
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents

_MOST_SEEDS = 10_000


def parse_seeds(text: str, option: str = "--seeds") -> list[int]:
    """Read seeds such as `0-15` or `3,8,20-24`.

    Args:
        text: The seeds.
        option: What they were given as, for messages.

    Raises:
        OptionError: It is none, or too many.
    """
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not _is_number(first) or (dash and not _is_number(last)):
            raise OptionError(f"{option} is {text!r}; expected seeds such as 0-15 or 3,8,20-24")
        end = int(last) if dash else int(first)
        if end - int(first) >= _MOST_SEEDS or end >= 2**32:
            raise OptionError(f"{option} is {text!r}; expected at most {_MOST_SEEDS} below 2^32")
        seeds += range(int(first), end + 1)
        if len(seeds) > _MOST_SEEDS:
            raise OptionError(f"{option} is {text!r}; expected at most {_MOST_SEEDS} in all")
    if not seeds:
        raise OptionError(f"{option} is {text!r}, an empty range; expected seeds such as 0-15")
    return seeds


def chosen_seeds(seeds: str | int | Sequence[int]) -> list[int]:
    """List the seeds that a user of Python gave: a text, one number, or several.

    Raises:
        OptionError: They are something else; see also `parse_seeds`.
    """
    if isinstance(seeds, str):
        return parse_seeds(seeds)
    several = [seeds] if isinstance(seeds, int) else seeds
    try:
        return [operator.index(seed) for seed in several]
    except TypeError as error:
        raise OptionError(
            f"seeds is {seeds!r}; expected a text such as '0-15' or '3,8,20-24', a whole number or several"
        ) from error


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10


def sample_seeds(
    generator: Generator,
    seeds: Sequence[int],
    *,
    truncation: float = 0.7,
    cutoff: int | None = None,
) -> Latents:
    """Draw one code per seed, each the published scripts' picture of that seed.

    Args:
        generator: Whose codes.
        seeds: One a picture.
        truncation: Truncation ψ.
        cutoff: Number of first rows to truncate (`truncation_cutoff`); None for all.

    Raises:
        OptionError: There are fewer rows.
    """
    if cutoff is None:
        return Latents.cat([generator.sample(1, seed=s, truncation=truncation) for s in seeds])
    info = generator.info
    if not 0 <= cutoff <= info.num_layers:
        raise OptionError(
            f"the truncation cutoff is {cutoff}; expected 0 to {info.num_layers}, the rows of {info.name}"
        )
    codes = list[Latents]()
    for seed in seeds:
        z, labels = draw_z(info, 1, seed=seed), draw_labels(info, 1, seed=seed)
        codes.append(generator.map(z, c=labels, truncation=truncation, cutoff=cutoff))
    return Latents.cat(codes)
