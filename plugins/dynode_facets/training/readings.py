"""Read the first portraits of seed 0 with the bundled scorer, for `find` to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode.files import check_free, load_tensors, save_tensors
from dynode.generator import Generator, draw_population
from dynode.latents import Latents
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode.scoring import score_latents
from dynode_facets.bundled import load_generator
from dynode_facets.readings import SEED, TRUNCATION
from dynode_facets.scorer import FacetsScorerModel

_BATCH = 200


@dataclass(frozen=True)
class ReadingsRecipe:
    """Options of `read_portraits`; the defaults made the bundled readings."""

    samples: int = option(5000, help="Portraits to read.", unit="pictures", min=1, max=10**6)


def read_portraits(
    output: Path,
    recipe: ReadingsRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Read portraits, or continue, and write the readings in half precision (0.001 at most).

    Args:
        output: Safetensors file to write.
        recipe: What to do.
        folder: Where finished parts are kept.
        generator: Draws the portraits; None for the bundled one.
        force: Replace an output that exists.
        progress: Called after every part.
        until: Stop after this many pictures, to be continued later.

    Raises:
        OutputExistsError: The output exists and `force` is off.
    """
    check_free(output, force=force)
    generator = generator or load_generator("cpu")
    scorer = FacetsScorerModel.bundled(generator.device)
    latents = draw_population(generator, recipe.samples, seed=SEED, truncation=TRUNCATION).latents
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, recipe.samples, _BATCH):
        if until is not None and start >= until:
            return
        part = folder / f"readings-{start:06d}.safetensors"
        parts.append(_read_part(part, scorer, generator, latents[start : start + _BATCH]))
        progress(min(start + _BATCH, recipe.samples), recipe.samples, "reading")
    scores = torch.cat(parts).half()
    save_tensors({"scores": scores}, output, {"fingerprint": generator.info.fingerprint})


def _read_part(
    path: Path, scorer: FacetsScorerModel, generator: Generator, latents: Latents
) -> Tensor:
    if not path.exists():
        save_tensors({"scores": score_latents(scorer, generator, latents)}, path, {})
    return load_tensors(path)[0]["scores"]
