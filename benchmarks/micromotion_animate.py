"""The part of benchmarks/micromotion.py on `animate`: seconds, and how far what stands still varies."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import torch
from micromotion_bench import Bench
from PIL import Image, ImageSequence
from torch import Tensor

import dynode
from dynode.media.clip import open_clip
from dynode.media.images import grid, to_uint8, write_image


def animate_part(bench: Bench) -> dict:
    """Time the command's steps on a still picture, and watch what stands still."""
    folder, told = bench.args.state, {}
    picture = folder / "face.png"
    drawn = bench.generator.synthesize(bench.generator.sample(1, seed=9))
    write_image(grid(drawn, columns=1, gap_px=0), picture)
    motion = bench.args.motion or "smile"
    for name, source in (("image", picture), ("sampled", None)):
        start, processor = time.perf_counter(), time.process_time()
        animation = dynode.animate(source, motion, generator=bench.generator, seed=9, frames=100)
        animation.save(folder / f"{name}.mp4", fps=30)
        told[f"{name}, seconds"] = round(time.perf_counter() - start, 1)
        told[f"{name}, processor seconds"] = round(time.process_time() - processor, 1)
    frames = torch.cat(list(animation.frames()))
    levels = to_uint8(frames).int()
    still = still_background(frames)
    told["background pixels whose values are constant"] = int(still.sum())
    told["they vary by, of 255"] = spread(levels, still)
    for suffix in (".webp", ".gif", ".mp4"):
        clip = folder / f"sampled{suffix}"
        animation.save(clip, fps=30)
        told[f"they vary by in a {suffix}"] = spread(read_clip(clip), still)
    told["they vary by when each frame is stretched"] = spread(stretched(frames), still)
    border = torch.zeros_like(still)
    border[:40, :12] = border[:40, -12:] = True
    told["pixels at the upper left and right border vary by"] = spread(levels, border)
    told["and when each frame is stretched"] = spread(stretched(frames), border)
    return told


def read_clip(path: Path) -> Tensor:
    """Read a clip back, (n, h, w, 3)."""
    if path.suffix == ".mp4":
        return torch.from_numpy(np.stack(list(open_clip(path).frames()))).int()
    with Image.open(path) as file:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(file)]
    return torch.from_numpy(np.stack(frames)).int()


def still_background(frames: Tensor) -> Tensor:
    """Pixels whose drawn value varies by less than half a level over the clip, (h, w)."""
    clipped = frames.clamp(-1, 1)
    return (clipped.amax(0) - clipped.amin(0)).amax(0) < 1 / 255


def stretched(frames: Tensor) -> Tensor:
    """Map each frame by its own darkest and lightest value, as the released code does."""
    low, high = frames.amin((1, 2, 3), keepdim=True), frames.amax((1, 2, 3), keepdim=True)
    return ((frames - low) / (high - low) * 255).round().int().permute(0, 2, 3, 1)


def spread(levels: Tensor, pixels: Tensor) -> int:
    """Largest difference between frames at some pixels, of (n, h, w, 3)."""
    if not bool(pixels.any()):
        return 0
    return int((levels.amax(0) - levels.amin(0)).amax(-1)[pixels].max())
