"""Draw the sheet of a bundled video generator beside real clips: 8 videos, 12 times each.

    python benchmarks/video_sheet.py [--world skies]

Writes `docs/images/WORLD-video.jpg`: made clips on the left, real ones (the renderer's) on the right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch.nn import functional
from video_motion import LANDSCAPES, PORTRAITS

import dynode
from dynode.latents import Motion
from dynode.media.images import grid
from dynode_stylegan_v.moving import MovingGenerator
from dynode_worlds.code_clips import moving_factors

VIDEOS, TIMES, SIDE = 8, 12, 64
STEP = {"facets": 4, "skies": 10}
IMAGES = Path(__file__).parents[1] / "docs" / "images"


@torch.no_grad()
def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", choices=list(STEP), default="facets")
    name = parser.parse_args().world
    subject, step = PORTRAITS if name == "facets" else LANDSCAPES, STEP[name]
    generator = dynode.load_generator(f"{name}-video")
    assert isinstance(generator, MovingGenerator)
    latents = generator.sample(VIDEOS, seed=1, truncation=1.0)
    motion = generator.fitted(Motion.draw(VIDEOS, seed=1), latents)
    codes = generator.motion_codes(motion, torch.arange(TIMES, dtype=torch.float64) * step)
    large = generator.synthesize_frames(latents, codes)
    made = functional.adaptive_avg_pool2d(large.flatten(0, 1), SIDE).unflatten(0, large.shape[:2])
    factors = moving_factors(subject.world, VIDEOS, TIMES * step, subject.fps, 300)[:, ::step]
    real = torch.stack([subject.world.render(clip, SIDE) for clip in factors])
    gap = torch.ones(VIDEOS, 1, *made.shape[2:])
    sheet = torch.cat([made, gap, real], dim=1).flatten(0, 1)
    path = IMAGES / f"{name}-video.jpg"
    grid(sheet.clamp(-1, 1), columns=2 * TIMES + 1).save(path, quality=88, optimize=True)


if __name__ == "__main__":
    main()
