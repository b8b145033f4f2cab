"""What a user waits for and gets from a clip: `python benchmarks/clip_quality.py FOLDER [--frames 50]`.

Portraits of the bundled world at 128 pixels, 25 frames a second, kept without loss and as a phone would
(H.264, colours halved), and a folder of pictures. Each is given to the command line with nothing but
defaults:

    dynode invert CLIP -o OUT
    dynode edit CLIP --direction smile:1.5 -o OUT
    dynode invert FOLDER -o OUT

Seconds a frame are those of the whole command less those of the same command on two frames, over the other
frames; processor time beside wall time, for other programs may run. Then the codes, which the edit left in
the cache, are drawn without the edit and compared with what the command saw, and with the render before it
was compressed. Jitter is the root mean square of the second difference in time, of what is drawn less the
render, in levels of 255; that of the clip itself stands beside it. `--before` measures the default of 0.1
as near as options come to it (every frame by itself, 60 steps). Writes results/clip-quality.json as rows are
finished. What `edit` takes beyond `invert` is the fit of the motion, carrying the edit and drawing.
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
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import torch
from PIL import Image
from torch import Tensor

import dynode
from dynode_facets.clips import trajectory
from dynode_facets.evaluation import held_out
from dynode_facets.factors import population
from dynode_facets.render import render
from dynode_worlds.inversion import psnr
from dynode_worlds.motion import regular_times

RESULTS = Path(__file__).parent / "results"
FPS, SIDE, PICTURES = 25, 128, 24
STORED = {
    "lossless": ("libx264rgb", "rgb24", {"crf": "0"}),
    "compressed": ("libx264", "yuv420p", {"crf": "23"}),
}
BEFORE = ["--inverter-option", "each_frame=true", "--inverter-option", "steps=60"]


def rendered(motion: str, frames: int, seed: int = 0) -> Tensor:
    z = torch.from_numpy(np.random.RandomState(seed).randn(1, 512)).float()
    factors = trajectory(
        motion, 0.6 * population(z)[0], regular_times(frames / FPS, FPS), seed=seed
    )
    return torch.cat([render(part, SIDE) for part in factors.split(16)])


def eight_bit(images: Tensor) -> np.ndarray:
    return images.add(1).mul(127.5).round().clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()


def write(images: Tensor, path: Path, stored: str) -> Path:
    codec, layout, options = STORED[stored]
    with av.open(str(path), "w") as output:
        stream = output.add_stream(codec, rate=Fraction(FPS), options=options)
        stream.width = stream.height = SIDE
        stream.pix_fmt = layout
        for picture in eight_bit(images):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def call(arguments: list[str], cache: Path) -> tuple[float, float]:
    """Run `dynode` with an own cache; wall and processor seconds."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "dynode", *arguments, "--force"]
    environment = os.environ | {"DYNODE_CACHE": str(cache)}
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=told)
        _, status, used = os.wait4(process.pid, 0)
        told.seek(0)
        if os.waitstatus_to_exitcode(status):
            raise SystemExit(told.read().decode())
    return time.perf_counter() - began, used.ru_utime + used.ru_stime


def jitter(images: Tensor) -> float:
    change = images[2:] - 2 * images[1:-1] + images[:-2]
    return round(float(change.square().mean().sqrt()) * 127.5, 2)


def seen(path: Path) -> Tensor:
    from dynode.media.clip import open_clip

    frames = torch.from_numpy(np.stack(list(open_clip(path).frames()))).permute(0, 3, 1, 2)
    return frames.float() / 127.5 - 1


def drawn(clip: Path, cache: Path, more: list[str]) -> Tensor:
    """Draw the codes that the edit has left in the cache."""
    os.environ["DYNODE_CACHE"] = str(cache)
    options = dict(part.split("=") for part in more[1::2])
    generator = dynode.load_generator()
    found = dynode.invert(
        clip, generator, **{name: json.loads(value) for name, value in options.items()}
    )
    with torch.no_grad():
        parts = [
            generator.synthesize(found.latents[at : at + 8])
            for at in range(0, len(found.latents), 8)
        ]
    return torch.cat(parts).clamp(-1, 1)


def measured(
    folder: Path, motion: str, stored: str, frames: int, more: list[str]
) -> dict[str, object]:
    render_of = rendered(motion, frames)
    clip = write(render_of, folder / f"{motion}-{stored}.mkv", stored)
    short = write(render_of[:2], folder / f"{motion}-{stored}-short.mkv", stored)
    commands = {
        "invert": ["-o", str(folder / "codes.safetensors")],
        "edit": ["--direction", "smile:1.5", "-o", str(folder / "out.mp4")],
    }
    cost: dict[str, object] = {}
    for name, rest in commands.items():
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            start = call([name, str(short), *more, *rest], Path(cache))
            whole = call([name, str(clip), *more, *rest], Path(cache))
            again = drawn(clip, Path(cache), more)
        cost[name] = {
            "start_s": [round(value, 2) for value in start],
            "wall_s_a_frame": round((whole[0] - start[0]) / (frames - 2), 3),
            "cpu_s_a_frame": round((whole[1] - start[1]) / (frames - 2), 3),
        }
    shown = seen(clip)
    return {
        "motion": motion,
        "stored": stored,
        "frames": frames,
        **cost,
        "db": round(float(psnr(again, shown).mean()), 2),
        "least_db": round(float(psnr(again, shown).min()), 2),
        "db_of_render": round(float(psnr(again, render_of).mean()), 2),
        "jitter": jitter(again - render_of),
        "jitter_of_clip": jitter(shown - render_of),
    }


def pictures(folder: Path) -> dict[str, object]:
    images, _ = held_out(PICTURES, seed=5)
    both = []
    for name, count in (("few", 1), ("many", PICTURES)):
        where = folder / name
        where.mkdir(exist_ok=True)
        for index, picture in enumerate(eight_bit(images[:count])):
            Image.fromarray(picture).save(where / f"{index:03d}.png")
        with tempfile.TemporaryDirectory(dir=folder) as cache:
            both.append(
                call(["invert", str(where), "-o", str(folder / "codes.safetensors")], Path(cache))
            )
    generator = dynode.load_generator()
    codes = dynode.Latents.load(
        folder / "codes.safetensors", fingerprint=generator.info.fingerprint
    )
    with torch.no_grad():
        again = torch.cat(
            [generator.synthesize(codes[at : at + 8]) for at in range(0, PICTURES, 8)]
        )
    shown = torch.from_numpy(eight_bit(images)).permute(0, 3, 1, 2).float() / 127.5 - 1
    (wall_1, cpu_1), (wall, cpu) = both
    return {
        "pictures": PICTURES,
        "start_s": [round(wall_1, 2), round(cpu_1, 2)],
        "wall_s_a_picture": round((wall - wall_1) / (PICTURES - 1), 3),
        "cpu_s_a_picture": round((cpu - cpu_1) / (PICTURES - 1), 3),
        "db": round(float(psnr(again, shown).mean()), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=50)
    parser.add_argument("--motions", default="talking,turning,blinking")
    parser.add_argument(
        "--before", type=int, default=0, help="frames of the old default; 0 leaves it out"
    )
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    document: dict[str, object] = {
        "command": " ".join(["python", "benchmarks/clip_quality.py", "FOLDER", *sys.argv[2:]]),
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores, 1 thread, torch {torch.__version__}",
        "load": [],
    }

    def keep(name: str, row: dict[str, object]) -> None:
        print(row, flush=True)
        document[name] = row
        document["load"] = [round(value, 1) for value in os.getloadavg()]
        (RESULTS / "clip-quality.json").write_text(json.dumps(document, indent=1) + "\n")

    for motion in given.motions.split(","):
        for stored in STORED:
            row = measured(given.folder, motion, stored, given.frames, [])
            keep(f"{motion}, {stored}", row)
    keep("folder", pictures(given.folder))
    for stored in STORED if given.before else ():
        for name, more in (("before", BEFORE), ("now", [])):
            row = measured(given.folder, "talking", stored, given.before, more)
            keep(f"{name}, {stored}, {given.before} frames", row)


if __name__ == "__main__":
    main()
