"""Rectified directions of weights on the bundled world: told apart, named, and held against W.

    python benchmarks/navigan_effects.py [svd] [hessian] [--output FOLDER]

Trains directions of one layer on facets from singular pairs and from Hessian eigenvectors. Then, on
pictures that were not trained on:

- told apart: share of held-out pairs of pictures whose direction the predictor names; guessing
  gives 1 over their number
- effects: mean change of every factor at strength 1, in standard deviations, by the scorer
- outside W: share of the change of the pictures (drawn at 64 px) that no direction in W gives, at best
  fit. All directions in W are searched at once: the change that a code offset makes is linear at
  first order, so the best offset, one for all pictures, solves a least-squares problem in w_dim
  unknowns. The same is told of the nearest of 40 components of sefa and ganspace, at the strength
  that fits best.
- factors: root mean square of the mean changes of all factors at strength 1

Trained states and found directions are kept in the output folder; a run goes on from them.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import torch
from torch import Tensor

import dynode
from dynode.direction.base import Direction
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import grid, write_image
from dynode.scoring.effects import score_latents
from dynode.scoring.measure import load_scorer

LAYER = "b16.conv0"
COUNT = 16
SEED = 0
TEST_SEED = 90_000
PICTURES = 8
SIZE_PX = 64
STEP = 0.25
"""Strength at which changes are compared with W: small, so that first order holds."""
OFFSET = 0.05
"""Offset of one entry of a code in the differences that tell what codes change."""
TRAINING = {
    "layer": LAYER,
    "samples": 4,
    "vectors": 24,
    "count": COUNT,
    "render_size": 64,
    "batch": 16,
    "steps": 100,
    "keep_every": 20,
}


def small(generator: Generator, latents: Latents) -> Tensor:
    """Draw at 64 px, (n, values)."""
    return generator.synthesize(latents, resolution=SIZE_PX).flatten(1)


def change(direction: Direction, generator: Generator, latents: Latents, strength: float) -> Tensor:
    """Odd part of the change of the pictures at a strength, (n, values): the even part is not linear."""
    with torch.inference_mode():
        ahead = small(generator, direction.apply(latents, strength))
        behind = small(generator, direction.apply(latents, -strength))
    return (ahead - behind) / (2 * strength)


def code_changes(generator: Generator, latents: Latents) -> Tensor:
    """Change of the pictures for an offset of each entry, in all rows: (w_dim, n * values)."""
    rows = []
    for index in range(generator.info.w_dim):
        unit = torch.zeros_like(latents.w)
        unit[:, :, index] = OFFSET
        with torch.inference_mode():
            ahead = small(generator, latents.with_w(latents.w + unit))
            behind = small(generator, latents.with_w(latents.w - unit))
        rows.append((ahead - behind).flatten() / (2 * OFFSET))
    return torch.stack(rows)


class Span:
    """What some changes (k, values) can give together."""

    def __init__(self, givers: Tensor) -> None:
        self.givers = givers.double()
        self.inverse = torch.linalg.pinv(self.givers @ self.givers.t(), hermitian=True, rtol=1e-10)

    def misses(self, target: Tensor) -> float:
        """Share of a change (values,) that no combination gives."""
        target = target.double()
        rest = target - self.givers.t() @ (self.inverse @ (self.givers @ target))
        return float(rest.square().sum() / target.square().sum())


def w_directions(generator: Generator) -> dict[str, Direction]:
    """Components that other plugins find in W."""
    found: dict[str, Direction] = {}
    for method in ("sefa", "ganspace"):
        listed = dynode.find(method, generator, count=20, name_by_effect=False, seed=SEED)
        assert isinstance(listed, list)
        found |= {direction.info.name: direction for direction in listed}
    return found


def trained(kind: str, generator: Generator, folder: Path) -> tuple[list[Direction], float]:
    """Train directions or read them: with the seconds of processor time it took."""
    place = folder / f"{kind}-directions"
    told = place / "seconds.json"
    if not told.exists():
        started = time.process_time()
        found = dynode.find(
            f"{kind}-rectified",
            generator,
            seed=SEED,
            keep=folder / f"{kind}.safetensors",
            progress=lambda done, total, message="": (
                print(kind, done, total, message, flush=True) if done % 50 == 0 else None
            ),
            **TRAINING,
        )
        assert isinstance(found, list)
        place.mkdir(parents=True, exist_ok=True)
        for direction in found:
            direction.save(place / f"{direction.info.name}.safetensors")
        told.write_text(json.dumps(time.process_time() - started))
    files = sorted(place.glob("*.safetensors"))
    return [dynode.load_direction(file) for file in files], json.loads(told.read_text())


def measured(
    direction: Direction,
    generator: Generator,
    latents: Latents,
    in_w: Span,
    others: dict[str, Span],
) -> dict:
    scorer = load_scorer(generator.info, generator.device)
    assert scorer is not None
    changed = change(direction, generator, latents, STEP).flatten()
    shares = {name: part.misses(changed) for name, part in others.items()}
    nearest = min(shares, key=lambda name: shares[name])
    with torch.inference_mode():
        before = score_latents(scorer, generator, latents)
        after = score_latents(scorer, generator, direction.apply(latents, 1.0))
    effects = (after - before).mean(0) / torch.tensor(scorer.deviations)
    ordered = effects.abs().argsort(descending=True)[:3].tolist()
    return {
        "name": direction.info.name,
        "curvature": direction.info.figures["curvature"],
        "told_apart": direction.info.figures["told_apart"],
        "shift_error": direction.info.figures["shift_error"],
        "shift_scale": direction.info.figures["shift_scale"],
        "outside_w": in_w.misses(changed),
        "outside_nearest": shares[nearest],
        "nearest": nearest,
        "factors": float(effects.square().mean().sqrt()),
        "effects": {scorer.attributes[i]: float(effects[i]) for i in ordered},
        "pixels": float(changed.square().mean().sqrt()),
    }


def strips(directions: list[Direction], generator: Generator, path: Path, *, seed: int) -> None:
    """Draw every direction at -2, -1, 0, 1 and 2: a row each."""
    latents = generator.sample(1, seed=seed)
    with torch.inference_mode():
        rows = [
            generator.synthesize(direction.apply(latents, strength))
            for direction in directions
            for strength in (-2.0, -1.0, 0.0, 1.0, 2.0)
        ]
    write_image(grid(torch.cat(rows), columns=5), path)


ABOUT = """# Rectified directions on facets

    python benchmarks/navigan_effects.py

Layer {layer}, {count} directions of 24 vectors, {steps} steps of 16 pairs drawn at 64 px, predictor
`features`, seed {seed}, one thread, torch {torch}. Measured on pictures that were not
trained on: {pictures} of seed {test_seed} for what W gives and for the factors, 256 pairs for telling apart.
{parts}"""


def table(kind: str, result: dict) -> str:
    rows = result["directions"]
    first = rows[0]
    lines = [
        f"\n## {kind}-rectified\n",
        f"Told apart: {first['told_apart']:.1%}, guessing {1 / len(rows):.1%}. Mean error of the shift: "
        f"{first['shift_error']:.3g} of at most {first['shift_scale']:.4g} raw weights. "
        f"{result['cpu_s']:.0f} s of processor time (of the last go).\n",
        "| direction | strongest effects at strength 1, σ | all factors, rms σ | outside W "
        "| nearest component | outside it |",
        "|---|---|---:|---:|---|---:|",
    ]
    for row in sorted(rows, key=lambda row: -row["outside_w"]):
        effects = ", ".join(f"{k.replace('_', ' ')} {v:+.2f}" for k, v in row["effects"].items())
        lines.append(
            f"| {row['name'].split('-rectified-')[1]} | {effects} | {row['factors']:.2f} "
            f"| {row['outside_w']:.0%} | {row['nearest']} | {row['outside_nearest']:.0%} |"
        )
    return "\n".join(lines) + "\n"


def write_report(folder: Path, kinds: list[str]) -> None:
    results = {kind: json.loads((folder / f"{kind}.json").read_text()) for kind in kinds}
    told = ABOUT.format(
        layer=LAYER,
        count=COUNT,
        steps=TRAINING["steps"],
        seed=SEED,
        torch=torch.__version__,
        pictures=PICTURES,
        test_seed=TEST_SEED,
        parts="".join(table(kind, result) for kind, result in results.items()),
    )
    (folder / "navigan-effects.md").write_text(told)


def show_outside(generator: Generator, folder: Path, kind: str, rows: list[dict]) -> None:
    """Draw the three directions that W gives least of, far enough to see."""
    last = sorted(rows, key=lambda row: -row["outside_w"])[:3]
    place = folder / f"{kind}-directions"
    found = [dynode.load_direction(place / f"{row['name']}.safetensors") for row in last]
    wider = [direction.with_info(scale=2 * direction.info.scale) for direction in found]
    strips(wider, generator, folder / f"{kind}-outside-w.png", seed=TEST_SEED + 1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", default=["svd", "hessian"])
    parser.add_argument("--output", type=Path, default=Path("runs/navigan-effects"))
    chosen = parser.parse_args()
    generator = dynode.load_generator("facets-128", device="cpu")
    found = {kind: trained(kind, generator, chosen.output) for kind in chosen.kinds}
    latents = generator.sample(PICTURES, seed=TEST_SEED)
    in_w = Span(code_changes(generator, latents))
    others = {
        name: Span(change(direction, generator, latents, STEP).flatten()[None])
        for name, direction in w_directions(generator).items()
    }
    for kind, (directions, seconds) in found.items():
        rows = [measured(d, generator, latents, in_w, others) for d in directions]
        result = {"cpu_s": seconds, "directions": rows}
        (chosen.output / f"{kind}.json").write_text(json.dumps(result, indent=1) + "\n")
        strips(directions, generator, chosen.output / f"{kind}.png", seed=TEST_SEED + 1)
        show_outside(generator, chosen.output, kind, rows)
    write_report(chosen.output, chosen.kinds)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
