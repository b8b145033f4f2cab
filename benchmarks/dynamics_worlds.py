"""Clips with a known answer: `python benchmarks/dynamics_worlds.py times|edits [--world …] [--codes …]`.

`times` compares the trajectory at observed and unobserved times with what the world shows there.
`edits` edits the first frame of a clip and compares every frame with the clip of the edited person or
scene: smile, glasses and age, or haze, snow and season, and `motion`, an edit of the factor that moves,
along the line on which it does; the direction is the world's own axis of the factor, or (`--directions
ready`, for smile, glasses and age) the one
that `dynode find interfacegan` made for the library, at the strength its unit tells.
Codes are the world's own (`exact`), those plus white noise (`noisy`), or an inverter's (`inverted`).
Results of several runs (`--motion`) are gathered by `benchmarks/dynamics_tables.py`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from dynamics_stages import FRAMES, STAGES, Stage
from torch import Tensor

from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.dynamics.baselines import interpolate_codes
from dynode.dynamics.carrying import carry
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.modes import MODES
from dynode.dynamics.settings import FitOptions
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.pipeline.choosing import choose_inverter
from dynode.pipeline.library import direction_path
from dynode.plugins.methods import silent
from dynode_worlds.motion import irregular_times, regular_times
from dynode_worlds.population import FACTOR_STD

Move = Callable[[Latents], Latents]
NAN = float("nan")
STEPS = 20  # of the inverter's refinement
MOTION_EDIT = 0.3
EDIT = 0.9


def codes_of(stage: Stage, factors: Tensor, kind: str, seed: int) -> Latents:
    generator = stage.generator
    info = generator.info
    if kind == "inverted":
        images = stage.world.render(factors, info.resolution[0])
        inverter = choose_inverter(generator, None)
        batches = [
            inverter.invert(
                generator, part, inverter.options(steps=STEPS), seed=seed, progress=silent
            )
            for part in images.split(8)
        ]
        return Latents.cat(batches).detach()
    w = stage.exact(factors).repeat(1, info.num_layers, 1)
    if kind == "noisy":
        noise = torch.from_numpy(np.random.RandomState(seed).randn(*w.shape)).float()
        w = w + 0.3 * noise
    return Latents(w)


def factor_error(stage: Stage, images: Tensor, true: Tensor) -> float:
    with torch.inference_mode():
        return float((stage.scorer.score(images) - true).abs().mean())


def pixel_error(stage: Stage, images: Tensor, true: Tensor) -> float:
    shown = stage.world.render(true, images.shape[-1])
    return float((images.clamp(-1, 1) - shown).abs().mean())


def drawn(generator: Generator, w: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.cat([generator.synthesize(Latents(part)) for part in w.split(8)])


def times(
    stage: Stage, kind: str, motions: tuple[str, ...], published: int, pictures: bool
) -> dict[str, object]:
    rows = []
    for motion in motions:
        index = stage.motions.index(motion)
        for spacing in ("regular", "irregular"):
            seen = (
                regular_times(stage.duration_s, stage.fps)
                if spacing == "regular"
                else irregular_times(stage.duration_s, FRAMES, seed=index)
            )
            between = (seen[:-1] + seen[1:]) / 2
            start = stage.start(index)
            truth = {
                "observed": stage.world.trajectory(motion, start, seen, seed=index),
                "between": stage.world.trajectory(motion, start, between, seed=index),
            }
            clip = codes_of(stage, truth["observed"], kind, index)
            fits = {"ode": FitOptions(), "ode, smoothing auto": FitOptions(smoothing="auto")}
            if published:
                fits["published"] = FitOptions(published=True, iterations=published)
            paths: dict[str, dict[str, Tensor]] = {}
            for name, options in fits.items():
                # The demo counts frames; its field moves at speed 1 a frame.
                frames = name == "published"
                scale = torch.arange(len(seen), dtype=torch.float64) if frames else seen
                middle = (scale[:-1] + scale[1:]) / 2
                fitted = fit_trajectory(clip, scale, options=options)
                paths[name] = {
                    "observed": fitted.rollout(scale).latents.w,
                    "between": fitted.rollout(middle).latents.w,
                }
            for how in ("linear", "cubic", "hold"):
                paths[how] = {
                    "observed": clip.w,
                    "between": interpolate_codes(clip.w, seen, between, how),
                }
            for name, found in paths.items():
                for where, w in found.items():
                    images = drawn(stage.generator, w) if pictures else None
                    exact = stage.exact(truth[where])
                    rows.append(
                        {
                            "motion": motion,
                            "times": spacing,
                            "method": name,
                            "where": where,
                            "latent_mse": float((w - exact).square().mean()),
                            "pixel_mae": NAN
                            if images is None
                            else pixel_error(stage, images, truth[where]),
                            "factor_mae": (
                                NAN if images is None else factor_error(stage, images, truth[where])
                            ),
                        }
                    )
    return {"world": stage.world.name, "codes": kind, "rows": rows}


def mover(stage: Stage, kind: str, name: str, amount: float) -> Move:
    """Move codes by an amount of a factor."""
    if kind == "ready":
        found = load_direction(direction_path(name)).ready_for(stage.generator)
        return lambda latents: found.apply(latents, amount / FACTOR_STD)
    axis = stage.world.codes.basis(stage.generator.info.w_dim).float()[:, stage.column(name)]
    return lambda latents: LinearDirection(axis).apply(latents, amount)


def edits(stage: Stage, kind: str, motions: tuple[str, ...], directions: str) -> dict[str, object]:
    rows = []
    amounts = dict.fromkeys(stage.edits, EDIT)
    if directions != "ready":
        amounts["motion"] = MOTION_EDIT
    for motion in motions:
        seen = regular_times(stage.duration_s, stage.fps)
        for edit, amount in amounts.items():
            name = stage.moving[motion] if edit == "motion" else edit
            index = stage.motions.index(motion)
            before = stage.start(index, **({} if edit == "motion" else {name: -0.5}))
            factors = stage.world.trajectory(motion, before, seen, seed=index)
            true = factors.clone()
            column = stage.column(name)
            true[:, column] = (true[:, column] + amount).clamp(-1, 1)
            clip = codes_of(stage, factors, kind, index)
            told = {"motion": motion, "edit": edit}
            move = mover(stage, directions, name, amount)
            rows += [
                told | row for row in edited_clips(stage, clip, seen, (factors, true), name, move)
            ]
    names = list(stage.world.population.names)
    told = {"world": stage.world.name, "codes": kind, "directions": directions}
    return {**told, "rows": rows, "factors": names}


def edited_clips(
    stage: Stage,
    clip: Latents,
    seen: Tensor,
    truth: tuple[Tensor, Tensor],
    name: str,
    move: Move,
) -> list[dict[str, object]]:
    generator, scorer = stage.generator, stage.scorer
    factors, true = truth
    column = stage.column(name)
    made: dict[str, tuple[Tensor, float]] = {}
    began = time.process_time()
    made["each frame"] = (move(clip).w, time.process_time() - began)
    for smoothing in ("none", "auto"):
        began = time.process_time()
        fitted = fit_trajectory(clip, seen, options=FitOptions(smoothing=smoothing))
        fit_s = time.process_time() - began
        first = fitted.observed[0]
        for mode in MODES:
            began = time.process_time()
            moved = move(first)
            keep = smoothing == "none"
            w = carry(fitted, first, moved, seen, mode=mode, keep_residual=keep).latents.w
            label = mode if keep else f"{mode}, smoothing auto"
            made[label] = (w, time.process_time() - began + fit_s)
    made["not edited"] = (clip.w, 0.0)
    moving = (factors.amax(0) - factors.amin(0)) > 0.05
    edited = torch.zeros_like(moving)
    edited[column] = True
    rows = []
    with torch.inference_mode():
        wanted = scorer.score(stage.world.render(true, generator.info.resolution[0]))
        for label, (w, seconds) in made.items():
            images = drawn(generator, w)
            error = scorer.score(images) - wanted
            change = images.clamp(-1, 1).diff(n=2, dim=0).abs().mean()
            rows.append(
                {
                    "mode": label,
                    "edit_error": float(error[:, edited].abs().mean()),
                    "motion_error": float(error[:, moving & ~edited].abs().mean()),
                    "identity_error": float(error[:, ~moving & ~edited].abs().mean()),
                    "jitter": float(change),
                    "pixel_mae": pixel_error(stage, images, true),
                    "cpu_s": round(seconds, 3),
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["times", "edits"])
    parser.add_argument("--world", choices=sorted(STAGES), default="facets")
    parser.add_argument("--codes", choices=["exact", "noisy", "inverted"], default="exact")
    parser.add_argument(
        "--published", type=int, default=0, help="iterations of the published field"
    )
    parser.add_argument("--directions", choices=["planted", "ready"], default="planted")
    parser.add_argument("--motion", action="append", help="only this one")
    parser.add_argument("--no-pictures", action="store_true", help="with times: codes alone")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    stage = STAGES[given.world]
    motions = tuple(given.motion or stage.motions)
    if given.what == "times":
        made = times(stage, given.codes, motions, given.published, not given.no_pictures)
    else:
        made = edits(stage, given.codes, motions, given.directions)
    text = json.dumps(made, indent=1)
    if given.output:
        given.output.write_text(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
