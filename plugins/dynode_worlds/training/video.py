"""Train the bundled motion: clips of the world as codes, and whatever plugin learns motion from them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dynode
from dynode.files import check_free, load_tensors, save_tensors
from dynode.generator import Generator
from dynode.options import option
from dynode.plugins import Progress, silent
from dynode_worlds.code_clips import write_code_clips
from dynode_worlds.world import World

_METHOD = "stylegan-v-motion"


@dataclass(frozen=True)
class VideoRecipe:
    """Options of `train_video`."""

    clips: int = option(4096, help="Clips to learn from.", min=2)
    frames: int = option(192, help="Frames of a clip.", min=8)
    fps: float = option(25.0, help="Frames a second.", min=0.1)
    clip_seed: int = option(5, help="Seed of the clips.")
    shares: tuple[str, ...] = option(
        (), help="How far factors move, as shares of how far they do, such as age=0.8."
    )
    steps: int = option(12000, help="Training steps.", unit="steps", min=1)
    seed: int = option(0, help="Seed of weights and batches.")
    half: bool = option(False, help="Write the networks, not the curves, in half precision.")


def train_video(
    world: World,
    output: Path,
    recipe: VideoRecipe,
    *,
    folder: Path,
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Train, or continue, and write the motion of a world's bundled generator.

    Args:
        world: What moves.
        output: File to write.
        recipe: See `VideoRecipe`.
        folder: Where the run keeps its state and log, and while it lasts codes of clips (1.6 GB).
        force: Replace an output that exists.
        progress: Called after every step.
    """
    check_free(output, force=force)
    folder.mkdir(parents=True, exist_ok=True)
    generator, clips = world.load_generator("cpu"), folder / "clips.safetensors"
    try:
        _write(world, recipe, generator, clips)
        dynode.train(
            _METHOD,
            generator,
            output,
            data=str(clips),
            folder=folder,
            seed=recipe.seed,
            force=force,
            progress=progress,
            steps=recipe.steps,
            called=f"{world.name}-video",
        )
    finally:
        clips.unlink(missing_ok=True)
    if recipe.half:
        _halve(output)


def _write(world: World, recipe: VideoRecipe, generator: Generator, clips: Path) -> None:
    write_code_clips(
        world,
        recipe.clips,
        clips,
        recipe.clip_seed,
        generator=generator,
        frames=recipe.frames,
        fps=recipe.fps,
        shares=recipe.shares,
        force=True,
    )


def _halve(path: Path) -> None:
    """Write a file again, its layers in half precision; curves so rounded would tremble."""
    tensors, facts = load_tensors(path)
    halved = {name: part.half() if ".layers." in name else part for name, part in tensors.items()}
    save_tensors(halved, path, facts)
