"""Seconds and memory of `dynode edit photo.jpg` with networks of the published sizes, and of its steps.

    python benchmarks/photograph_sizes.py

A photograph of 3000 x 2000 px with a drawn portrait, its five points in a file; a StyleGAN2 of 1024 px and
e4e's encoder in one file, as e4e publishes them, with random weights: the picture means nothing, sizes and
passes are the real ones. Each line is a command in a process of its own with the defaults a user gets
(OMP_NUM_THREADS is taken out of its environment) and an empty cache: wall and processor seconds, and the
largest memory it had. Writes `results/photograph-sizes.json` and `.md`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import torch
from composed import background, compose, known_points, portraits, square
from result_files import write_json, write_markdown

import dynode
from dynode.stylegan2.checkpoints import Checkpoint, write_checkpoint
from dynode.testing import tiny_generator

REFERENCE = Path(__file__).parents[1] / "tests" / "reference"
SIDE, PHOTO, FACE = 1024, (3000, 2000), 900
WIDTHS = {2**k: min(512, 2**15 // 2**k) for k in range(2, 11)}
INVERTED = (
    "{photo} --landmarks {points} --generator {e4e} --inverter e4e --inverter-option weights={e4e}"
)
EDIT = f"edit {INVERTED} --direction {{direction}} -o {{out}}.png"
COMMANDS = {
    "load and draw one picture": "generate --seeds 1 --generator {e4e} -o {out}.png",
    "cut out and invert": f"invert {INVERTED} -o {{out}}.safetensors",
    "edit the photograph": EDIT,
    "the same again": EDIT,
}
MEASURE = """
import json, resource, runpy, sys, time
sys.argv = ["dynode", *sys.argv[2:]]
pid = __import__("os").fork()
if not pid:
    from dynode_start import main
    main()
started = time.perf_counter()
status = __import__("os").waitpid(pid, 0)[1]
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"status": status, "wall_s": time.perf_counter() - started,
                  "cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1e3}), file=sys.stderr)
"""


def make(folder: Path) -> dict[str, Path]:
    """Write the photograph, its points, the networks in e4e's layout, and a direction."""
    frame = square(FACE, 8, (PHOTO[0] * 0.55, PHOTO[1] * 0.5))
    made = compose(background(1, PHOTO), portraits(dynode.load_generator("facets-128"))[0], frame)
    made.photo.save(folder / "photo.jpg", quality=95)
    (folder / "points.json").write_text(json.dumps(known_points(frame).tolist()))
    spec = importlib.util.spec_from_file_location("reference_fill", REFERENCE / "fill.py")
    assert spec is not None and spec.loader is not None
    fill = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fill)
    case, states, _, _ = fill.load_case(REFERENCE / "e4e-encoder")
    generator = tiny_generator(SIDE, w_dim=512, channels=WIDTHS, mapping_layers=8, domain="faces")
    drawn = {key: part.clone() for key, part in generator.network.state_dict().items()}
    decoder = folder / "decoder.pt"
    write_checkpoint(
        Checkpoint("rosinality", generator.network.config, drawn), decoder, "rosinality"
    )
    state = {key: torch.from_numpy(part) for key, part in states["state_dict"].items()}
    weights = torch.load(decoder, weights_only=True)["g_ema"]
    state |= {f"decoder.{key}": part for key, part in weights.items()}
    mean = torch.from_numpy(states["latent_avg"]["latent_avg"])
    options = argparse.Namespace(**case["config"]["opts"])
    torch.save({"state_dict": state, "latent_avg": mean, "opts": options}, folder / "e4e.pt")
    decoder.unlink()
    direction = dynode.LinearDirection(
        torch.randn(18, 512, generator=torch.Generator().manual_seed(0)) / 8
    )
    direction.save(folder / "direction.safetensors")
    names = ("photo.jpg", "points.json", "e4e.pt", "direction.safetensors")
    return {name.split(".")[0]: folder / name for name in names}


def measured(command: str, folder: Path, cache: str) -> dict[str, Any]:
    """Run one command and say what it took."""
    environment = {k: v for k, v in os.environ.items() if k != "OMP_NUM_THREADS"}
    environment |= {"DYNODE_CACHE": str(folder / cache)}
    load, started = os.getloadavg()[0], time.perf_counter()
    line = [sys.executable, "-P", "-c", MEASURE, "dynode", *command.split()]
    done = subprocess.run(line, capture_output=True, text=True, env=environment, check=False)
    told = json.loads(done.stderr.splitlines()[-1])
    if told["status"]:
        raise SystemExit(f"dynode {command}: {done.stderr}")
    told["wall_s"] = time.perf_counter() - started
    return {key: round(value, 1) for key, value in told.items() if key != "status"} | {
        "load_before": round(load, 1)
    }


def main() -> None:
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make(folder)
        for number, (step, template) in enumerate(COMMANDS.items()):
            command = template.format(out=folder / f"out{number}", **files)
            cache = f"cache{number - (step == 'the same again')}"
            rows.append({"step": step, **measured(command, folder, cache)})
            print(rows[-1], flush=True)
        size = files["e4e"].stat().st_size / 1e6
    about = {"processors": os.cpu_count(), "torch": torch.__version__, "file_mb": round(size)}
    write_json("photograph-sizes", {**about, "rows": rows})
    lines = ["# A photograph, with networks of the published sizes", ""]
    lines += ["Written by `python benchmarks/photograph_sizes.py`; do not edit.", ""]
    lines += [
        f"{PHOTO[0]} x {PHOTO[1]} px, StyleGAN2 of {SIDE} px and e4e's encoder in one file of {size:.0f} MB,"
    ]
    lines += [
        f"random weights, {about['processors']} processors, torch {about['torch']}; load is that before.",
        "",
    ]
    lines += [
        "| command | load | wall s | processor s | peak memory (MB) |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [
        f"| {row['step']} | {row['load_before']} | {row['wall_s']} | {row['cpu_s']} | {row['peak_mb']:.0f} |"
        for row in rows
    ]
    write_markdown("photograph-sizes", lines)


if __name__ == "__main__":
    main()
