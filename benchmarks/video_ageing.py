"""Why the effect of `age` changes over a clip, and how often it does so in sets of 20 portraits.

    python benchmarks/video_ageing.py [NAME=FILE …]

The bundled scorer reads the age of 48 faces, drawn by the bundled generator, at ages up to and beyond
the ends of the world's range. By this curve, sets of 20 clips of 128 frames are judged without being
drawn: by how much does the mean effect of one deviation of age change over time? `video_portraits.py`
draws the frames, for few sets. Files are further moving generators. Writes `results/video-ageing.md`
and `.json`.
"""

from __future__ import annotations

import sys

import torch
from result_files import write_json, write_markdown
from torch import Tensor
from video_motion import LENGTH as WATCHED
from video_motion import START
from video_portraits import LENGTH, PORTRAITS, TIMES

import dynode
from dynode.generator.video import fitted_motion
from dynode.latents import Motion
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_STD, factor_index, population
from dynode_facets.scorer import load_scorer
from dynode_facets.w_space import code_of, factors_of
from dynode_stylegan_v.moving import MovingGenerator

SETS, FACES, SEED, AT_ONCE = 200, 48, 998, 250
AGE = factor_index("age")
AGES = torch.linspace(-1.4, 1.6, 31)
SHARES = (0.9, 0.8, 0.7)
ALLOWED = 0.1


def curve() -> Tensor:
    """Read how old faces look at each of AGES."""
    generator = dynode.load_generator("facets-128")
    faces = population(torch.randn(FACES, 512, generator=torch.Generator().manual_seed(SEED)))
    like = generator.sample(1, seed=0)
    seen = []
    for age in AGES:
        faces[:, AGE] = age
        w = code_of(faces.double(), like.w.shape[2]).to(like.w)
        codes = like.with_w(w[:, None].expand(-1, like.w.shape[1], -1).contiguous())
        read = load_scorer().score(generator.synthesize(codes).clamp(-1, 1))
        seen.append(read[:, AGE].mean())
    return torch.stack(seen)


def seen_at(curve: Tensor, age: Tensor) -> Tensor:
    """Read the curve at ages, straight between its points."""
    place = ((age - AGES[0]) / (AGES[1] - AGES[0])).clamp(0, len(AGES) - 1.001)
    low = place.long()
    return torch.lerp(curve[low], curve[low + 1], place - low)


def real(count: int) -> Tensor:
    """Draw ages (count, LENGTH) of clips of the world."""
    return moving_factors(count, LENGTH, 25.0, SEED)[..., AGE]


def made(name: str, count: int) -> Tensor:
    """Draw those of a moving generator."""
    generator = dynode.load_generator(name)
    assert isinstance(generator, MovingGenerator)
    latents = generator.sample(count, seed=SEED, truncation=1.0)
    ages = []
    for rows in torch.arange(count).split(AT_ONCE):
        drawn = Motion.cat([Motion.draw(1, seed=SEED + int(row)) for row in rows])
        motion = fitted_motion(generator, drawn, latents[rows])
        moved = generator.mover(generator.motion_codes(motion, torch.arange(LENGTH).double()))
        ages.append(factors_of((latents.w[rows].mean(1)[:, None] + moved).double())[..., AGE])
    return torch.cat(ages).float()


def figures(age: Tensor, truth: Tensor, curve: Tensor) -> dict[str, float]:
    """Describe sets of clips: how far one time's effect is from the mean, and how far faces age."""
    effect = seen_at(curve, age[:, TIMES] + FACTOR_STD) - seen_at(curve, age[:, TIMES])
    effect = effect.view(-1, PORTRAITS, len(TIMES)).mean(1)
    off = (effect / effect.mean(1, keepdim=True) - 1).abs().amax(1)
    found = {
        "mean": off.mean(),
        "nine of ten below": off.quantile(0.9),
        "more than 10 %": (off > ALLOWED).float().mean(),
        "amplitude of age, made / real": spread(age) / spread(truth),
    }
    return {name: round(float(value), 3) for name, value in found.items()}


def spread(age: Tensor) -> Tensor:
    """Give the mean deviation of ages (clips, LENGTH) within the frames that `video_motion` looks at."""
    return age[:, START : START + WATCHED].std(1).mean()


def main() -> None:
    """Measure and write."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    seen, truth = curve(), real(SETS * PORTRAITS)
    columns = {"real": figures(truth, truth, seen)}
    for share in SHARES:
        less = truth[:, :1].lerp(truth, share)
        columns[f"real, {share:g} as far"] = figures(less, truth, seen)
    for name, path in {**given, "facets-video": "facets-video"}.items():
        columns[name] = figures(made(path, SETS * PORTRAITS), truth, seen)
        print(name, columns[name], flush=True)
    ages = [f"{age:.1f}" for age in AGES[::2].tolist()]
    read = [f"{value:.2f}" for value in seen[::2].tolist()]
    write_json("video-ageing", {"read": dict(zip(ages, read, strict=True)), "sets": columns})
    write_markdown("video-ageing", [*table(columns), "", *aligned(ages, read)])


def table(columns: dict[str, dict[str, float]]) -> list[str]:
    """Lay the figures out, a column each kind of motion."""
    lines = [
        f"`python benchmarks/video_ageing.py`: {SETS} sets of {PORTRAITS} clips of {LENGTH} frames. The",
        "largest difference of the effect of one deviation of age at one time from its mean over time,",
        f"by the curve below. Amplitude: frames {START} to {START + WATCHED}, as in `video_motion.py`.",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row in columns["real"]:
        cells = [str(column[row]) for column in columns.values()]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


def aligned(ages: list[str], read: list[str]) -> list[str]:
    """Lay the curve out."""
    return [
        f"The age of {FACES} faces, as the scorer reads it off the generator's pictures:",
        "",
        "| age | " + " | ".join(ages) + " |",
        "|---" * (len(ages) + 1) + "|",
        "| read | " + " | ".join(read) + " |",
    ]


if __name__ == "__main__":
    with torch.no_grad():
        main()
