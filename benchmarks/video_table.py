"""StyleGAN-V and MoCoGAN on clips of the facets world, at an equal budget of processor time.

    python benchmarks/video_table.py train FOLDER [--seconds 300] [--kinds concat_const sum_w …]
    python benchmarks/video_table.py measure FOLDER

KINDS are StyleGAN-V as published (`concat_const`), with motion added to the style codes (`sum_w`), the
same with filtered noise or one of the ideas of `video_ideas.py`, pictures first, the hypernetwork,
and MoCoGAN.
`train` writes clips of the renderer, then gives each kind the same processor time, start-up included,
on one thread; what counts is its last snapshot. `measure` reads what moves off drawn frames with the
bundled scorer, real clips in the same way, and writes `results/video-table.md` and `.json`.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor
from video_ideas import IDEAS, put_in
from video_motion import COLUMNS, STILL, Clips, figures, read, real
from video_motion import reversals as reversing

import dynode
from dynode.generator.video import VideoGenerator, fitted_motion
from dynode.latents import Motion
from dynode.media.images import grid, write_image
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_STD
from dynode_facets.render import render

SIDE, CLIPS, FRAMES, FPS = 64, 128, 64, 25.0
PEOPLE, WATCHED, LENGTH, START = 768, 48, 32, 16
SHARED = {
    "max-channels": 32, "z-dim": 64, "w-dim": 64, "motion-dim": 64, "max-frames": FRAMES,
    "gamma": 1, "augment": "none", "snapshot-every": 10, "samples-every": 100, "save-every": 1000,
    "steps": 100000,
}  # fmt: skip
MOTION_ONLY = ("motion-dim", "max-frames")
VIDEO = {"batch": 8, "frequencies": 32, "max-period": 256}
KINDS: dict[str, dict[str, object]] = {
    "concat_const": {**VIDEO, "condition": "concat_const"},
    "sum_w": {**VIDEO, "condition": "sum_w"},
    "mocogan": {"batch": 4, "snapshot-every": 2},
    "pictures first": {**VIDEO, "condition": "sum_w"},
    "hyper": {**VIDEO, "condition": "sum_w", "hyper": True},
    "concat_w": {**VIDEO, "condition": "concat_w"},
    "filtered": {**VIDEO, "condition": "sum_w", "strategy": "filtered"},
    **{idea: {**VIDEO, "condition": "sum_w"} for idea in IDEAS},
}
FROZEN = "facets-video"
STILL_FIRST = "pictures first"
STILL_BATCH = 16


def write_clips(folder: Path) -> None:
    """Write clips of the renderer as folders of PNG."""
    factors = moving_factors(CLIPS, FRAMES, FPS, 7)
    for number, clip in enumerate(factors):
        place = folder / f"{number:04d}"
        place.mkdir(parents=True)
        for frame, picture in enumerate(render(clip, SIDE)):
            write_image(grid(picture[None], columns=1), place / f"{frame:03d}.png")


def train(folder: Path, kinds: list[str], seconds: int) -> None:
    """Give each kind its processor time; what was trained before is kept."""
    clips, spent = folder / "clips", folder / "seconds"
    if not clips.exists():
        write_clips(clips)
        spent.write_text(str(seconds))
    if int(spent.read_text()) != seconds:
        raise SystemExit(f"{folder} holds trainings of {spent.read_text()} s; ask for as many")
    for kind in kinds:
        if done(folder, kind):
            continue
        extra: list[str] = []
        if kind == STILL_FIRST:
            seconds_each = seconds // 2
            shape = {name: value for name, value in SHARED.items() if name not in MOTION_ONLY}
            run(folder, "stylegan2", "pictures", {**shape, "batch": STILL_BATCH}, seconds_each)
            extra = ["--from", str(last_snapshot(folder / "pictures"))]
        family = "mocogan" if kind == "mocogan" else "stylegan-v"
        length = seconds // 2 if kind == STILL_FIRST else seconds
        run(folder, family, kind, {**SHARED, **KINDS[kind]}, length, extra)
        (folder / f"{kind}.done").touch()
        print(kind, last_snapshot(folder / kind), flush=True)


def run(
    folder: Path,
    family: str,
    kind: str,
    options: dict[str, object],
    seconds: int,
    extra: Sequence[str] = (),
) -> None:
    """Train until the processor time is spent."""
    shutil.rmtree(folder / kind, ignore_errors=True)
    start = (
        [str(Path(__file__).with_name("video_ideas.py")), kind]
        if kind in IDEAS
        else ["-m", "dynode"]
    )
    command = [sys.executable, *start, "train", family, "--data", str(folder / "clips")]
    command += ["--no-flip", "--run-folder", str(folder / kind), "--force", *extra]
    command += ["-o", str(folder / f"{kind}.safetensors")]
    for name, value in options.items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    limit = (seconds, seconds + 5)
    with (folder / f"{kind}.log").open("w") as log:
        subprocess.run(
            command,
            stdout=log,
            stderr=log,
            check=False,
            preexec_fn=partial(resource.setrlimit, resource.RLIMIT_CPU, limit),
        )


def done(folder: Path, kind: str) -> bool:
    """Say whether a kind has had its time."""
    return (folder / f"{kind}.done").exists()


def last_snapshot(run: Path) -> Path:
    """Find what a run wrote last."""
    return max(run.glob("snapshot-*.safetensors"), key=lambda path: int(path.stem.split("-")[1]))


def drawn(path: Path | str) -> Clips:
    """Give what draws frames (rows, frame numbers) of a trained generator."""
    with put_in(Path(path).parent.name):
        generator = dynode.load_generator(path)
        assert isinstance(generator, VideoGenerator)
        latents = generator.sample(PEOPLE, seed=5, truncation=1.0)
        motion = fitted_motion(generator, Motion.draw(PEOPLE, seed=5), latents)
        times = torch.arange(START, START + LENGTH, dtype=torch.float64)
        codes = generator.motion_codes(motion, times)

    def draw(rows: Tensor, at: Tensor) -> Tensor:
        moved = codes[rows, at][:, None]
        return generator.synthesize_frames(latents[rows], moved, resolution=SIDE)[:, 0]

    return torch.empty(0), draw


def described(clips: Clips) -> dict[str, Tensor]:
    """Read what is compared off frames; see `video_motion.described`, which reads codes."""
    draw, people = clips[1], torch.arange(PEOPLE)
    rows = torch.arange(WATCHED).repeat_interleave(LENGTH)
    factors = read(draw, rows, torch.arange(LENGTH).repeat(WATCHED))[1].view(WATCHED, LENGTH, -1)
    moving = factors[..., COLUMNS]
    speed, jerk = moving.diff(dim=1).abs(), moving.diff(n=3, dim=1).abs()
    return {
        "amplitude": moving.std(1),
        "motion": torch.cat([moving.std(1), speed.mean(1), jerk.mean(1)], 1),
        "jerk": jerk.mean((0, 1)),
        "identity of codes": factors[..., STILL].std(1) / FACTOR_STD,
        "identity": factors[..., STILL].std(1) / FACTOR_STD,
        "reversals": reversing(moving)[None],
        "outside": (moving.abs() > 1).float().mean()[None],
        "hidden": read(draw, people, people % LENGTH)[0],
    }


def measured(path: Path, truth: dict[str, Tensor]) -> dict[str, object]:
    """Measure a generator and say what a frame of it costs."""
    clips = drawn(path)
    began = time.process_time()
    clips[1](torch.arange(64), torch.zeros(64, dtype=torch.long))
    cost = (time.process_time() - began) / 64
    found = figures(described(clips), truth)
    found["drawing, ms a frame"] = round(1000 * cost, 2)
    steps = int(path.stem.split("-")[1])
    kind = path.parent.name
    clip_frames = 16 if kind == "mocogan" else 3
    found["steps"] = steps
    found["frames seen"] = steps * int(str(KINDS[kind]["batch"])) * clip_frames
    return found


def sheet(paths: dict[str, Path], target: Path) -> None:
    """Draw two videos a generator at eight times, a row each, under two real ones."""
    rows, at = torch.arange(2).repeat_interleave(8), torch.arange(0, 32, 4).repeat(2)
    pictures = [real(200)[1](rows, at)] + [drawn(path)[1](rows, at) for path in paths.values()]
    write_image(grid(torch.cat(pictures).clamp(-1, 1), columns=8), target)


def measure(folder: Path) -> None:
    """Measure all that was trained, and write the table."""
    paths = {kind: last_snapshot(folder / kind) for kind in KINDS if done(folder, kind)}
    kept = folder / "columns.json"
    columns: dict[str, dict[str, object]] = json.loads(kept.read_text()) if kept.exists() else {}
    truth = described(real(100))
    for kind in ("real, other clips", *paths, FROZEN):
        if kind in columns:
            continue
        if kind in paths:
            columns[kind] = measured(paths[kind], truth)
        else:
            clips = drawn(FROZEN) if kind == FROZEN else real(200)
            columns[kind] = figures(described(clips), truth)
        kept.write_text(json.dumps(columns))
        print(kind, json.dumps(columns[kind]), flush=True)
    sheet(paths, folder / "sheet.png")
    write_json("video-table", columns)
    write_markdown("video-table", table(columns, int((folder / "seconds").read_text())))


def table(columns: dict[str, dict[str, object]], seconds: int) -> list[str]:
    """Lay the figures out, a row each."""
    last = max(columns.values(), key=len)
    rows = [row for row in last if row not in ("identity of codes", "motion, first clips")]
    lines = [
        f"`python benchmarks/video_table.py`: {SIDE} px, up to 32 channels, from random weights, the same",
        f"processor time each ({seconds} s; {STILL_FIRST}: half of it for pictures); {FROZEN}, whose",
        f"pictures were trained before and whose motion took 106 s, stands beside. {WATCHED} clips of",
        f"{LENGTH} frames from frame {START} on, and {PEOPLE} people for the frames, all read by the scorer,",
        "real clips too.",
        "Amplitude and jerk: made / real.",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row in rows:
        cells = [str(column.get(row, "")) for column in columns.values()]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    """Train or measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("job", choices=["train", "measure"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--kinds", nargs="+", default=list(KINDS))
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.job == "train":
        train(given.folder, given.kinds, given.seconds)
    else:
        measure(given.folder)


if __name__ == "__main__":
    with torch.no_grad():
        main()
