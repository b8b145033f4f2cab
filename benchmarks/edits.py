"""Score text edits on the bundled world, where every factor is known.

    python benchmarks/edits.py --plugin styleclip

Each text is given to the plugin for every seed. The bundled scorer reads all factors off the
pictures before and after; a change is told in standard deviations of its reading over the
population the portraits are drawn from (same truncation, 512 other pictures). Writes
`results/edits-<plugin>.json` and `.md`, and contact sheets when asked.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from dynode import plugins
from dynode.direction import EditStack
from dynode.generator import Generator, load_generator
from dynode.latents import Latents
from dynode.media.images import grid, write_image
from dynode.methods import DirectionMethod, ScorerModel, silent
from dynode.options import build_options
from dynode.pipeline.generate import sample_seeds, synthesize_batches
from dynode.pipeline.measure import load_scorer

RESULTS = Path(__file__).parent / "results"


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
class Row:
    """What one text did over all seeds."""

    text: str
    factor: str
    mean_effect: float
    share_above_one: float
    share_above_one_with_room: float
    seeds_with_room: int
    leakage: float
    worst_leak: str
    seconds_per_edit: float


def main() -> None:
    """Run the benchmark."""
    args = _arguments()
    torch.set_num_threads(args.threads)
    generator = load_generator()
    scorer = load_scorer(generator.info, generator.device)
    assert scorer is not None, "the bundled scorer is not installed"
    method = plugins.registry().directions[args.plugin]
    population = _readings(generator, scorer, args.truncation)
    latents = sample_seeds(generator, range(args.seeds), truncation=args.truncation)
    rows = [
        _score(target, method, generator, scorer, population, latents, args) for target in TARGETS
    ]
    _write(rows, args)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plugin", default="styleclip")
    parser.add_argument("--seeds", type=int, default=64)
    parser.add_argument("--truncation", type=float, default=0.7)
    parser.add_argument("--batch", type=int, default=1, help="codes optimised together")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--name", default="", help="suffix of the result files")
    parser.add_argument("--pictures", type=Path, help="folder for contact sheets")
    return parser.parse_args()


def _score(
    target: Target,
    method: DirectionMethod,
    generator: Generator,
    scorer: ScorerModel,
    population: Tensor,
    latents: Latents,
    args: argparse.Namespace,
) -> Row:
    given = dict(pair.split("=", 1) for pair in args.option)
    options = build_options(method.options, {"text": target.text, **given}, owner=method.name)
    moved, seconds = [], 0.0
    for first in range(0, len(latents), args.batch):
        batch = latents[first : first + args.batch]
        started = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            found = method.find(generator, options, seed=0, progress=silent, latents=batch)
        directions = found if isinstance(found, list) else [found] * len(batch)
        moved += [EditStack(((d, 1.0),)).apply(batch[i]) for i, d in enumerate(directions)]
        seconds += time.perf_counter() - started
    edited = Latents.cat(moved)
    before = synthesize_batches(generator, latents)
    after = synthesize_batches(generator, edited)
    if args.pictures:
        args.pictures.mkdir(parents=True, exist_ok=True)
        pairs = torch.stack([before[:16], after[:16]], 1).flatten(0, 1)
        write_image(grid(pairs, columns=8), args.pictures / f"{target.text.replace(' ', '-')}.png")
    with torch.inference_mode():
        scores = scorer.score(before)
        changes = (scorer.score(after) - scores) / population.std(0)
    return _row(target, scorer.attributes, scores, population, changes, seconds / len(latents))


@torch.inference_mode()
def _readings(generator: Generator, scorer: ScorerModel, truncation: float) -> Tensor:
    """Score the population the portraits are drawn from: (512, attributes)."""
    latents = generator.sample(512, seed=10**6, truncation=truncation)
    return scorer.score(synthesize_batches(generator, latents))


def _row(
    target: Target,
    names: tuple[str, ...],
    scores: Tensor,
    population: Tensor,
    changes: Tensor,
    seconds: float,
) -> Row:
    index = names.index(target.factor)
    effect = changes[:, index] * target.sign
    # Who wears glasses cannot put them on: there is room if the extreme reading of the population
    # is a deviation away.
    readings = population[:, index] * target.sign
    room = readings.max() - scores[:, index] * target.sign >= readings.std()
    meant = MEANT.get(target.text, set()) | {target.factor}
    leaks = {
        name: float(changes[:, i].abs().mean()) for i, name in enumerate(names) if name not in meant
    }
    worst = max(leaks, key=lambda name: leaks[name])
    above = effect >= 1
    row = Row(
        text=target.text,
        factor=target.factor,
        mean_effect=round(float(effect.mean()), 3),
        share_above_one=round(float(above.float().mean()), 3),
        share_above_one_with_room=round(float(above[room].float().mean()), 3),
        seeds_with_room=int(room.sum()),
        leakage=round(sum(leaks.values()) / len(leaks), 3),
        worst_leak=f"{worst} {leaks[worst]:.2f}",
        seconds_per_edit=round(seconds, 2),
    )
    print(row, flush=True)
    return row


def _write(rows: list[Row], args: argparse.Namespace) -> None:
    command = f"python benchmarks/edits.py --plugin {args.plugin}"
    command += "".join(f" --option {pair}" for pair in args.option)
    command += f" --batch {args.batch} --seeds {args.seeds} --truncation {args.truncation:g}"
    document = {
        "command": command,
        "machine": f"{platform.machine()}, {args.threads} threads, torch {torch.__version__}",
        "rows": [asdict(row) for row in rows],
    }
    RESULTS.mkdir(exist_ok=True)
    stem = f"edits-{args.plugin}" + (f"-{args.name}" if args.name else "")
    (RESULTS / f"{stem}.json").write_text(json.dumps(document, indent=2) + "\n")
    lines = [
        f"`{command}` ({document['machine']})",
        "",
        "| text | factor | mean effect (σ) | ≥ 1 σ, all seeds | ≥ 1 σ, seeds with room | "
        "leakage (σ) | worst leak | s per edit |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {r.text} | {r.factor} | {r.mean_effect:.2f} | {r.share_above_one:.0%} | "
        f"{r.share_above_one_with_room:.0%} of {r.seeds_with_room} | {r.leakage:.2f} | "
        f"{r.worst_leak} | {r.seconds_per_edit:.2f} |"
        for r in rows
    ]
    (RESULTS / f"{stem}.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
