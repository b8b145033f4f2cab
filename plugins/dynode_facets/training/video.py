"""Train the bundled motion: clips of the world as codes, and whatever plugin learns motion from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode
from dynode.files import check_free
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode_facets.code_clips import write_code_clips

_METHOD = "stylegan-v-motion"


@dataclass(frozen=True)
class VideoRecipe:
    """Options of `train_video`; the defaults made the bundled motion."""

    clips: int = option(4096, help="Clips to learn from.", min=2)
    frames: int = option(192, help="Frames of a clip.", min=8)
    clip_seed: int = option(5, help="Seed of the clips.")
    ageing: float = option(
        1.0, help="How far a face ages, as a share of how far it does in the world.", min=0, max=1
    )
    steps: int = option(12000, help="Training steps.", unit="steps", min=1)
    seed: int = option(0, help="Seed of weights and batches.")


def train_video(
    output: Path, recipe: VideoRecipe, *, folder: Path, progress: Progress = silent
) -> None:
    """Train, or continue, and write the motion.

    Args:
        output: File to write.
        recipe: See `VideoRecipe`.
        folder: Where the run keeps its state and log, and, while it lasts, the clips' codes
            (1.6 GB).
        progress: Called after every step.
    """
    check_free(output, force=False)
    folder.mkdir(parents=True, exist_ok=True)
    generator = dynode.load_generator("facets-128", device="cpu")
    clips = folder / "clips.safetensors"
    write_code_clips(
        recipe.clips,
        clips,
        recipe.clip_seed,
        generator=generator,
        frames=recipe.frames,
        ageing=recipe.ageing,
        force=True,
    )
    dynode.train(
        _METHOD,
        generator,
        output,
        data=str(clips),
        folder=folder,
        seed=recipe.seed,
        progress=progress,
        steps=recipe.steps,
        called="facets-video",
    )
    clips.unlink()
