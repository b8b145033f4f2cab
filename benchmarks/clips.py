"""Long clips on the command line: `python benchmarks/clips.py FOLDER [--frames 1500]`.

A talking portrait of the bundled world with a tone as its sound, 25 frames a second, 128 pixels. Edited
(`dynode edit CLIP --direction smile:1.5`, nothing but defaults) and interpolated in one go; and edited by a
process that is killed (signal 9) while it inverts, started again, killed while it draws, and started once
more. A short clip gives the memory to compare with. `--before PYTHON` gives the interpreter of another
installation, such as one of 0.1: both edit the same clip of 34 frames, the same command, one after the other.
Finished steps are kept in FOLDER/results.json, so the benchmark itself can be stopped.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch

from dynode.media.clip import open_clip
from dynode.media.segments import parts_folder
from dynode.testing.videos import audio_bytes, write_test_video
from dynode_facets.clips import trajectory
from dynode_facets.factors import population
from dynode_facets.render import render
from dynode_worlds.motion import regular_times

FPS = 25
SHORT = 125
COMPARED = 34


def portrait(frames: int) -> Iterator[np.ndarray]:
    z = torch.from_numpy(np.random.RandomState(0).randn(1, 512)).float()
    times = regular_times(frames / FPS, FPS)
    factors = trajectory("talking", 0.6 * population(z)[0], times, seed=0)
    for part in factors.split(16):
        shown = render(part, 128).add(1).mul(127.5).round().clamp(0, 255).byte()
        yield from shown.permute(0, 2, 3, 1).numpy()


def make(folder: Path, frames: int) -> Path:
    path = folder / f"talking-{frames}.mp4"
    if not path.exists():
        partial = path.with_name("partial.mp4")
        pictures = list(portrait(frames))
        write_test_video(partial, frames=frames, rate=FPS, size=(128, 128), pictures=pictures)
        partial.rename(path)
    return path


def call(
    arguments: list[str],
    cache: Path,
    stop: Callable[[], bool] = lambda: False,
    python: str = sys.executable,
) -> dict[str, object]:
    """Run `dynode`, in a process that is killed as soon as `stop` says so."""
    began = time.perf_counter()
    environment = os.environ | {"DYNODE_CACHE": str(cache)}
    command = [python, "-P", "-m", "dynode", *arguments, "--json", "--force"]
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, env=environment, stdout=told, stderr=errors)
        ended, status, used = 0, 0, None
        while not ended:
            if stop():
                process.send_signal(signal.SIGKILL)
            time.sleep(0.02)
            ended, status, used = os.wait4(process.pid, os.WNOHANG)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        errors.seek(0)
        if process.returncode not in (0, -signal.SIGKILL):
            raise SystemExit(errors.read().decode())
        return {
            "exit": process.returncode,
            "wall_s": round(time.perf_counter() - began, 1),
            "cpu_s": round(used.ru_utime + used.ru_stime, 1),
            "peak_mib": round(used.ru_maxrss / 1024, 1),
            "told": json.loads(told.read() or "{}"),
        }


def facts(path: Path, source: Path) -> dict[str, object]:
    return {
        "frames": len(open_clip(path)),
        "decoded": sum(1 for _ in open_clip(path).frames()),
        "fps": float(open_clip(path).rate),
        "same_sound": audio_bytes(path) == audio_bytes(source),
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def finished_batches(cache: Path) -> int:
    return len(list(cache.glob("codes/*/*.safetensors")))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--before", help="the interpreter of the installation to compare with")
    given = parser.parse_args()
    folder: Path = given.folder
    folder.mkdir(parents=True, exist_ok=True)
    results = folder / "results.json"
    done = json.loads(results.read_text()) if results.exists() else {}

    def keep(name: str, run: Callable[[], dict[str, object]]) -> None:
        if name not in done:
            done[name] = run()
            results.write_text(json.dumps(done, indent=1) + "\n")

    if given.before:
        clip = make(folder, COMPARED).resolve()
        edit = ["edit", str(clip), "--direction", "smile:1.5"]
        for name, python in (("before", given.before), ("now", sys.executable)):
            out, cache = folder.resolve() / f"{name}.mp4", folder.resolve() / f"cache-{name}"
            keep(
                f"edit {COMPARED}, {name}",
                lambda o=out, e=edit, c=cache, p=python, s=clip: (
                    call([*e, "-o", str(o)], c, python=p) | {"file": facts(o, s)}
                ),
            )
    for frames in (SHORT, given.frames):
        clip = make(folder, frames)
        edit = ["edit", str(clip), "--direction", "smile:1.5"]
        out, cache = folder / f"edit-{frames}.mp4", folder / f"cache-{frames}"
        keep(
            f"edit {frames}",
            lambda o=out, e=edit, c=cache, s=clip: (
                call([*e, "-o", str(o)], c) | {"file": facts(o, s)}
            ),
        )
        out = folder / f"interpolate-{frames}.mp4"
        double = ["interpolate", str(clip), "--factor", "2", "-o", str(out)]
        keep(
            f"interpolate {frames}",
            lambda o=out, d=double, c=cache, s=clip: call(d, c) | {"file": facts(o, s)},
        )
    cache, out = folder / "cache-killed", folder / "killed.mp4"
    arguments = [*edit, "-o", str(out)]
    parts = parts_folder(out)
    keep("killed inverting", lambda: call(arguments, cache, lambda: finished_batches(cache) >= 40))
    keep(
        "killed drawing",
        lambda: call(arguments, cache, lambda: len(list(parts.glob("0*.mp4"))) >= 3),
    )
    keep("finished", lambda: call(arguments, cache) | {"file": facts(out, clip)})
    print(json.dumps(done, indent=1))


if __name__ == "__main__":
    main()
