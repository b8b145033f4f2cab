"""Pictures with scores: drawn and measured, or labelled by people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dynode.errors import OptionError
from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.plugins import Progress, ScorerModel
from dynode.scoring import (
    ChosenScorer,
    Drawn,
    LabelTable,
    labelled_codes,
    labelled_z,
    score_latents,
    score_population,
)

if TYPE_CHECKING:
    from dynode_interfacegan.options import BoundaryOptions

_DEFAULT_COUNT = 5000


@dataclass(frozen=True, eq=False)
class Samples:
    """Codes of one space with their scores.

    Attributes:
        codes: (n, d) in Z or W, (n, rows, d) in W+.
        scores: (n, attributes).
    """

    codes: Tensor
    scores: Tensor


class JoinedScorer:
    """Several scorers that look at the same pictures, their attributes side by side."""

    def __init__(self, scorers: Sequence[ScorerModel]) -> None:
        """Join scorers."""
        self._scorers = scorers
        self.attributes = tuple(name for scorer in scorers for name in scorer.attributes)
        self.deviations = tuple(value for scorer in scorers for value in scorer.deviations)

    def score(self, images: Tensor) -> Tensor:
        """Score pictures (n, 3, h, w) with all of them."""
        return torch.cat([scorer.score(images) for scorer in self._scorers], dim=1)


def draw_samples(
    generator: Generator,
    scorers: Sequence[ChosenScorer],
    options: BoundaryOptions,
    *,
    seed: int,
    progress: Progress,
) -> Samples:
    """Draw pictures and score them, or take the scores that were kept; attributes side by side.

    In W+ every picture mixes the rows of two codes at a random place, so that rows differ and each
    row's share in the attribute can be told.
    """
    count = options.samples or _DEFAULT_COUNT
    population = draw_population(generator, count, seed=seed, truncation=options.truncation)
    latents = population.latents
    if options.space == "w+":
        latents = _mixed(latents, seed)
    drawn = Drawn(seed, options.truncation, "mixed" if options.space == "w+" else "")
    scores = _scores(scorers, generator, latents, drawn, progress)
    if options.space == "z":
        return Samples(population.z.cpu(), scores)
    return Samples(_rows(latents, options.space), scores)


def _scores(
    scorers: Sequence[ChosenScorer],
    generator: Generator,
    latents: Latents,
    drawn: Drawn,
    progress: Progress,
) -> Tensor:
    """Score with all: plugins first, whose scores may be known, then what looks at the same drawing."""
    found = [
        score_population(s.plugin, s.model, generator, latents, drawn, progress=progress)
        for s in scorers
        if s.plugin is not None
    ]
    rest = [s.model for s in scorers if s.plugin is None]
    if rest:
        found.append(score_latents(JoinedScorer(rest), generator, latents, progress=progress))
    return torch.cat(found, dim=1)


def _mixed(latents: Latents, seed: int) -> Latents:
    rows = latents.w.shape[1]
    cut = np.random.RandomState([seed, 2]).randint(1, rows + 1, size=len(latents))
    first = torch.arange(rows) < torch.from_numpy(cut)[:, None]
    partner = latents.w.roll(1, dims=0)
    return latents.with_w(torch.where(first[:, :, None].to(partner.device), latents.w, partner))


def _rows(latents: Latents, space: str) -> Tensor:
    codes = latents.w.float().cpu()
    if space == "w+":
        return codes
    first = codes[:, :1].expand_as(codes)  # compared without copies where they are the same numbers
    if not torch.equal(codes, first) and not torch.allclose(codes, first, atol=1e-6):
        raise OptionError(
            "these codes differ from row to row, so they have no code in W; use --space w+"
        )
    return codes[:, 0].contiguous()


def labelled_samples(
    table: LabelTable, generator: Generator, names: Sequence[str], options: BoundaryOptions
) -> Samples:
    """Take codes and scores from a table of labels.

    Args:
        table: The labels.
        generator: Whose codes.
        names: Columns to take.
        options: Says the space, the latents file and how many.

    Raises:
        OptionError: The table has fewer rows than asked for.
    """
    count = options.samples or len(table.numbers)
    if count > len(table.numbers):
        raise OptionError(
            f"{table.path.name} labels {len(table.numbers)} pictures, {count} were asked for; label more "
            f"or lower --samples"
        )
    scores = torch.stack([table.column(name) for name in names], dim=1)[:count]
    if options.space == "z":
        return Samples(labelled_z(table, generator)[:count], scores)
    codes = labelled_codes(table, generator, options.codes, truncation=options.truncation)
    return Samples(_rows(codes, options.space)[:count], scores)
