"""What an edit of a clip costs: `python benchmarks/dynamics_cost.py`.

StyleCLIP's optimisation is run on the first frame, whose edit a trajectory carries, and on several frames
each on their own, from which the seconds of the whole clip are extrapolated (every frame costs the same
number of steps). Inversion and drawing, which both ways need, are told apart. Then both ways are compared
by how unsteady the frames are.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

from dynode.direction.stack import EditStack
from dynode.dynamics.carrying import carry
from dynode.dynamics.fit import fit_trajectory
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.pipeline.choosing import choose_inverter
from dynode.pipeline.drawing import Jitter
from dynode.pipeline.edit import find
from dynode_facets.clips import trajectory
from dynode_facets.factors import factor_index, population
from dynode_facets.render import render
from dynode_facets.scorer import FacetsScorerModel
from dynode_worlds.motion import regular_times

_T = TypeVar("_T")
FPS, STEPS = 25.0, 1  # of the inverter's refinement


def timed(work: Callable[[], _T]) -> tuple[_T, dict[str, float]]:
    wall, cpu = time.perf_counter(), time.process_time()
    made = work()
    return made, {
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - cpu, 2),
    }


def optimised(generator: Generator, code: Latents, text: str) -> Latents:
    found = find("styleclip", generator, seed=0, latents=code, text=text)
    with torch.no_grad():
        return EditStack(((found[0] if isinstance(found, list) else found, 1.0),)).apply(code)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--frames", type=int, default=6, help="frames to optimise one by one")
    parser.add_argument("--text", default="smiling")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    generator, scorer = load_generator(), FacetsScorerModel.bundled()
    times = regular_times(given.seconds, FPS)
    person = 0.6 * population(torch.randn(1, 512, generator=torch.Generator().manual_seed(3)))[0]
    person[factor_index("smile")] = -0.5
    shown = render(trajectory("talking", person, times, seed=0), generator.info.resolution[0])
    inverter = choose_inverter(generator, None)

    def invert() -> Latents:
        options = inverter.options(steps=STEPS)
        parts = [
            inverter.invert(generator, part, options, seed=0, progress=lambda *a, **k: None)
            for part in shown.split(8)
        ]
        return Latents.cat(parts).detach()

    def draw(codes: Latents) -> torch.Tensor:
        with torch.inference_mode():
            parts = [
                generator.synthesize(codes[at : at + 4]).clone() for at in range(0, len(codes), 4)
            ]
        return torch.cat(parts)

    optimised(generator, generator.sample(1, seed=1), given.text)  # loads the text-image model
    seconds: dict[str, dict[str, float]] = {}
    codes, seconds["invert"] = timed(invert)
    first, seconds["optimise the first frame"] = timed(
        lambda: optimised(generator, codes[0], given.text)
    )
    fitted, seconds["fit"] = timed(lambda: fit_trajectory(codes, times))
    carried, seconds["carry"] = timed(lambda: carry(fitted, codes[0], first, times).latents)
    pictures, seconds["draw"] = timed(lambda: draw(carried))
    each, seconds["optimise some frames one by one"] = timed(
        lambda: Latents.cat(
            [optimised(generator, codes[at], given.text) for at in range(given.frames)]
        )
    )
    own = draw(each)
    once = ("optimise the first frame", "fit", "carry")
    cost = {
        kind: {
            "first frame": round(sum(seconds[step][kind] for step in once), 2),
            "frame by frame": round(
                seconds["optimise some frames one by one"][kind] * len(times) / given.frames, 2
            ),
        }
        for kind in ("wall_s", "cpu_s")
    }
    with torch.inference_mode():
        smile = {
            name: scorer.score(images)[:, factor_index("smile")].tolist()
            for name, images in {
                "source": draw(codes[: given.frames]),
                "first frame": pictures[: given.frames],
                "frame by frame": own,
            }.items()
        }
    document = {
        "frames": len(times),
        "optimised": given.frames,
        "text": given.text,
        "seconds": seconds,
        "edit of the clip": cost,
        "times as fast": {
            kind: round(both["frame by frame"] / both["first frame"], 1)
            for kind, both in cost.items()
        },
        "jitter": {
            "source": Jitter.of([draw(codes[: given.frames])]),
            "first frame": Jitter.of([pictures[: given.frames]]),
            "frame by frame": Jitter.of([own]),
        },
        "smile": {name: [round(value, 3) for value in read] for name, read in smile.items()},
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores, torch {torch.__version__}",
    }
    text = json.dumps(document, indent=1)
    print(text)
    if given.output:
        given.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
