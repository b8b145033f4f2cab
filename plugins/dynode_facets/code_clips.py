"""Clips of the facets world as trajectories of codes: what the bundled motion is trained on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dynode import files
from dynode.plugins import Progress, silent
from dynode.weights import write_safetensors
from dynode_facets.factors import factor_index
from dynode_facets.w_space import code_of
from dynode_facets.world import FACETS

if TYPE_CHECKING:
    from dynode.generator import Generator


def moving_factors(
    count: int, frames: int, fps: float, seed: int, progress: Progress = silent
) -> Tensor:
    """Draw people of the population and what they do, one motion each, in regular frames.

    Args:
        count: Clips.
        frames: Frames of a clip.
        fps: Frames a second.
        seed: Chooses people and motions.
        progress: Called with the number of clips.

    Returns:
        Factors (count, frames, F) float32; the first frame is the person at rest.
    """
    times = torch.arange(frames, dtype=torch.float64) / fps
    return FACETS.moving(times, count, seed=seed, progress=progress)


def write_code_clips(
    count: int,
    output: Path,
    seed: int,
    *,
    generator: Generator,
    frames: int = 64,
    fps: float = 25,
    ageing: float = 1.0,
    force: bool = False,
    progress: Progress = silent,
) -> None:
    """Write the codes of moving portraits, exact: the generator's w is affine in the factors.

    The file holds `codes`, (count, frames, 1, w_dim) float32: one row, for all rows are alike.

    Args:
        count: Clips.
        output: `.safetensors` file to write.
        seed: Chooses people and motions.
        generator: The bundled generator.
        frames: Frames of a clip.
        fps: Frames a second.
        ageing: How far a face ages, as a share of how far it does in the world.
        force: Replace a file that exists.
        progress: Called with the number of clips.
    """
    files.check_free(output, force=force)
    factors = moving_factors(count, frames, fps, seed, progress)
    codes = _codes(_aged(factors, ageing), generator.info.w_dim)
    facts = {
        "dynode.format": "dynode.code-clips",
        "dynode.version": "1",
        "fingerprint": generator.info.fingerprint,
        "generator": generator.info.name,
        "fps": repr(float(fps)),
        "made_by": f"dynode facets trajectories --count {count} --frames {frames} --seed {seed} "
        f"--ageing {ageing:g}",
    }
    write_safetensors({"codes": codes}, output, facts)


def _codes(factors: Tensor, w_dim: int) -> Tensor:
    return code_of(factors.flatten(0, 1), w_dim).view(*factors.shape[:2], 1, -1)


def _aged(factors: Tensor, share: float) -> Tensor:
    """Let faces age to a share of the way; at its end, no older face can be told from them."""
    age = factors[..., factor_index("age")]
    age.copy_(age[:, :1].lerp(age, share))
    return factors
