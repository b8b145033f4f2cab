"""Scores of a population that were measured once are kept, and serve every later search.

Drawing and scoring 5,000 pictures is most of the time of a boundary; the next attribute, or another method
on the same pictures, needs the same numbers.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from dynode import files
from dynode.errors import DynodeError
from dynode.generator.computing import arithmetic
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.models import cache_folder
from dynode.plugins import registry
from dynode.plugins.loaded import ScorerModel
from dynode.plugins.methods import Progress, Scorer, silent
from dynode.scoring.effects import score_latents
from dynode.version import __version__

_FORMAT = "1"
_SCORES = "scores"


@dataclass(frozen=True)
class Drawn:
    """How pictures came to be, so that the same ones are known again.

    Attributes:
        seed: Seed of the population.
        truncation: Its truncation.
        rows: How rows were mixed, in a word; empty for the population itself.
    """

    seed: int
    truncation: float
    rows: str = ""


def score_population(
    scorer: Scorer,
    model: ScorerModel,
    generator: Generator,
    latents: Latents,
    drawn: Drawn,
    *,
    progress: Progress = silent,
) -> Tensor:
    """Score pictures, or take the scores that were kept or come with the scorer.

    Args:
        scorer: The plugin that measures.
        model: What it loaded.
        generator: What draws.
        latents: Codes of n pictures; those of fewer pictures are the first of those of more.
        drawn: How the codes came to be.
        progress: Called after every batch that is drawn.

    Returns:
        (n, attributes) on the CPU.
    """
    known = _shipped(scorer, generator, drawn)
    path = _path(scorer, generator, drawn)
    for scores in (known, _read(path, model)):
        if scores is not None and len(scores) >= len(latents):
            return scores[: len(latents)].float()
    scores = score_latents(model, generator, latents, progress=progress)
    if generator.info.fingerprint:
        _keep(scores, path)
    return scores


def _shipped(scorer: Scorer, generator: Generator, drawn: Drawn) -> Tensor | None:
    if drawn.rows:
        return None
    return scorer.known_scores(generator.info, seed=drawn.seed, truncation=drawn.truncation)


def _path(scorer: Scorer, generator: Generator, drawn: Drawn) -> Path:
    told = {
        "format": _FORMAT,
        "dynode": __version__,
        "generator": generator.info.fingerprint,
        "dtype": arithmetic(generator),
        "class": generator.info.class_index,
        "scorer": scorer.name,
        "owner": registry().scorers.owner_of(scorer.name),  # with its version
        "drawn": [drawn.seed, drawn.truncation, drawn.rows],
    }
    name = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]
    return cache_folder() / _SCORES / f"{name}.safetensors"


def _read(path: Path, model: ScorerModel) -> Tensor | None:
    if not path.exists():
        return None
    try:
        scores = files.load_tensors(path)[0][_SCORES]
    except (DynodeError, OSError, KeyError) as error:
        warnings.warn(
            f"the kept scores {path} are damaged ({error}); they are measured again", stacklevel=3
        )
        return None
    fits = scores.ndim == 2 and scores.shape[1] == len(model.attributes)
    return scores if fits and bool(scores.isfinite().all()) else None


def _keep(scores: Tensor, path: Path) -> None:
    """Keep scores; where that cannot be done, say so and go on."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.save_tensors({_SCORES: scores}, path, {})
    except (DynodeError, OSError) as error:
        warnings.warn(
            f"scores cannot be kept in {cache_folder()} ({error}); the next search measures them again: "
            f"point DYNODE_CACHE to a folder that can be written",
            stacklevel=3,
        )
