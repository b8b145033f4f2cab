"""Motion of the bundled video generator against real clips of the facets world.

    python benchmarks/video_motion.py [NAME=FILE …]

Files are further moving generators, such as `half=half.safetensors` of a run that was stopped half-way.
Frames are drawn at 64 px and read by the bundled scorer; what moves is read off the codes, exactly.
Writes `results/video-motion.md` and `.json`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import scipy.linalg
import torch
from result_files import write_json, write_markdown
from torch import Tensor
from torch.nn import functional

import dynode
from dynode.generator.video import fitted_motion
from dynode.latents import Motion
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD
from dynode_facets.render import render
from dynode_facets.scorer import load_scorer
from dynode_facets.w_space import factors_of
from dynode_stylegan_v.moving import MovingGenerator
from dynode_worlds.scorer import ScorerNetwork

MOVING = ("yaw", "pitch", "smile", "mouth_open", "eye_open", "gaze", "brow", "age")
COLUMNS = [FACTOR_NAMES.index(name) for name in MOVING]
STILL = [index for index in range(len(FACTOR_NAMES)) if index not in COLUMNS]
COUNT, PEOPLE, CLIPS, WATCHED = 2048, 768, 512, 48
START, LENGTH, FPS, SIDE = 16, 32, 25.0, 64
PASSING = 144
STANDS_STILL = 0.05
MOVES = 1e-3

Draw = Callable[[Tensor, Tensor], Tensor]
Clips = tuple[Tensor, Draw]


def real(seed: int, *, start: int = START) -> Clips:
    """Factors (COUNT, LENGTH, F), and what draws frames (rows, frame numbers)."""
    factors = moving_factors(COUNT, start + LENGTH, FPS, seed)[:, start:]
    return factors, lambda rows, at: render(factors[rows, at], SIDE)


def made(name: str, seed: int, *, is_static: bool = False, start: int = START) -> Clips:
    """The same of a moving generator."""
    generator = dynode.load_generator(name)
    assert isinstance(generator, MovingGenerator)
    latents = generator.sample(COUNT, seed=seed, truncation=1.0)
    motion = fitted_motion(generator, Motion.draw(COUNT, seed=seed), latents)
    times = torch.arange(start, start + LENGTH, dtype=torch.float64)
    moved = generator.mover(generator.motion_codes(motion, times))
    if is_static:
        moved = moved * 0
    rest = factors_of(latents.w.mean(1).double())[:, None]
    nothing = factors_of(torch.zeros(1, moved.shape[-1], dtype=torch.float64))
    factors = rest + factors_of(moved.double()) - nothing

    def draw(rows: Tensor, at: Tensor) -> Tensor:
        shown = latents[rows].with_w(latents.w[rows] + moved[rows, at][:, None])
        return generator.still.synthesize(shown, resolution=SIDE)

    return factors.float(), draw


def frechet(one: Tensor, other: Tensor) -> float:
    """Distance of two normal distributions, population covariance, real part."""
    a, b = one.double().numpy(), other.double().numpy()
    first, second = np.cov(a, rowvar=False, bias=True), np.cov(b, rowvar=False, bias=True)
    root = scipy.linalg.sqrtm(first @ second)
    gap = a.mean(0) - b.mean(0)
    return float(gap @ gap + np.real(np.trace(first + second - 2 * root)))


def read(draw: Draw, rows: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
    """Hidden units and factors, as the scorer reads them off frames."""
    network = load_scorer().network
    assert isinstance(network, ScorerNetwork)
    hidden, factors = [], []
    for part, when in zip(rows.split(64), at.split(64), strict=True):
        frames = draw(part, when).clamp(-1, 1)
        flat = functional.relu(network.squeeze(network.activations(frames)[-1])).flatten(1)
        hidden.append(functional.relu(network.hidden(flat)))
        factors.append(network.out(hidden[-1]))
    return torch.cat(hidden), torch.cat(factors)


def described(clips: Clips, *, with_frames: bool = True) -> dict[str, Tensor]:
    """What is compared of clips."""
    factors, draw = clips
    moving = factors[..., COLUMNS]
    speed, jerk = moving.diff(dim=1).abs(), moving.diff(n=3, dim=1).abs()
    found = {
        "amplitude": moving.std(1),
        "motion": torch.cat([moving.std(1), speed.mean(1), jerk.mean(1)], 1),
        "jerk": jerk.mean((0, 1)),
        "identity of codes": factors[..., STILL].std(1) / FACTOR_STD,
        "reversals": reversals(moving)[None],
        "outside": (moving.abs() > 1).float().mean()[None],
    }
    if not with_frames:
        return found
    people = torch.arange(PEOPLE)
    places = torch.arange(0, LENGTH, 4)
    rows, at = torch.arange(WATCHED).repeat_interleave(len(places)), places.repeat(WATCHED)
    watched = read(draw, rows, at)[1].view(WATCHED, len(places), -1)
    found["hidden"] = read(draw, people, people % LENGTH)[0]
    found["identity"] = watched[..., STILL].std(1) / FACTOR_STD
    return found


def reversals(moving: Tensor) -> Tensor:
    """Share of time in which motion, averaged over five frames, turns back against itself.

    Time in which nothing moves by MOVES a frame, before and after, does not count.
    """
    mean = moving.diff(dim=1).unfold(1, 5, 1).mean(-1)
    after, before = mean[:, 5:], mean[:, :-5]
    counts = (after.norm(dim=-1) > MOVES) & (before.norm(dim=-1) > MOVES)
    return ((after * before).sum(-1) < 0)[counts].float().mean()


def figures(one: dict[str, Tensor], truth: dict[str, Tensor]) -> dict[str, object]:
    """Compare a generator, or other real clips, with real ones."""
    unit = truth["motion"][:CLIPS].std(0) + 1e-6
    ratio = one["amplitude"].mean(0) / truth["amplitude"].mean(0)
    trembling = one["jerk"] / truth["jerk"]
    distances = [
        frechet(part / unit, true / unit)
        for part, true in zip(one["motion"].split(CLIPS), truth["motion"].split(CLIPS), strict=True)
    ]
    found: dict[str, object] = {
        "motion": round(sum(distances) / len(distances), 3),
        "motion, first clips": round(distances[0], 3),
        "still": round(float((one["amplitude"].amax(1) < STANDS_STILL).float().mean()), 3),
        "identity of codes": round(float(one["identity of codes"].mean()), 5),
        "jerk": round(float(one["jerk"].sum() / truth["jerk"].sum()), 2),
        "reversals": round(float(one["reversals"]), 3),
        "outside": round(float(one["outside"]), 3),
    }
    if "hidden" in one:
        found["frames"] = round(frechet(one["hidden"], truth["hidden"]), 3)
        found["identity"] = round(float(one["identity"].mean()), 4)
    for title, values in (("amplitude", ratio), ("jerk", trembling)):
        for name, value in zip(MOVING, values.tolist(), strict=True):
            found[f"{title}, {name}"] = round(value, 2)
    return found


def main() -> None:
    """Measure and write."""
    given = dict(argument.split("=", 1) for argument in sys.argv[1:])
    truth = described(real(100))
    columns = {"real, other clips": figures(described(real(200)), truth)}
    columns["static = untrained"] = figures(
        described(made("facets-video", 5, is_static=True)), truth
    )
    for name, path in {**given, "facets-video": "facets-video"}.items():
        columns[name] = figures(described(made(path, 5)), truth)
        print(name, columns[name], flush=True)
    later = described(real(100, start=PASSING), with_frames=False)
    for name, clips in (
        ("real, later", real(200, start=PASSING)),
        ("facets-video, later", made("facets-video", 5, start=PASSING)),
    ):
        columns[name] = figures(described(clips, with_frames=False), later)
    write_json("video-motion", columns)
    write_markdown("video-motion", table(columns))


def table(columns: dict[str, dict[str, object]]) -> list[str]:
    """Lay the figures out, a row each."""
    rows = sorted(
        {row for column in columns.values() for row in column}, key=lambda row: ("," in row, row)
    )
    lines = [
        f"`python benchmarks/video_motion.py`: {COUNT} clips of {LENGTH} frames from frame {START} on",
        f"(later: from {PASSING} on, where one clip passes into the next). Fréchet distance of motion: mean",
        f"over {COUNT // CLIPS} sets of {CLIPS} of them, and of the first; of frames: {PEOPLE} people at",
        f"{SIDE} px. {WATCHED} clips for",
        "the deviation of what should not change, as the scorer reads it. Amplitude and jerk: made / real.",
        "",
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row in rows:
        cells = [str(column.get(row, "")) for column in columns.values()]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    with torch.no_grad():
        main()
