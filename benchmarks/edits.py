"""Score StyleCLIP's ways of editing by a text on the bundled world, where every factor is known.

    python benchmarks/edits.py

Five texts, four modes: latent optimisation, a trained mapper, and global directions with exact and
with gradient relevance, each with its default options. The bundled scorer reads all factors off the
pictures before and after; a change is told in standard deviations of its reading over the population
the portraits are drawn from (same truncation, 512 other pictures).

- effect, leakage: mean change of the factor the text is about, and mean absolute change of those it
  says nothing about, at strength 1
- at equal effect: the strength at which the mean effect is one deviation, between measured strengths
  by interpolation; leakage there, and identity: root mean square change of the identity factors
- seconds: of the processor; the first edit includes everything from text to picture, except the
  measurement of the exact relevance; a further one is another picture with the same text

What was found and measured is kept in `--state`, with a contact sheet each, so an interrupted run
goes on. Writes `results/edits-styleclip` as `.json` and `.md`.
"""

from __future__ import annotations

import argparse
import json
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from edits_tables import Row, write
from identity import IDENTITY
from torch import Tensor

from dynode import load_direction, plugins
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.media.images import grid, write_image
from dynode.options import build_options
from dynode.pipeline.generate import synthesize_batches
from dynode.pipeline.seeds import sample_seeds
from dynode.plugins.loaded import ScorerModel
from dynode.plugins.methods import DirectionMethod, silent
from dynode.scoring.measure import load_scorer

Move = Callable[[Latents, float], Latents]
STRENGTHS = (0.25, 0.5, 1.0, 1.5, 2.5)


@dataclass(frozen=True)
class Target:
    """A text, the factor it is about and the sign of the wanted change."""

    text: str
    factor: str
    sign: int


TARGETS = (
    Target("smiling", "smile", 1),
    Target("angry", "brow", 1),
    Target("an old person with gray hair", "age", 1),
    Target("eyes closed", "eye_open", -1),
    Target("wearing glasses", "glasses", 1),
)
# Told by the text too, so not counted as leakage of it.
MEANT = {
    "an old person with gray hair": {"age", "hair_lightness"},
    "angry": {"brow", "smile"},
}


@dataclass(frozen=True)
class Mode:
    """A way of editing: a direction method and what it is told."""

    name: str
    method: str
    options: dict[str, Any]


def modes(exact_images: int) -> dict[str, Mode]:
    """Return the modes by the name on the command line."""
    found = (
        Mode("optimisation", "styleclip", {}),
        Mode("mapper", "styleclip-mapper", {}),
        Mode("global-exact", "styleclip-global", {"relevance": "exact", "images": exact_images}),
        Mode("global-gradient", "styleclip-global", {}),
    )
    return {mode.name: mode for mode in found}


@dataclass(frozen=True)
class World:
    """What every row is measured with."""

    generator: Generator
    scorer: ScorerModel
    deviations: Tensor
    args: argparse.Namespace


def main() -> None:
    """Run the benchmark."""
    args = _arguments()
    args.state.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(args.threads)
    warnings.simplefilter("ignore", UserWarning)
    generator = load_generator()
    scorer = load_scorer(generator.info, generator.device)
    assert scorer is not None, "the bundled scorer is not installed"
    population = generator.sample(512, seed=10**6, truncation=args.truncation)
    readings = _score(scorer, synthesize_batches(generator, population))
    world = World(generator, scorer, readings.std(0), args)
    known = modes(args.exact_images)
    chosen = [known[name] for name in args.modes.split(",")]
    rows = [_kept_row(world, target, mode) for mode in chosen for target in TARGETS]
    rows.sort(key=lambda row: [t.text for t in TARGETS].index(row.text))
    write(rows, args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--modes", default=",".join(modes(0)))
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--optimised", type=int, default=64, help="seeds of the optimisation")
    parser.add_argument("--exact-images", type=int, default=4, help="of the exact relevance")
    parser.add_argument("--truncation", type=float, default=0.7)
    parser.add_argument("--batch", type=int, default=8, help="codes optimised together")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--state", type=Path, default=Path("runs/edits"))
    return parser.parse_args()


def _kept_row(world: World, target: Target, mode: Mode) -> Row:
    """Measure a row, or read the one that was measured."""
    path = world.args.state / f"{_stem(mode, target)}-row.json"
    if path.exists():
        return Row(**json.loads(path.read_text()))
    row = _row(world, target, mode)
    path.write_text(json.dumps(asdict(row)))
    print(row, flush=True)
    return row


def _row(world: World, target: Target, mode: Mode) -> Row:
    args = world.args
    method = plugins.registry().directions[mode.method]
    count = args.optimised if method.per_image else args.seeds
    latents = sample_seeds(world.generator, range(count), truncation=args.truncation)
    find = _per_image if method.per_image else _for_all
    move, first_s = find(world, target, mode, method, latents)
    further_s = first_s if method.per_image else _seconds(world.generator, move, latents[:4])
    before = synthesize_batches(world.generator, latents)
    scores = _score(world.scorer, before)
    changes = []
    for strength in STRENGTHS:
        with torch.no_grad():
            after = synthesize_batches(world.generator, move(latents, strength))
        changes.append((_score(world.scorer, after) - scores) / world.deviations)
        if strength == 1:
            pairs = torch.stack([before[:16], after[:16]], 1).flatten(0, 1)
            write_image(grid(pairs, columns=8), args.state / f"{_stem(mode, target)}.png")
    return _told(target, mode, world.scorer.attributes, torch.stack(changes), first_s, further_s)


def _seconds(generator: Generator, move: Move, latents: Latents) -> float:
    """Time an edit that is ready, picture by picture."""
    started = time.process_time()
    for index in range(len(latents)):
        synthesize_batches(generator, move(latents[index], 1.0))
    return (time.process_time() - started) / len(latents)


def _for_all(
    world: World, target: Target, mode: Mode, method: DirectionMethod, latents: Latents
) -> tuple[Move, float]:
    """Find one direction, or read the one that was found."""
    path = world.args.state / f"{_stem(mode, target)}.safetensors"
    clock = path.with_suffix(".json")
    if not clock.exists():
        options = build_options(
            method.options, {"text": target.text, **mode.options}, owner=method.name
        )
        started = time.process_time()
        found = method.find(world.generator, options, seed=0, progress=silent)
        assert not isinstance(found, list)
        seconds = time.process_time() - started
        found.save(path)
        clock.write_text(json.dumps(seconds))
    direction = load_direction(path).ready_for(world.generator)
    return direction.apply, float(json.loads(clock.read_text()))


def _per_image(
    world: World, target: Target, mode: Mode, method: DirectionMethod, latents: Latents
) -> tuple[Move, float]:
    """Find the offset of every picture, a batch at a time, or read those that were found."""
    path = world.args.state / f"{_stem(mode, target)}.pt"
    kept = torch.load(path, weights_only=True) if path.exists() else {"offsets": [], "seconds": []}
    options = build_options(
        method.options, {"text": target.text, **mode.options}, owner=method.name
    )
    for start in range(len(kept["offsets"]), len(latents), world.args.batch):
        batch = latents[start : start + world.args.batch]
        started = time.process_time()
        found = method.find(world.generator, options, seed=0, progress=silent, latents=batch)
        assert isinstance(found, list)
        each = (time.process_time() - started) / len(batch)
        kept["offsets"] += [
            found[i].apply(batch[i], 1.0).w[0] - batch.w[i] for i in range(len(batch))
        ]
        kept["seconds"] += [each] * len(batch)
        torch.save(kept, path.with_suffix(".tmp"))
        os.replace(path.with_suffix(".tmp"), path)
    offsets = torch.stack(kept["offsets"][: len(latents)])
    seconds = kept["seconds"][: len(latents)]
    return lambda codes, s: codes.with_w(codes.w + s * offsets), sum(seconds) / len(seconds)


def _stem(mode: Mode, target: Target) -> str:
    return f"{mode.name}-{target.text.replace(' ', '-')}"


@torch.inference_mode()
def _score(scorer: ScorerModel, images: Tensor) -> Tensor:
    """Read all factors: (n, attributes)."""
    return torch.cat([scorer.score(part) for part in images.split(64)]).clone()


def _told(
    target: Target,
    mode: Mode,
    names: tuple[str, ...],
    changes: Tensor,
    first_s: float,
    further_s: float,
) -> Row:
    """Sum up changes (strengths, n, attributes)."""
    meant = MEANT.get(target.text, set()) | {target.factor}
    leaking = [index for index, name in enumerate(names) if name not in meant]
    lasting = [index for index in leaking if names[index] in IDENTITY]
    effects = (changes[:, :, names.index(target.factor)] * target.sign).mean(1).tolist()
    leaks = changes[:, :, leaking].abs().mean(1)
    drift = changes[:, :, lasting].square().mean((1, 2)).sqrt().tolist()
    full = STRENGTHS.index(1.0)
    worst = int(leaks[full].argmax())
    return Row(
        text=target.text,
        mode=mode.name,
        seeds=changes.shape[1],
        effect=round(effects[full], 3),
        leakage=round(float(leaks[full].mean()), 3),
        strength_of_one=round(_at_one(effects, list(STRENGTHS)), 3),
        leakage_at_one=round(_at_one(effects, leaks.mean(1).tolist()), 3),
        identity_at_one=round(_at_one(effects, drift), 3),
        worst_leak=f"{names[leaking[worst]]} {float(leaks[full][worst]):.2f}",
        first_s=round(first_s, 3),
        further_s=round(further_s, 3),
    )


def _at_one(effects: list[float], values: list[float]) -> float:
    """Interpolate values at the strength whose mean effect is 1; NaN if none is."""
    effects, values = [0.0, *effects], [0.0, *values]
    for index in range(1, len(effects)):
        low, high = effects[index - 1], effects[index]
        if low < 1 <= high:
            share = (1 - low) / (high - low)
            return values[index - 1] + share * (values[index] - values[index - 1])
    return float("nan")


if __name__ == "__main__":
    main()
