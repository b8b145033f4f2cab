"""Sixteen pictures with sixteen directions and shifts in one batch: exactness and time; disk sizes.

    python benchmarks/navigan_batch.py [--output FOLDER]

Every picture of the batch moves along a direction of its own (singular pairs, and full-rank vectors
such as Hessian eigenvectors are) by a shift of its own. Told are the largest difference to sixteen
single renders, and the time in units of the same batch without directions, the smallest of five,
both sides in turn.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode import WeightDirection
from dynode.direction.weight_basis import FixedBasis, LayerDirections, SingularBasis, layer_weight
from dynode.generator.protocol import Generator
from dynode.importing import export_direction, import_directions
from dynode_navigan.compact import compacted

BATCH, ROUNDS = 16, 5
LAYERS = ("b8.conv1", "b16.conv0", "b16.conv1", "b32.conv0", "b64.conv1")


def seconds(draw: Callable[[], Tensor]) -> float:
    started = time.perf_counter()
    draw()
    return time.perf_counter() - started


def kinds(generator: Generator, layer: str) -> dict[str, LayerDirections]:
    weight = layer_weight(generator, layer)
    random = torch.Generator().manual_seed(0)
    vectors = torch.randn(BATCH, *weight.shape, generator=random)
    return {
        "singular pairs": LayerDirections.plain(layer, SingularBasis.of(weight), weight),
        "full rank": LayerDirections.plain(layer, FixedBasis(vectors), weight),
    }


def batch_row(generator: Generator, kind: str, directions: LayerDirections) -> str:
    latents = generator.sample(BATCH, seed=0)
    which = torch.arange(BATCH)
    length = float(layer_weight(generator, directions.layer).norm())
    shifts = torch.linspace(-0.5, 0.5, BATCH) * length
    moved = directions.move(latents, which, shifts)
    single = torch.cat(
        [
            generator.synthesize(directions.move(latents[i], int(which[i]), float(shifts[i])))
            for i in range(BATCH)
        ]
    )
    difference = float((generator.synthesize(moved) - single).abs().max())
    times = [
        (
            seconds(lambda: generator.synthesize(latents)),
            seconds(lambda: generator.synthesize(moved)),
        )
        for _ in range(ROUNDS)
    ]
    plain, own = (min(column) for column in zip(*times, strict=True))
    return f"| {directions.layer} | {kind} | {difference:.1e} | {plain:.3f} | {own:.3f} | {own / plain:.2f} |"


def size_row(direction: WeightDirection, folder: Path, what: str) -> str:
    """Write a direction as published and as ours; tell the bytes, and whether it comes back."""
    small = compacted(direction, 0.02)
    export_direction(small, folder / "d.pt")
    small.save(folder / "d.safetensors")
    (back,) = import_directions(folder / "d.pt")
    own = dynode.load_direction(folder / "d.safetensors")
    assert isinstance(back, WeightDirection) and isinstance(own, WeightDirection)
    equal = torch.equal(back.delta, small.delta) and torch.equal(own.delta, small.delta)
    sizes = [(folder / name).stat().st_size for name in ("d.pt", "d.safetensors")]
    figures = small.info.figures
    return (
        f"| {what} | {sizes[0]:,} | {sizes[1]:,} | {sizes[0] / sizes[1]:.0f} "
        f"| {figures.get('storage_rank', 0):.0f} | {figures.get('storage_error', 0):.2%} "
        f"| {'yes' if equal else 'NO'} |"
    )


def directions_to_store(generator: Generator) -> dict[str, WeightDirection]:
    found = dynode.find(
        "hessian", generator, layer="b16.conv0", count=8, storage_error=0.0, name_by_effect=False
    )
    assert isinstance(found, list)
    pairs = kinds(generator, "b16.conv0")["singular pairs"]
    stored = {"singular pair, 256×256×3×3": pairs.units(torch.tensor([0]))[0].contiguous()}
    stored |= {f"eigenvector {i}, 256×256×3×3": found[i].delta for i in (0, 3, 7)}  # type: ignore[attr-defined]
    random = torch.randn(512, 512, 3, 3, generator=torch.Generator().manual_seed(0))
    wide = LayerDirections.plain("b16.conv0", SingularBasis.of(random), random)
    stored["singular pair, 512×512×3×3"] = wide.units(torch.tensor([0]))[0].contiguous()
    return {name: WeightDirection("b16.conv0", delta) for name, delta in stored.items()}


ABOUT = """# Directions of weights: batches and files

    python benchmarks/navigan_batch.py

Facets' generator, 128 px, seed 0, 2 CPU cores, one thread, torch {torch}.

A batch of 16 with 16 different directions and shifts, against 16 single renders; seconds of wall time,
the smallest of five:

| layer | directions | largest difference | plain batch, s | moved batch, s | ratio |
|---|---|---:|---:|---:|---:|
{batches}

One direction on disk, bytes: the published deformation file (`export`), and dynode's, of the lowest rank
within a relative error of 2 %, in half precision:

| direction | published | dynode | ratio | rank | error | both read back equal |
|---|---:|---:|---:|---:|---:|---|
{sizes}
"""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "results")
    chosen = parser.parse_args()
    generator = dynode.load_generator("facets-128", device="cpu")
    with torch.inference_mode():
        batches = [
            batch_row(generator, kind, directions)
            for layer in LAYERS
            for kind, directions in kinds(generator, layer).items()
        ]
    with tempfile.TemporaryDirectory() as folder:
        sizes = [
            size_row(direction, Path(folder), what)
            for what, direction in directions_to_store(generator).items()
        ]
    told = ABOUT.format(torch=torch.__version__, batches="\n".join(batches), sizes="\n".join(sizes))
    print(told)
    (chosen.output / "navigan-batch.md").write_text(told)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
