"""Draw the sheet of the bundled video generator beside real clips: 8 videos, 12 times each.

    python benchmarks/video_sheet.py

Writes `docs/images/facets-video.jpg`: made clips on the left, real ones (the renderer's) on the right.
"""

from __future__ import annotations

from pathlib import Path

import torch

import dynode
from dynode.latents import Motion
from dynode.media.images import grid
from dynode_facets.code_clips import moving_factors
from dynode_facets.render import render
from dynode_stylegan_v.moving import MovingGenerator

VIDEOS, TIMES, STEP, SIDE = 8, 12, 4, 64
OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "facets-video.jpg"


@torch.no_grad()
def main() -> None:
    """Draw."""
    generator = dynode.load_generator("facets-video")
    assert isinstance(generator, MovingGenerator)
    latents = generator.sample(VIDEOS, seed=1, truncation=1.0)
    motion = generator.fitted(Motion.draw(VIDEOS, seed=1), latents)
    codes = generator.motion_codes(motion, torch.arange(TIMES, dtype=torch.float64) * STEP)
    made = generator.synthesize_frames(latents, codes, resolution=SIDE)
    factors = moving_factors(VIDEOS, TIMES * STEP, 25.0, 300)[:, ::STEP]
    real = torch.stack([render(clip, SIDE) for clip in factors])
    gap = torch.ones(VIDEOS, 1, *made.shape[2:])
    sheet = torch.cat([made, gap, real], dim=1).flatten(0, 1)
    grid(sheet.clamp(-1, 1), columns=2 * TIMES + 1).save(OUTPUT, quality=88, optimize=True)


if __name__ == "__main__":
    main()
