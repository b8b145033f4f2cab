"""Compare inverters on held-out portraits of the bundled world, where everything is known.

    python benchmarks/inverters.py --pictures 256 --variants 32 --plot docs/images/inverters.png

Renders (not pictures of the generator) are inverted by every method. Codes are kept in a folder as
they are found, so a stopped run goes on. Distortion: PSNR, perceptual distance (features of the
scorer) and factor error (the scorer's reading of the reconstruction and of the portrait, root mean
square over factors, in their range of 2). Editability: three known directions (the factors smile,
age and yaw of the code space) are applied after inversion by one standard deviation, away from the
nearer end of the factor's range; told are the change of the target and the mean absolute change of
all other factors, in standard deviations, and the PSNR to the portrait rendered anew with that
factor changed. Edits are measured on the first 64 pictures at most. Writes `results/inverters.md` and
`.json`.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from inverters_tables import Row, plot, write
from torch import Tensor

from dynode import plugins
from dynode.distance import load_distance
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.options import build_options
from dynode.plugins.methods import silent
from dynode.scoring.measure import load_scorer
from dynode.training.memory import keep_freed_memory
from dynode_encoders.choosing import checked_encoder
from dynode_encoders.refinement import iterations
from dynode_encoders.training.losses import psnr
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD, population
from dynode_facets.render import render
from dynode_facets.w_space import factor_basis

ONE_PASS = ("facets-encoder", "e4e")
TARGETS = ("smile", "age", "yaw")
CHUNK = 8
EDITED = 64
"""Pictures that are edited: three pictures more to draw for each."""

SEED = 7


@dataclass(frozen=True)
class Method:
    """An inverter with its options; variants run on the first pictures only."""

    label: str
    inverter: str
    options: dict[str, object]
    is_variant: bool = False


METHODS = (
    Method("facets-encoder, one pass", "facets-encoder", {"steps": 0, "any_picture": True}),
    Method("e4e", "e4e", {}),
    *(
        Method(f"ReStyle, {n} turn{'s' if n > 1 else ''}", "restyle", {"iterations": n})
        for n in range(1, 6)
    ),
    Method("optimise W", "optimize", {"space": "w", "steps": 100}),
    Method("optimise W+", "optimize", {"space": "w+", "steps": 100}),
    Method(
        "optimise W+ from e4e",
        "optimize",
        {"space": "w+", "steps": 50, "start": "e4e", "jitter": 0.0},
    ),
    Method("PTI from e4e, rank 12", "pti", {"pivot": "e4e", "steps": 60, "rank": 12}),
    Method("PTI from e4e, rank 4", "pti", {"pivot": "e4e", "steps": 60}, is_variant=True),
    Method(
        "PTI from e4e, whole weights",
        "pti",
        {"pivot": "e4e", "steps": 60, "rank": 0},
        is_variant=True,
    ),
)


def main() -> None:
    """Invert what is missing, then measure everything."""
    args = _arguments()
    torch.set_num_threads(1)
    keep_freed_memory()
    generator = load_generator("facets-128", device="cpu")
    z = torch.randn(args.pictures, 512, generator=torch.Generator().manual_seed(SEED))
    factors = population(z)
    images = torch.cat([render(part) for part in factors.split(32)])
    began = time.perf_counter()
    for start in range(0, args.pictures, CHUNK):
        for method in METHODS:
            is_asked = any(text in method.label for text in args.only.split(","))
            if is_asked and (not method.is_variant or start < args.variants):
                if time.perf_counter() - began > args.seconds:
                    print("time is up; call again to go on")
                    return
                _invert(method, generator, images, start, args.folder)
    if args.only:
        return
    measured = _Measure(generator, images, factors, args.folder)
    whole = [measured.row(m, args.pictures) for m in METHODS if not m.is_variant]
    part = [measured.row(m, args.variants) for m in METHODS]
    size = sum(p.numel() for p in generator.network.parameters())  # type: ignore[attr-defined]
    write(args, whole, part, size=size, seed=SEED)
    if args.plot:
        plot(whole, args.plot)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pictures", type=int, default=256)
    parser.add_argument("--variants", type=int, default=32, help="pictures for the variants of PTI")
    parser.add_argument("--folder", type=Path, default=Path("runs/inverters"))
    parser.add_argument("--seconds", type=float, default=1e9, help="stop after, to be continued")
    parser.add_argument("--only", default="", help="parts of labels: invert only, by these methods")
    parser.add_argument("--plot", type=Path)
    return parser.parse_args()


def _path(method: Method, start: int, folder: Path) -> Path:
    name = "".join(c if c.isalnum() else "-" for c in method.label.lower())
    return folder / f"{name}-{start:04d}.safetensors"


def _invert(method: Method, generator: Generator, images: Tensor, start: int, folder: Path) -> None:
    path = _path(method, start, folder)
    if path.exists():
        return
    if method.inverter == "restyle":
        _refine(generator, images[start : start + CHUNK], start, folder)
        return
    inverter = plugins.registry().inverters[method.inverter]
    options = build_options(inverter.options, method.options, owner=method.inverter)
    part = images[start : start + CHUNK]
    if start == 0 and method.inverter in ONE_PASS:  # weights are read once, at the first call
        inverter.invert(generator, part, options, seed=0, progress=silent)
    wall, cpu = time.perf_counter(), time.process_time()
    found = inverter.invert(generator, part, options, seed=0, progress=silent).detach()
    seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    found.save(path)
    path.with_suffix(".json").write_text(json.dumps(seconds))
    print(f"{method.label} {start}: {seconds['cpu'] / len(part):.3f} s a picture", flush=True)


def _refine(generator: Generator, images: Tensor, start: int, folder: Path) -> None:
    """Take the turns of ReStyle once, keeping the codes of each."""
    from dynode_restyle.plugin import Restyle

    path = Restyle().bundled_for(generator.info)
    assert path is not None
    encoder = checked_encoder(path, generator, inputs=6)
    methods = [method for method in METHODS if method.inverter == "restyle"]
    with torch.no_grad():
        wall, cpu = time.perf_counter(), time.process_time()
        turns = iterations(encoder, generator, encoder.prepare(images), count=len(methods))
        for method, turn in zip(methods, turns, strict=True):
            # The last picture of a turn is only drawn for the next one.
            seconds = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            target = _path(method, start, folder)
            Latents(turn.codes).save(target)
            target.with_suffix(".json").write_text(json.dumps(seconds))


class _Measure:
    """Everything that is measured on codes that were found."""

    def __init__(self, generator: Generator, images: Tensor, factors: Tensor, folder: Path) -> None:
        self.generator, self.images, self.factors = generator, images, factors
        self.folder = folder
        scorer = load_scorer(generator.info, "cpu")
        assert scorer is not None
        self.scorer = scorer
        self.distance = load_distance("scorer", generator)
        self.basis = factor_basis(generator.info.w_dim).float()
        # One standard deviation, towards the middle of the range.
        self.steps = -FACTOR_STD * factors.sign()

    @torch.inference_mode()
    def row(self, method: Method, count: int) -> Row:
        totals = {name: 0.0 for name in ("psnr", "perceptual", "error", "cpu", "wall")}
        edits: list[tuple[float, float, float]] = []
        numbers = 0
        for start in range(0, count, CHUNK):
            path = _path(method, start, self.folder)
            latents = Latents.load(path)
            seconds = json.loads(path.with_suffix(".json").read_text())
            images = self.images[start : start + CHUNK]
            drawn = self.generator.synthesize(latents).clamp(-1, 1)
            moved = self.scorer.score(drawn) - self.scorer.score(images)
            totals["psnr"] += float(psnr(drawn, images).sum())
            totals["perceptual"] += float(self.distance.distance(drawn, images).sum())
            totals["error"] += float(moved.square().mean(1).sum())
            totals["cpu"] += seconds["cpu"]
            totals["wall"] += seconds["wall"]
            if start < EDITED:
                edits += [self._edit(latents, drawn, start, name) for name in TARGETS]
            own = latents[0].compact()
            numbers = sum(part.numel() for o in own.weights for part in o.shared)
        effect, leakage, edited = (sum(values) / len(values) for values in zip(*edits, strict=True))
        return Row(
            method.label,
            count,
            totals["psnr"] / count,
            totals["perceptual"] / count,
            (totals["error"] / count) ** 0.5,
            effect,
            leakage,
            edited,
            totals["cpu"] / count,
            totals["wall"] / count,
            numbers,
        )

    def _edit(
        self, latents: Latents, drawn: Tensor, start: int, name: str
    ) -> tuple[float, float, float]:
        """Move one factor: its change and that of the others (σ), and the PSNR to the truth."""
        index = FACTOR_NAMES.index(name)
        step = self.steps[start : start + CHUNK, index]
        w = latents.w + step[:, None, None] * self.basis[:, index]
        edited = self.generator.synthesize(latents.with_w(w)).clamp(-1, 1)
        change = (self.scorer.score(edited) - self.scorer.score(drawn)) / FACTOR_STD
        others = [i for i in range(len(FACTOR_NAMES)) if i != index]
        wanted = self.factors[start : start + CHUNK].clone()
        wanted[:, index] += step
        truth = render(wanted)
        effect = float((change[:, index] * step.sign()).mean())
        return effect, float(change[:, others].abs().mean()), float(psnr(edited, truth).mean())


if __name__ == "__main__":
    main()
