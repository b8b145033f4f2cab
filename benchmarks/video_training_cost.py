"""What an image costs in training: StyleGAN-V against StyleGAN2 of the same size.

Steps alternate in one process, on the same clips; processor time counts, the reading of frames
included. Each round is 16 steps of either, one of them with the gradient penalty. What motion of the
published width costs does not grow with the pictures.

    python benchmarks/video_training_cost.py [--rounds 1]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from result_files import write_markdown

from dynode.training import keep_freed_memory
from dynode_adversarial import TrainingJob
from dynode_adversarial.loop import Plan, _Game
from dynode_adversarial.pictures import TrainingPictures
from dynode_adversarial.still import StillSides, StillTrainingOptions
from dynode_adversarial.still_start import start_pair
from dynode_stylegan_v.video_options import VideoTrainingOptions
from dynode_stylegan_v.video_training import _sides

CLIPS, FRAMES, LENGTH = 4, 3, 40
SIZE, CHANNELS = 64, 32
SHAPES: dict[str, tuple[dict[str, int], dict[str, int]]] = {  # of both, and of motion alone
    "defaults": ({}, {}),
    "`--published`": ({}, {"published": True}),
    "all codes of width 64": ({"z_dim": 64, "w_dim": 64}, {"motion_dim": 64, "frequencies": 32}),
}


def write_clips(folder: Path, size: int) -> None:
    random = np.random.default_rng(0)
    for clip in range(8):
        (folder / str(clip)).mkdir(parents=True)
        for frame in range(LENGTH):
            pixels = random.integers(0, 256, (size // 8, size // 8, 3), dtype=np.uint8)
            picture = Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC)
            picture.save(folder / str(clip) / f"{frame:03d}.jpg", quality=95)


def games(folder: Path, both: dict[str, int], motion: dict[str, int]) -> dict[str, _Game]:
    never = 10**9
    shared = {"max_channels": CHANNELS, "samples_every": never, "snapshot_every": never, **both}
    video = VideoTrainingOptions(batch=CLIPS, frames=FRAMES, max_frames=LENGTH, **shared, **motion)
    still = StillTrainingOptions(batch=CLIPS * FRAMES, **shared)
    sides = _sides(video, TrainingJob(str(folder), folder), "video")
    pictures = TrainingPictures.read(str(folder), labels="none", flip=True)
    pair = start_pair(still, pictures, None, 0, torch.device("cpu"))
    plain = StillSides(pair, pictures, mixing=still.mixing, seed=0, about={})
    plan = Plan(folder, 0, SIZE, 4, {})
    return {"StyleGAN-V": _Game(sides, video, plan), "StyleGAN2": _Game(plain, still, plan)}


def seconds(game: _Game, index: int) -> float:
    began = time.process_time()
    game.step(index)
    return time.process_time() - began


def reading_share(game: _Game, step_s: float) -> float:
    began = time.process_time()
    for index in range(4):
        game.sides._read(index)  # type: ignore[attr-defined]
    return (time.process_time() - began) / 4 / step_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    keep_freed_memory()
    lines = [
        f"`python benchmarks/video_training_cost.py --rounds {given.rounds}`: one thread, float32, "
        f"{SIZE} px, up to {CHANNELS} channels, "
        f"{CLIPS} clips of {FRAMES} frames against {CLIPS * FRAMES} pictures a step, steps alternating, "
        "processor time with reading.",
        "",
        "| | StyleGAN-V, ms an image | StyleGAN2, ms an image | ratio | reading, of a step |",
        "|---|---|---|---|---|",
    ]
    for name, (wide, motion) in SHAPES.items():
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place) / "clips"
            write_clips(folder, SIZE)
            both = games(folder, wide, motion)
            for game in both.values():
                game.step(0)
            spent = dict.fromkeys(both, 0.0)
            for index in range(16 * given.rounds):
                for kind, game in both.items():
                    spent[kind] += seconds(game, index)
            images = 16 * given.rounds * CLIPS * FRAMES
            video, still = (1000 * spent[kind] / images for kind in both)
            share = reading_share(both["StyleGAN-V"], spent["StyleGAN-V"] / (16 * given.rounds))
            lines.append(
                f"| {name} | {video:.1f} | {still:.1f} | "
                f"{video / still:.2f} | {100 * share:.1f} % |"
            )
            print(lines[-1], flush=True)
            for game in both.values():
                game.sides.close()  # type: ignore[attr-defined]
    write_markdown("video-training-cost", lines)


if __name__ == "__main__":
    main()
