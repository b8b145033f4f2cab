"""Run every StyleCLIP mode with a real CLIP architecture on a 1024-pixel generator.

    python benchmarks/styleclip_1024.py

Both have random weights, so the edits mean nothing; sizes, files and passes are the real ones. open_clip
makes ViT-B-32-quickgelu, which is saved as OpenAI publishes it (a TorchScript archive in half
precision); the generator is saved as a rosinality checkpoint. Each mode runs in a process of its own,
loads both from their files, takes a few steps and applies what it found, so that its peak memory is
its own. Writes `results/styleclip-1024.json` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import torch

import dynode
from dynode.direction.base import Direction
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.testing import tiny_generator

RESULTS = Path(__file__).parent / "results"
ARCHITECTURE = "ViT-B-32-quickgelu"
SIDE = 1024
WIDTHS = {2**k: min(512, 2**15 // 2**k) for k in range(2, 11)}
MODES: dict[str, tuple[str, dict[str, Any], str]] = {
    "optimisation": ("styleclip", {"steps": 3}, "step, one picture"),
    "mapper": ("styleclip-mapper", {"steps": 3, "batch": 1}, "step, one picture"),
    "mapper of styles": (
        "styleclip-mapper",
        {"steps": 3, "batch": 1, "kind": "styles"},
        "step, one picture",
    ),
    "global, gradient": (
        "styleclip-global",
        {"neutral": "a face", "images": 1, "calibrate": False},
        "all: 32 renders, 25 backward passes",
    ),
    "global, exact": (
        "styleclip-global",
        {
            "neutral": "a face",
            "relevance": "exact",
            "images": 1,
            "layers": "b1024.conv1",
            "calibrate": False,
        },
        "picture, 32 of 6048 channels",
    ),
    "optimisation, published": (
        "styleclip",
        {"steps": 3, "published": True},
        "step, one picture",
    ),
    "mapper, published": (
        "styleclip-mapper",
        {"steps": 3, "batch": 1, "published": True},
        "step, one picture",
    ),
}


def main() -> None:
    """Run all modes, or one in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mode", choices=list(MODES), help="run this one here and print JSON")
    parser.add_argument("--folder", type=Path, help="where the two files are")
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.mode:
        print(json.dumps(run(args.mode, args.folder)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sizes = write_files(folder)
        for mode in MODES:
            command = [sys.executable, __file__, "--mode", mode, "--folder", name]
            environment = os.environ | {"DYNODE_CACHE": str(folder / "cache")}
            done = subprocess.run(
                command, check=True, capture_output=True, text=True, env=environment
            )
            rows.append({"mode": mode, **json.loads(done.stdout.splitlines()[-1])})
            print(rows[-1], flush=True)
            write(rows, sizes)


def write_files(folder: Path) -> dict[str, float]:
    """Write CLIP and the generator, and return their sizes in MB."""
    import open_clip

    torch.manual_seed(0)
    network = open_clip.create_model(ARCHITECTURE, pretrained=None).eval()
    example = (torch.zeros(1, 3, 224, 224), torch.zeros(1, 77, dtype=torch.long))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # torch deprecates tracing; OpenAI's files were made by it
        traced = torch.jit.trace(network, example, check_trace=False)
        torch.jit.save(traced.half(), folder / "clip.pt")
    del traced, network
    generator = tiny_generator(SIDE, w_dim=512, channels=WIDTHS, mapping_layers=8, domain="faces")
    state = {key: part.clone() for key, part in generator.network.state_dict().items()}
    checkpoint = Checkpoint("rosinality", generator.network.config, state, metadata={})
    write_checkpoint(checkpoint, folder / "generator.pt", layout="rosinality")
    files = ("clip.pt", "generator.pt")
    return {name: (folder / name).stat().st_size / 1e6 for name in files}


def run(mode: str, folder: Path) -> dict[str, Any]:
    """Load both files, find a direction, edit a picture with it."""
    method, options, _ = MODES[mode]
    marks = []

    def mark(done: int, total: int, message: str = "") -> None:
        marks.append((time.perf_counter(), time.process_time(), done))

    generator = dynode.load_generator(folder / "generator.pt")
    mark(0, 0)
    found = dynode.find(
        method,
        generator,
        text="a smiling face",
        clip=ARCHITECTURE,
        clip_weights=folder / "clip.pt",
        progress=mark,
        **options,
    )
    mark(0, 0)
    direction = found[0] if isinstance(found, list) else found
    assert isinstance(direction, Direction)
    latents = generator.sample(1, seed=0)
    with torch.no_grad():
        picture = generator.synthesize(direction.ready_for(generator).apply(latents))
    assert picture.shape == (1, 3, SIDE, SIDE) and bool(torch.isfinite(picture).all())
    return {**_per_step(mode, marks), "peak_mb": round(peak_mb())}


def _per_step(mode: str, marks: list[tuple[float, float, int]]) -> dict[str, float]:
    """Take the last of the equal steps, all channels of the one picture, or everything."""
    steps = marks[1:-1]
    begin, end, share = steps[-2] if len(steps) > 1 else marks[0], steps[-1], 1.0
    if mode == "global, exact":
        begin, share = steps[0], steps[-1][2] / (steps[-1][2] - steps[0][2])
    return {
        "step_cpu_s": round(share * (end[1] - begin[1]), 2),
        "step_wall_s": round(share * (end[0] - begin[0]), 2),
        "all_cpu_s": round(marks[-1][1] - marks[0][1], 1),
    }


def peak_mb() -> float:
    """Return the largest memory this process has had, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1e3


def write(rows: list[dict[str, Any]], sizes: dict[str, float]) -> None:
    """Write the table as far as it is."""
    machine = f"{platform.machine()}, 2 CPU cores, 1 thread, torch {torch.__version__}"
    document = {"machine": machine, "file_mb": sizes, "rows": rows}
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "styleclip-1024.json").write_text(json.dumps(document, indent=2) + "\n")
    told = ", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items())
    lines = [
        f"`python benchmarks/styleclip_1024.py` ({machine}), seed 0; {ARCHITECTURE} and a generator of",
        f"{SIDE} pixels with random weights, from files ({told})",
        "",
        "| mode | a step is | processor s | wall s | peak memory (MB) |",
        "|---|---|---:|---:|---:|",
    ]
    lines += [
        f"| {row['mode']} | {MODES[row['mode']][2]} | {row['step_cpu_s']:.1f} | "
        f"{row['step_wall_s']:.1f} | {row['peak_mb']} |"
        for row in rows
    ]
    (RESULTS / "styleclip-1024.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
