"""Motion of a bundled video generator against real clips of its world.

    python benchmarks/video_motion.py [--world skies] [NAME=FILE …]

The world is facets when none is named; that of skies is written to `video-motion-skies`.
Files are further moving generators, such as `half=half.safetensors` of a run that was stopped half-way.
Frames are drawn at 64 px and read by the bundled scorer; what moves is read off the codes, exactly.
Writes `results/video-motion.md` and `.json`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.linalg
import torch
from result_files import write_json, write_markdown
from torch import Tensor
from torch.nn import functional

import dynode
from dynode.generator.video import fitted_motion
from dynode.latents import Motion
from dynode.plugins import ScorerModel
from dynode_facets.scorer import load_scorer
from dynode_facets.world import FACETS
from dynode_skies.scorer import load_scorer as load_skies_scorer
from dynode_skies.world import SKIES
from dynode_stylegan_v.moving import MovingGenerator
from dynode_worlds.code_clips import moving_factors
from dynode_worlds.population import FACTOR_STD
from dynode_worlds.scorer import ScorerNetwork
from dynode_worlds.world import World

COUNT, PEOPLE, CLIPS, WATCHED = 2048, 768, 512, 48
START, LENGTH, SIDE = 16, 32, 64
STANDS_STILL = 0.05
MOVES = 1e-3

Draw = Callable[[Tensor, Tensor], Tensor]
Clips = tuple[Tensor, Draw]


@dataclass(frozen=True)
class Subject:
    """What is watched: a world, what moves in its clips, and who reads it off pictures."""

    world: World
    moving: tuple[str, ...]
    fps: float
    scorer: Callable[[], ScorerModel]
    passing: int  # the frame from which on one clip passes into the next

    @property
    def columns(self) -> list[int]:
        """Factors that move."""
        return [self.world.population.names.index(name) for name in self.moving]

    @property
    def still(self) -> list[int]:
        """Factors that do not."""
        moving = self.columns
        return [index for index in range(self.world.factors) if index not in moving]


FACES = ("yaw", "pitch", "smile", "mouth_open", "eye_open", "gaze", "brow", "age")
LANDS = (
    "cloud_drift",
    "wind",
    "sun_height",
    "sun_bearing",
    "night",
    "water",
    "waves",
    "turn",
    "haze",
)
PORTRAITS = Subject(FACETS, FACES, 25.0, load_scorer, 144)
LANDSCAPES = Subject(SKIES, LANDS, 12.5, load_skies_scorer, 108)
COLUMNS, STILL = PORTRAITS.columns, PORTRAITS.still


def real(seed: int, *, start: int = START, subject: Subject = PORTRAITS) -> Clips:
    """Factors (COUNT, LENGTH, F), and what draws frames (rows, frame numbers)."""
    world = subject.world
    factors = moving_factors(world, COUNT, start + LENGTH, subject.fps, seed)[:, start:]
    return factors, lambda rows, at: world.render(factors[rows, at], SIDE)


def made(
    name: str,
    seed: int,
    *,
    is_static: bool = False,
    start: int = START,
    subject: Subject = PORTRAITS,
) -> Clips:
    """The same of a moving generator."""
    generator = dynode.load_generator(name)
    assert isinstance(generator, MovingGenerator)
    latents = generator.sample(COUNT, seed=seed, truncation=1.0)
    motion = fitted_motion(generator, Motion.draw(COUNT, seed=seed), latents)
    times = torch.arange(start, start + LENGTH, dtype=torch.float64)
    moved = generator.mover(generator.motion_codes(motion, times))
    if is_static:
        moved = moved * 0
    factors_of = subject.world.codes.factors_of
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


def read(
    draw: Draw, rows: Tensor, at: Tensor, subject: Subject = PORTRAITS
) -> tuple[Tensor, Tensor]:
    """Hidden units and factors, as the scorer reads them off frames."""
    network = subject.scorer().network
    assert isinstance(network, ScorerNetwork)
    hidden, factors = [], []
    for part, when in zip(rows.split(64), at.split(64), strict=True):
        frames = draw(part, when).clamp(-1, 1)
        flat = functional.relu(network.squeeze(network.activations(frames)[-1])).flatten(1)
        hidden.append(functional.relu(network.hidden(flat)))
        factors.append(network.out(hidden[-1]))
    return torch.cat(hidden), torch.cat(factors)


def described(
    clips: Clips, *, with_frames: bool = True, subject: Subject = PORTRAITS
) -> dict[str, Tensor]:
    """What is compared of clips."""
    factors, draw = clips
    moving, still = factors[..., subject.columns], subject.still
    speed, jerk = moving.diff(dim=1).abs(), moving.diff(n=3, dim=1).abs()
    found = {
        "amplitude": moving.std(1),
        "motion": torch.cat([moving.std(1), speed.mean(1), jerk.mean(1)], 1),
        "jerk": jerk.mean((0, 1)),
        "identity of codes": factors[..., still].std(1) / FACTOR_STD,
        "reversals": reversals(moving)[None],
        "outside": (moving.abs() > 1).float().mean()[None],
    }
    if not with_frames:
        return found
    people = torch.arange(PEOPLE)
    places = torch.arange(0, LENGTH, 4)
    rows, at = torch.arange(WATCHED).repeat_interleave(len(places)), places.repeat(WATCHED)
    watched = read(draw, rows, at, subject)[1].view(WATCHED, len(places), -1)
    found["hidden"] = read(draw, people, people % LENGTH, subject)[0]
    found["identity"] = watched[..., still].std(1) / FACTOR_STD
    return found


def reversals(moving: Tensor) -> Tensor:
    """Share of time in which motion, averaged over five frames, turns back against itself.

    Time in which nothing moves by MOVES a frame, before and after, does not count.
    """
    mean = moving.diff(dim=1).unfold(1, 5, 1).mean(-1)
    after, before = mean[:, 5:], mean[:, :-5]
    counts = (after.norm(dim=-1) > MOVES) & (before.norm(dim=-1) > MOVES)
    return ((after * before).sum(-1) < 0)[counts].float().mean()


def figures(
    one: dict[str, Tensor], truth: dict[str, Tensor], moving: tuple[str, ...] = FACES
) -> dict[str, object]:
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
        for name, value in zip(moving, values.tolist(), strict=True):
            found[f"{title}, {name}"] = round(value, 2)
    return found


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", choices=["facets", "skies"], default="facets")
    parser.add_argument("others", nargs="*", metavar="NAME=FILE")
    chosen = parser.parse_args()
    subject = LANDSCAPES if chosen.world == "skies" else PORTRAITS
    ours = f"{chosen.world}-video"
    columns = measured(subject, ours, dict(other.split("=", 1) for other in chosen.others))
    name = "video-motion" if subject is PORTRAITS else "video-motion-skies"
    write_json(name, columns)
    write_markdown(name, table(columns, chosen.world, subject.passing))


def measured(subject: Subject, ours: str, given: dict[str, str]) -> dict[str, dict[str, object]]:
    """Measure a bundled generator, others beside it, and what is known about real clips."""

    def compared(clips: Clips, with_frames: bool = True) -> dict[str, object]:
        found = described(clips, with_frames=with_frames, subject=subject)
        return figures(found, truth if with_frames else later, subject.moving)

    truth = described(real(100, subject=subject), subject=subject)
    columns = {"real, other clips": compared(real(200, subject=subject))}
    columns["static = untrained"] = compared(made(ours, 5, is_static=True, subject=subject))
    for name, path in {**given, ours: ours}.items():
        columns[name] = compared(made(path, 5, subject=subject))
        print(name, columns[name], flush=True)
    begin = real(100, start=subject.passing, subject=subject)
    later = described(begin, with_frames=False, subject=subject)
    columns["real, later"] = compared(real(200, start=subject.passing, subject=subject), False)
    columns[f"{ours}, later"] = compared(
        made(ours, 5, start=subject.passing, subject=subject), False
    )
    return columns


def table(columns: dict[str, dict[str, object]], world: str, passing: int) -> list[str]:
    """Lay the figures out, a row each."""
    rows = sorted(
        {row for column in columns.values() for row in column}, key=lambda row: ("," in row, row)
    )
    lines = [
        f"`python benchmarks/video_motion.py --world {world}`: {COUNT} clips of {LENGTH} frames from",
        f"frame {START} on",
        f"(later: from {passing} on, where one clip passes into the next). Fréchet distance of motion: mean",
        f"over {COUNT // CLIPS} sets of {CLIPS} of them, and of the first; of frames: {PEOPLE} pictures at",
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
