"""Read the first pictures of seed 0 with the bundled scorer of a world, for `find` to begin with."""

from __future__ import annotations

from collections.abc import Callable
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
from dynode_worlds.readings import SEED, TRUNCATION
from dynode_worlds.scorer import WorldScorer
from dynode_worlds.world import World

_BATCH = 200


@dataclass(frozen=True)
class ReadingsRecipe:
    """Options of `read_pictures`; the defaults made the bundled readings."""

    samples: int = option(5000, help="Pictures to read.", unit="pictures", min=1, max=10**6)


def read_pictures(
    world: World,
    load_scorer: Callable[[torch.device | str], WorldScorer],
    output: Path,
    recipe: ReadingsRecipe,
    *,
    folder: Path,
    generator: Generator | None = None,
    force: bool = False,
    progress: Progress = silent,
    until: int | None = None,
) -> None:
    """Read pictures, or continue, and write the readings in half precision (0.001 at most).

    Args:
        world: What is read.
        load_scorer: Loads what reads.
        output: Safetensors file to write.
        recipe: What to do.
        folder: Where finished parts are kept.
        generator: Draws the pictures; None for the bundled one.
        force: Replace an output.
        progress: Called after every part.
        until: Stop after this many pictures, to be continued later.
    """
    check_free(output, force=force)
    generator = generator or world.load_generator("cpu")
    scorer = load_scorer(generator.device)
    latents = draw_population(generator, recipe.samples, seed=SEED, truncation=TRUNCATION).latents
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for start in range(0, recipe.samples, _BATCH):
        if until is not None and start >= until:
            return
        part = folder / f"readings-{start:06d}.safetensors"
        parts.append(_read_part(part, scorer, generator, latents[start : start + _BATCH]))
        progress(start + len(parts[-1]), recipe.samples, "reading")
    found = {"scores": torch.cat(parts).half()}
    save_tensors(found, output, {"fingerprint": generator.info.fingerprint})


def _read_part(path: Path, scorer: WorldScorer, generator: Generator, latents: Latents) -> Tensor:
    if not path.exists():
        save_tensors({"scores": score_latents(scorer, generator, latents)}, path, {})
    return load_tensors(path)[0]["scores"]
