"""Compare dynode's synthesis with the published formulation on the CPU, and with the machine.

    python benchmarks/synthesis.py

Both sides render the same weights and latents in the same process, in turns, so that whatever else
the machine does hits both. The published formulation (`published.py`) comes in two flavours of the
2-D blur: channels as groups, as stylegan2-ada-pytorch does it on the CPU, and channels as batch, as
stylegan2-pytorch does. Peak memory is measured in processes of their own. Writes
benchmarks/results/synthesis.json and synthesis.md; takes about five minutes on two idle cores.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import published
import torch
import torch.nn.functional as F

from dynode.latents.latents import Latents
from dynode.latents.weight_offset import WeightOffset
from dynode.stylegan2 import GeneratorConfig, GeneratorNetwork, StyleGAN2
from dynode.stylegan2.building import build_network

RESULTS = Path(__file__).parent / "results"
SIDES = ("dynode", "groups", "batch")
# Rounds by size and batch: the large ones are slow and vary little.
ROUNDS = {(256, 1): 9, (256, 4): 4, (512, 1): 5, (512, 4): 3, (1024, 1): 5, (1024, 4): 2}
# The slow flavour of the published blur is timed in so many of them.
ROUNDS_OF_BATCH_FLAVOUR = 1


def channels(size: int) -> dict[int, int]:
    """The published widths, multiplier 2."""
    return {2**k: min(512, 2**15 // 2**k) for k in range(2, size.bit_length())}


def make_generator(size: int) -> StyleGAN2:
    torch.manual_seed(0)
    config = GeneratorConfig(size, channels(size))
    state = GeneratorNetwork(config).state_dict()
    for name, tensor in state.items():
        if name.endswith(("noise_strength", "conv0.bias", "conv1.bias")):
            tensor.normal_().mul_(0.1)
    network = build_network(config, state, source="random weights")
    return StyleGAN2(network, name=f"random-{size}")


def renderer(side: str, generator: StyleGAN2, latents: Latents) -> Callable[[], torch.Tensor]:
    if side == "dynode":
        return lambda: generator.synthesize(latents)
    resample = published.resample if side == "groups" else published.resample_as_batch
    network = generator.network.synthesis
    return lambda: published.synthesize(network, latents.w, resample=resample)


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def convolution_flops(size: int) -> int:
    """Floating-point operations of the convolutions of one picture, as the network defines them."""
    widths, total = channels(size), 0
    for side, width in widths.items():
        total += 18 * width * width * side**2 + 6 * width * side**2
        if side > 4:
            total += 18 * widths[side // 2] * width * (side // 2) ** 2
    return total


def ceilings() -> dict[str, float]:
    """Operations a second of torch's matrix product and of a well-shaped convolution."""
    a, b = torch.randn(2, 2048, 2048)
    x = torch.randn(1, 256, 64, 64).contiguous(memory_format=torch.channels_last)
    w = torch.randn(256, 256, 3, 3).contiguous(memory_format=torch.channels_last)
    works = {
        "matrix product": (lambda: a @ b, 2 * 2048**3),
        "convolution": (lambda: F.conv2d(x, w, padding=1), 18 * 256 * 256 * 64**2),
    }
    return {
        name: count / min(seconds(work) for _ in range(8)) / 1e9
        for name, (work, count) in works.items()
    }


def compare(size: int, batch: int, generator: StyleGAN2) -> dict[str, Any]:
    """Time all sides in turns."""
    latents = generator.sample(batch, seed=0)
    works = {side: renderer(side, generator, latents) for side in SIDES}
    images = {side: work() for side, work in works.items() if side != "batch"}  # also warms up
    difference = float((images["dynode"] - images["groups"]).abs().max())
    times: dict[str, list[float]] = {side: [] for side in SIDES}
    for index in range(ROUNDS[size, batch]):
        for side in SIDES:
            if side != "batch" or index < ROUNDS_OF_BATCH_FLAVOUR:
                times[side].append(seconds(works[side]))
    middle = {side: median(values) for side, values in times.items()}
    return {
        "size": size,
        "batch": batch,
        "seconds": middle,
        "fastest": {side: min(values) for side, values in times.items()},
        "ratio_groups": middle["groups"] / middle["dynode"],
        "ratio_batch": middle["batch"] / middle["dynode"],
        "gflops": convolution_flops(size) * batch / middle["dynode"] / 1e9,
        "largest_difference": difference,
    }


def offset_cost(generator: StyleGAN2, layers: Sequence[str]) -> dict[str, float]:
    """Time a batch of 8 with weight offsets of its own, in units of the batch without."""
    plain = generator.sample(8, seed=0)
    moved = plain
    for layer in layers:
        shape = generator.info.conv_layers[layer]
        basis, coefficients = torch.randn(1, *shape) * 0.1, torch.linspace(-1, 1, 8)[:, None]
        moved = moved.add_weights(WeightOffset(layer, basis, coefficients))
    works = [lambda: generator.synthesize(plain), lambda: generator.synthesize(moved)]
    for work in works:
        work()
    pairs = [[seconds(work) for work in works] for _ in range(4)]
    without, with_offsets = (median(values) for values in zip(*pairs, strict=True))
    return {"seconds": without, "ratio": with_offsets / without}


def peak_memory(side: str, size: int, batch: int) -> float:
    """MiB above the loaded network while one batch is rendered, in a process of its own."""
    command = [sys.executable, __file__, "--memory-of", side, str(size), str(batch)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def print_memory(side: str, size: int, batch: int) -> None:
    """Render once and print the growth of the process's high-water mark (Linux)."""

    def status(field: str) -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(field))

    generator = make_generator(size)
    with torch.inference_mode():
        work = renderer(side, generator, generator.sample(batch, seed=0))
        Path("/proc/self/clear_refs").write_text("5")  # resets the mark
        before = status("VmRSS")
        work()
    print((status("VmHWM") - before) / 1024)


def markdown(report: dict[str, Any]) -> str:
    """Write the report as tables."""
    machine, ceiling = report["machine"], report["ceilings_gflops"]
    rows = [
        "# Synthesis on the CPU",
        "",
        "Written by `python benchmarks/synthesis.py`; do not edit.",
        "",
        f"{machine['processor']}, {machine['threads']} threads, torch {machine['torch']}. Median",
        "seconds; *published* is the per-sample modulated, grouped convolution with a 2-D blur, its",
        "channels as groups (stylegan2-ada-pytorch) or, slower, as batch (stylegan2-pytorch).",
        f"Matrix product of torch: {ceiling['matrix product']:.0f} GFLOP/s; well-shaped 3x3",
        f"convolution: {ceiling['convolution']:.0f} GFLOP/s.",
        "",
        "| size | batch | dynode | published (groups) | ratio | published (batch) | ratio "
        "| GFLOP/s | of the matrix product | of the convolution |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in report["timings"]:
        time_of = row["seconds"]
        rows.append(
            f"| {row['size']} | {row['batch']} | {time_of['dynode']:.3f} | {time_of['groups']:.3f} "
            f"| **{row['ratio_groups']:.2f}** | {time_of['batch']:.3f} "
            f"| **{row['ratio_batch']:.2f}** | {row['gflops']:.0f} "
            f"| {row['gflops'] / ceiling['matrix product']:.0%} "
            f"| {row['gflops'] / ceiling['convolution']:.0%} |"
        )
    rows += ["", "Peak memory above the loaded network, MiB:", ""]
    rows += ["| size | batch | dynode | published |", "| ---: | ---: | ---: | ---: |"]
    for row in report["memory_mib"]:
        rows.append(
            f"| {row['size']} | {row['batch']} | {row['dynode']:.0f} | {row['groups']:.0f} |"
        )
    rows += ["", "Weight offsets, 256 px, batch of 8 with a coefficient each:", ""]
    rows += ["| layers moved | time in units of the batch without |", "| --- | ---: |"]
    rows += [f"| {name} | {row['ratio']:.2f} |" for name, row in report["offsets"].items()]
    return "\n".join(rows) + "\n"


def processor() -> str:
    """Name the processor as well as the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


@torch.inference_mode()
def run(threads: int, *, has_memory: bool) -> dict[str, Any]:
    torch.set_num_threads(threads)
    about = {"processor": processor(), "threads": threads, "torch": torch.__version__}
    report: dict[str, Any] = {"machine": about, "ceilings_gflops": ceilings(), "timings": []}
    for size in dict.fromkeys(size for size, _ in ROUNDS):
        generator = make_generator(size)
        for batch in (1, 4):
            row = compare(size, batch, generator)
            report["timings"].append(row)
            print(
                f"{size} x{batch}: {row['seconds']['dynode']:.3f} s, "
                f"{row['ratio_groups']:.2f}x, {row['ratio_batch']:.2f}x",
                file=sys.stderr,
            )
        if size == 256:
            convolutions = [n for n in generator.info.conv_layers if "conv" in n]
            report["offsets"] = {
                "b16.conv1": offset_cost(generator, ["b16.conv1"]),
                "b64.conv0": offset_cost(generator, ["b64.conv0"]),
                "every convolution": offset_cost(generator, convolutions),
            }
    report["memory_mib"] = [
        {"size": size, "batch": batch}
        | {side: peak_memory(side, size, batch) for side in ("dynode", "groups")}
        for size, batch in ROUNDS
        if has_memory
    ]
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--no-memory", action="store_true", help="leave out the peak memory")
    parser.add_argument("--memory-of", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory_of:
        side, size, batch = arguments.memory_of
        print_memory(side, int(size), int(batch))
        return
    report = run(arguments.threads, has_memory=not arguments.no_memory)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "synthesis.json").write_text(json.dumps(report, indent=1) + "\n")
    (RESULTS / "synthesis.md").write_text(markdown(report))
    print(RESULTS / "synthesis.md")


if __name__ == "__main__":
    main()
