"""How well the bundled scorer, CLIP and encoder of landscapes read renders, and pictures of the generator.

    OMP_NUM_THREADS=1 python benchmarks/skies_readers.py

384 held-out renders (seed 1 for the scorer, 11 for the CLIP) and 192 pictures of the generator (seeds 500
and on, no truncation) against the factors in their codes; 16 renders of held-out z (seed 7) drawn
again by the encoder after some steps of refinement; 48 pictures (seed 200) before and after the ready
micromotions, and what moved most on average, in deviations over the population. Writes
`results/skies-readers.md` and `.json`.
"""

from __future__ import annotations

import time
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor

import dynode
import dynode_skies
from dynode.plugins import ScorerModel
from dynode_skies.evaluation import correlations, embedded, held_out, scores, zero_shot
from dynode_skies.scorer import load_scorer
from dynode_skies.text import load_clip
from dynode_skies.w_space import factors_of
from dynode_skies.world import SKIES
from dynode_worlds.population import FACTOR_STD
from dynode_worlds.training.losses import psnr

RENDERS, PICTURES, FIRST, REDRAWN, SEED = 384, 192, 500, 16, 7
STEPS = (0, 3, 12)
MOVED, MOVED_SEED = 48, 200
READY = Path(str(dynode_skies.__file__)).parent / "directions"


def drawn(generator: dynode.Generator) -> tuple[Tensor, Tensor]:
    """Draw pictures by the generator; give the factors in their codes too."""
    codes = generator.sample(PICTURES, seed=FIRST, truncation=1.0)
    factors = factors_of(codes.w.mean(1).double()).float()
    parts = [generator.synthesize(codes[at : at + 32]) for at in range(0, PICTURES, 32)]
    return torch.cat(parts).clamp(-1, 1), factors


def redrawn(generator: dynode.Generator) -> dict[str, dict[str, float]]:
    """Invert renders after some steps, and draw them from their true factors."""
    z = torch.randn(REDRAWN, 512, generator=torch.Generator().manual_seed(SEED))
    images = SKIES.render(SKIES.population.factors(z), 128)
    true = generator.synthesize(generator.map(z, truncation=1.0))
    found = {"the true factors": figures(true, images)}
    for steps in STEPS:
        began = time.process_time()
        inversion = dynode.invert(images, generator, steps=steps)
        spent = (time.process_time() - began) / REDRAWN
        with torch.inference_mode():
            again = generator.synthesize(inversion.latents)
        found[f"{steps} steps"] = figures(again, images) | {"seconds a picture": round(spent, 2)}
    return found


@torch.inference_mode()
def moved(generator: dynode.Generator, scorer: ScorerModel) -> dict[str, dict[str, float]]:
    """Say what the ready micromotions move most."""
    codes = generator.sample(MOVED, seed=MOVED_SEED)
    before = scores(scorer, generator.synthesize(codes))
    found = {}
    for name in ("sunset", "clouds"):
        motion = dynode.load_direction(READY / f"{name}.micromotion.safetensors")
        ends = [motion.along(codes[at : at + 1], torch.ones(1), 1.0) for at in range(MOVED)]
        after = torch.cat([scores(scorer, generator.synthesize(end)) for end in ends])
        mean = ((after - before) / FACTOR_STD).mean(0)
        most = mean.abs().argsort(descending=True)[:4].tolist()
        names = SKIES.population.names
        found[name] = {names[index]: round(float(mean[index]), 2) for index in most}
    return found


def figures(images: Tensor, targets: Tensor) -> dict[str, float]:
    """Compare pictures."""
    each = [psnr(a[None], b[None]) for a, b in zip(images, targets, strict=True)]
    return {"mean": round(sum(each) / len(each), 1), "worst": round(min(each), 1)}


def main() -> None:
    """Measure and write."""
    generator = dynode.load_generator("skies", device="cpu")
    scorer, model = load_scorer(), load_clip()
    with torch.inference_mode():
        images, factors = drawn(generator)
        columns = {}
        for side in (128, 64):
            renders, truth = held_out(RENDERS, seed=1, resolution=side)
            columns[f"scorer, {side} px"] = correlations(scores(scorer, renders), truth)
        columns["scorer, generator"] = correlations(scores(scorer, images), factors)
        renders, truth = held_out(RENDERS, seed=11)
        columns["CLIP, renders"] = zero_shot(model, embedded(model, renders), truth)
        columns["CLIP, generator"] = zero_shot(model, embedded(model, images), factors)
    encoder = redrawn(generator)
    motions = moved(generator, scorer)
    rounded = {name: {k: round(v, 3) for k, v in told.items()} for name, told in columns.items()}
    write_json("skies-readers", {"readers": rounded, "encoder": encoder, "motions": motions})
    lines = [
        "`python benchmarks/skies_readers.py`: correlation of the scorer, accuracy of the CLIP.",
        "",
    ]
    lines += ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in SKIES.population.names:
        cells = [str(told.get(name, "")) for told in rounded.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "| redrawn, dB | mean | worst | seconds a picture |", "|---|---|---|---|"]
    for name, told in encoder.items():
        cells = [str(told.get(key, "")) for key in ("mean", "worst", "seconds a picture")]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    for name, told in motions.items():
        most = ", ".join(f"{factor} {by:+.2f}" for factor, by in told.items())
        lines += ["", f"The micromotion {name} moves {most}."]
    write_markdown("skies-readers", lines)
    print("\n".join(lines))


if __name__ == "__main__":
    main()
