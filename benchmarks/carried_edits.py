"""Edit the first frame of a clip and carry it, or edit every frame: `python benchmarks/carried_edits.py`.

A clip of a world is drawn from its own codes, with frames missing at random. A linear direction and a text
edit of the first frame are carried to all frames by the latent ODE, and made anew on every frame. Reported:
the attribute that the edit is about, how even the frames are (second differences), how far both are from each
other, processor time. Writes a strip for each world and edit: source, carried, each frame, their difference.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from dynamics_stages import STAGES, Stage
from torch import Tensor

import dynode
from dynode.dynamics import carry, fit_trajectory
from dynode.latents import Latents
from dynode.media.images import grid
from dynode.pipeline.library import direction_path
from dynode_worlds.motion import irregular_times

Move = Callable[[Latents], Latents]
FRAMES = 6
LINEAR = {"facets": ("smile", "smile", 1.5), "skies": ("haze", "haze", 1.5)}
TEXT = {"facets": ("smiling", "smile"), "skies": ("sunset", "sun_height")}
MOTION = {"facets": "talking", "skies": "clouds passing"}
DIFFERENCE = 4.0  # times as strong, to be seen


def clip_of(stage: Stage, seed: int) -> tuple[Latents, Tensor]:
    """Codes of a clip, frames missing at random, and their times."""
    times = irregular_times(stage.duration_s, FRAMES, seed=seed)
    path = stage.world.trajectory(MOTION[stage.world.name], stage.start(seed), times, seed=seed)
    w = stage.exact(path).repeat(1, stage.generator.info.num_layers, 1)
    return Latents(w), times


def linear_edit(stage: Stage) -> Move:
    name, _, strength = LINEAR[stage.world.name]
    found = dynode.load_direction(direction_path(name)).ready_for(stage.generator)
    return lambda latents: found.apply(latents, strength)


def text_edit(stage: Stage, method: str) -> Move:
    """Edit each picture by a search of its own."""
    text, _ = TEXT[stage.world.name]

    def move(latents: Latents) -> Latents:
        found = dynode.find(method, stage.generator, text=text, latents=latents, seed=0)
        each = found if isinstance(found, list) else [found] * len(latents)
        return Latents.cat([one.apply(latents[index], 1.0) for index, one in enumerate(each)])

    return move


def compared(stage: Stage, move: Move, column: int) -> tuple[dict[str, object], list[Tensor]]:
    clip, times = clip_of(stage, seed=2)
    began = time.process_time()
    fitted = fit_trajectory(clip, times)
    moved = move(fitted.observed[0])
    carried = carry(fitted, fitted.observed[0], moved, times).latents
    carried_s = time.process_time() - began
    began = time.process_time()
    each = move(clip)
    each_s = time.process_time() - began
    with torch.inference_mode():
        frames = [stage.generator.synthesize(one).clamp(-1, 1) for one in (clip, carried, each)]
        read = [stage.scorer.score(one)[:, column] for one in frames]
    deviation = stage.scorer.deviations[column]
    jitter = [float(one.diff(n=2, dim=0).abs().mean()) for one in frames]
    figures: dict[str, object] = {
        "effect, carried": float((read[1] - read[0]).mean()) / deviation,
        "effect, each frame": float((read[2] - read[0]).mean()) / deviation,
        "spread of effects, carried": float((read[1] - read[0]).std()) / deviation,
        "spread of effects, each frame": float((read[2] - read[0]).std()) / deviation,
        "jitter, source": jitter[0],
        "jitter, carried": jitter[1],
        "jitter, each frame": jitter[2],
        "pixels apart": float((frames[1] - frames[2]).abs().mean()),
        "seconds, carried": round(carried_s, 2),
        "seconds, each frame": round(each_s, 2),
    }
    frames.append(((frames[1] - frames[2]) * DIFFERENCE).clamp(-1, 1))
    return figures, frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--world", choices=sorted(STAGES), action="append")
    parser.add_argument("--method", default="styleclip", help="of the text edit")
    parser.add_argument("--folder", type=Path, default=Path("docs/images"))
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    found = {}
    for name in given.world or list(STAGES):
        stage = STAGES[name]
        tried = {
            "linear": (linear_edit(stage), LINEAR[name][1]),
            "text": (text_edit(stage, given.method), TEXT[name][1]),
        }
        for kind, (move, attribute) in tried.items():
            figures, rows = compared(stage, move, stage.column(attribute))
            found[f"{name}, {kind}"] = {"attribute": attribute, **figures}
            grid(torch.cat(rows), columns=FRAMES).save(
                given.folder / f"carried-{name}-{kind}.jpg", quality=88
            )
    text = json.dumps(found, indent=1)
    if given.output:
        given.output.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
