"""Clips of a world as trajectories of codes: what the bundled motions are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode import files
from dynode.errors import OptionError
from dynode.plugins import Progress, silent
from dynode.weights import write_safetensors
from dynode_worlds.world import World

if TYPE_CHECKING:
    from dynode.generator import Generator


def moving_factors(
    world: World, count: int, frames: int, fps: float, seed: int, progress: Progress = silent
) -> Tensor:
    """Draw pictures of the population and what moves in them, one motion each, in regular frames.

    Args:
        world: What to draw.
        count: Clips.
        frames: Frames of a clip.
        fps: Frames a second.
        seed: Chooses pictures and motions.
        progress: Called with the number of clips.

    Returns:
        Factors (count, frames, F) float32; the first frame is the picture at rest.
    """
    times = torch.arange(frames, dtype=torch.float64) / fps
    return world.moving(times, count, seed=seed, progress=progress)


def write_code_clips(
    world: World,
    count: int,
    output: Path,
    seed: int,
    *,
    generator: Generator,
    frames: int = 64,
    fps: float = 25,
    shares: Sequence[str] = (),
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Write the codes of moving pictures, exact: the generator's w is affine in the factors.

    The file holds `codes`, (count, frames, 1, w_dim) float32: one row, for all rows are alike.

    Args:
        world: What to draw.
        count: Clips.
        output: `.safetensors` file to write.
        seed: Chooses pictures and motions.
        generator: The bundled generator of the world.
        frames: Frames of a clip.
        fps: Frames a second.
        shares: How far factors move, as shares of how far they do in the world, such as `age=0.8`.
        force: Replace a file that exists.
        progress: Called with the number of clips.

    Raises:
        OptionError: A share names no factor of the world, or one twice, or is no number from 0 to 1.
    """
    files.check_free(output, force=force)
    lessened = _parsed(shares, world.population.names)
    factors = moving_factors(world, count, frames, fps, seed, progress)
    _lessen(factors, lessened)
    width = generator.info.w_dim
    codes = world.codes.code_of(factors.flatten(0, 1), width).view(count, frames, 1, -1)
    made_by = f"--count {count} --frames {frames} --seed {seed} --fps {fps:g}"
    write_safetensors({"codes": codes}, output, _facts(world, generator, fps, made_by, shares))


def _lessen(factors: Tensor, lessened: Sequence[tuple[int, float]]) -> None:
    for column, share in lessened:
        moving = factors[..., column]
        moving.copy_(moving[:, :1].lerp(moving, share))


def _facts(
    world: World, generator: Generator, fps: float, made_by: str, shares: Sequence[str]
) -> dict[str, str]:
    told = f" --shares {','.join(shares)}" if shares else ""
    return {
        "dynode.format": "dynode.code-clips",
        "dynode.version": "1",
        "fingerprint": generator.info.fingerprint,
        "generator": generator.info.name,
        "fps": repr(float(fps)),
        "made_by": f"dynode {world.name} trajectories {made_by}{told}",
    }


def _parsed(shares: Sequence[str], names: Sequence[str]) -> list[tuple[int, float]]:
    found: list[tuple[int, float]] = []
    for share in shares:
        name, _, value = share.partition("=")
        try:
            number = float(value)
        except ValueError:
            number = -1.0
        if name in [names[column] for column, _ in found]:
            raise OptionError(f"shares holds {name} more than once; say once how far it moves")
        if name not in names or not 0 <= number <= 1:
            raise OptionError(
                f"shares holds {share!r}; expected FACTOR=SHARE, a share from 0 to 1 and one of the "
                f"factors {', '.join(names)}"
            )
        found.append((names.index(name), number))
    return found
