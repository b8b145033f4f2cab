"""Project held-out clips of the facets world: does the motion come back?

    python benchmarks/video_projection.py [--clips 20]

Clips of the renderer become video files, are given to `dynode.invert(CLIP, "facets-video")`, drawn
again from content and motion, and read by the bundled scorer. Correlation and amplitude ratio are
against the true factors, and the ratio also against what the scorer reads off the clip itself, as it
is no perfect reader. Writes `results/video-projection.md` and `.json`.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor

import dynode
from dynode.generator.video import VideoGenerator
from dynode.pipeline.frame_files import save_frames
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_NAMES
from dynode_facets.render import render
from dynode_facets.scorer import load_scorer

LENGTH, FPS, SIDE, SEED, START = 32, 25, 128, 300, 16
LEAST = 0.03  # deviation within a clip from which a factor counts as moving


def redrawn(truth: Tensor, folder: Path) -> tuple[Tensor, float]:
    """Project a clip and read the factors (frames, F) off what is drawn; and the seconds it took."""
    path = folder / "clip.mp4"
    os.environ["DYNODE_CACHE"] = str(folder)  # so that nothing is known already
    save_frames(iter([render(truth, SIDE)[None]]), path, fps=FPS, columns=1)
    began = time.process_time()
    generator = dynode.load_generator("facets-video")
    assert isinstance(generator, VideoGenerator)
    found = dynode.invert(path, generator)
    took = time.process_time() - began
    assert found.motion is not None
    with torch.inference_mode():
        codes = generator.motion_codes(found.motion, torch.arange(LENGTH, dtype=torch.float64))
        frames = generator.synthesize_frames(found.latents, codes)[0]
        return load_scorer().score(frames.clamp(-1, 1)), took


def compared(truth: Tensor, read: Tensor, column: int) -> tuple[float, float, float]:
    """Return correlation and ratio to the truth, and ratio to what the scorer reads of the clip."""
    with torch.inference_mode():
        shown = load_scorer().score(render(truth, SIDE))[:, column].std()
    true, seen = truth[:, column], read[:, column]
    correlation = torch.corrcoef(torch.stack([true, seen]))[0, 1]
    return float(correlation), float(seen.std() / true.std()), float(seen.std() / shown)


def main() -> None:
    """Project and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=20)
    given = parser.parse_args()
    clips = moving_factors(150, START + LENGTH, float(FPS), SEED)[:, START:]
    found: dict[str, list[tuple[float, float, float]]] = {"yaw": [], "mouth_open": []}
    seconds = []
    for name, values in found.items():
        column = FACTOR_NAMES.index(name)
        moving = clips[clips[..., column].std(1) > LEAST][: given.clips // 2]
        for truth in moving:
            with tempfile.TemporaryDirectory() as folder:
                read, took = redrawn(truth, Path(folder))
            seconds.append(took)
            values.append(compared(truth, read, column))
            print(name, values[-1], round(took, 1), flush=True)
    report(found, seconds)


def report(found: dict[str, list[tuple[float, float, float]]], seconds: list[float]) -> None:
    """Write the figures."""
    write_json("video-projection", {"clips": found, "seconds": seconds})
    lines = [
        f"`python benchmarks/video_projection.py --clips {len(seconds)}`: held-out clips of",
        f"{LENGTH} frames, {sum(seconds) / len(seconds):.0f} s of processor time each.",
        "Ratio: amplitude to the true one; as read: to that which the scorer reads off the clip itself.",
        "",
        "| factor | clips | correlation, median | least | at least 0.8 | ratio, median | in 0.7 to 1.3 | "
        "as read, median | in 0.7 to 1.3 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, values in found.items():
        r, ratio, seen = torch.tensor(values).T
        within, seen_within = (int(((x >= 0.7) & (x <= 1.3)).sum()) for x in (ratio, seen))
        lines.append(
            f"| {name} | {len(values)} | {r.median():.2f} | {r.min():.2f} | {int((r >= 0.8).sum())} | "
            f"{ratio.median():.2f} | {within} | {seen.median():.2f} | {seen_within} |"
        )
    write_markdown("video-projection", lines)


if __name__ == "__main__":
    main()
