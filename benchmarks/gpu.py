"""Compare dynode's synthesis with the published formulation on a CUDA device.

    python benchmarks/gpu.py                                     # 256 and 1024 px, batches 1, 8 and 32
    python benchmarks/gpu.py --device cpu --sizes 128 256 512 1024 --batches 1 \
        --sides "eager bf16"           # a processor in 16 bits: results/precision.md

Both draw the same codes with the same random weights (seed 0, published widths) in one process, in turns:
eager in float32, TF32, bfloat16 and float16, compiled with CUDA graphs (`mode="reduce-overhead"`) in
float32 and float16, and the published formulation in float32 and float16. Ours are what `--precision` and
`--compile` give: 16 bits in the four highest blocks; the published formulation is in 16 bits as a whole.
Medians of wall seconds between two synchronisations, of processor seconds without a card; errors are
largest differences from eager float32.
Copies to the host and waits inside of a call are what `torch.cuda.set_sync_debug_mode` warns of. Whole
jobs there: `python benchmarks/jobs.py --device cuda`; tests: `python -m pytest -m gpu`.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import published
import torch
from result_files import RESULTS, write_json, write_markdown
from synthesis import make_generator

from dynode.latents import Latents
from dynode.stylegan2 import StyleGAN2

Draw = Callable[[], torch.Tensor]
ROUNDS, WARM_UP = 11, 3
TYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}
SIDES = (
    *(f"eager {precision}" for precision in TYPES),
    "compiled fp32",
    "compiled fp16",
    "published fp32",
    "published fp16",
)


def drawing(side: str, generator: StyleGAN2, codes: torch.Tensor) -> Draw:
    """Make what one side is timed by."""
    how, precision = side.split()
    if how == "published":
        dtype = TYPES[precision]
        moved, w = generator.to(codes.device, dtype), codes.to(dtype)
        return lambda: published.synthesize(moved.network.synthesis, w)
    here = generator.to(codes.device)
    drawn_by = here.in_precision(precision)  # type: ignore[arg-type]  # one of TYPES
    drawn_by = drawn_by.compiled() if how == "compiled" else drawn_by
    return lambda: drawn_by.synthesize(Latents(codes))


def called(side: str, draw: Draw, device: torch.device) -> tuple[float, torch.Tensor]:
    """Draw once and wait; give the seconds and the picture."""
    is_tf32 = side.endswith("tf32")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = is_tf32
    _wait(device)
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    started = clock()
    picture = draw()
    _wait(device)
    return clock() - started, picture


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def waits(draw: Draw, device: torch.device) -> int | None:
    """Count copies and waits inside of a call; None where nothing counts them."""
    if device.type != "cuda":
        return None
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        torch.cuda.set_sync_debug_mode("warn")
        try:
            draw()
        finally:
            torch.cuda.set_sync_debug_mode("default")
    return sum("synchroniz" in str(each.message) for each in told)


def compare(size: int, batch: int, device: torch.device, sides: list[str]) -> dict[str, Any]:
    """Time all sides in turns; what cannot run says why."""
    generator = make_generator(size)
    codes = generator.sample(batch, seed=0, truncation=1.0).w.to(device)
    draws = {side: drawing(side, generator, codes) for side in sides}
    row: dict[str, Any] = {"size": size, "batch": batch, "absent": {}, "errors": {}, "waits": {}}
    expected = called("eager fp32", draws["eager fp32"], device)[1]
    for side, draw in list(draws.items()):
        try:
            for _ in range(WARM_UP):
                picture = called(side, draw, device)[1]
        except (RuntimeError, NotImplementedError) as error:  # of memory, or a kernel there is not
            row["absent"][side] = str(error).splitlines()[0]
            del draws[side]
            continue
        row["errors"][side] = float((picture.float() - expected).abs().max())
        row["waits"][side] = waits(draw, device)
    times: dict[str, list[float]] = {side: [] for side in draws}
    for _ in range(ROUNDS):
        for side, draw in draws.items():
            times[side].append(called(side, draw, device)[0])
    return row | {"seconds": {side: median(values) for side, values in times.items()}}


def tables(document: dict[str, Any]) -> list[str]:
    """Write what was measured."""
    lines = [
        "# The engine in 16 bits",
        "",
        "Written by `python benchmarks/gpu.py`; do not edit.",
        "",
    ]
    lines += [f"{document['card']}, torch {document['torch']}, {ROUNDS} rounds.", ""]
    lines += ["| size | batch | side | ms | of published fp16 | error | waits |"]
    lines += ["| ---: | ---: | --- | ---: | ---: | ---: | ---: |"]
    for row in document["rows"]:
        base = row["seconds"].get("published fp16")
        for side, seconds in row["seconds"].items():
            ratio = f"{seconds / base:.2f}" if base else ""
            lines.append(
                f"| {row['size']} | {row['batch']} | {side} | {1000 * seconds:.2f} | {ratio} "
                f"| {row['errors'][side]:.1e} | {row['waits'][side]} |"
            )
        lines += [
            f"| {row['size']} | {row['batch']} | {s} | {why} | | | |"
            for s, why in row["absent"].items()
        ]
    return lines


def _processor() -> str:
    fast = [flag for flag in ("amx_bf16", "avx512_bf16") if flag in _flags()]
    return f"no card, {torch.get_num_threads()} threads, {' and '.join(fast) or 'no bf16'}"


def _flags() -> list[str]:
    told = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split() for line in told if line.startswith("flags")), [])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--sizes", nargs="+", type=int, default=[256, 1024])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    asked = parser.parse_args()
    device = torch.device(asked.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        parser.exit(
            1, "gpu.py: no CUDA device was found; --device cpu tries the script, in small\n"
        )
    card = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    name = "gpu" if device.type == "cuda" else "precision"
    document: dict[str, Any] = {"card": card, "torch": torch.__version__, "rows": []}
    sides = list(dict.fromkeys(["eager fp32", *asked.sides]))
    for size in asked.sizes:
        for batch in asked.batches:
            with torch.inference_mode():
                document["rows"].append(compare(size, batch, device, sides))
            print(json.dumps(document["rows"][-1]), flush=True)
            write_json(name, document)
            write_markdown(name, tables(document))
    print(RESULTS / f"{name}.md")


if __name__ == "__main__":
    main()
