"""Clips with a known answer: `python benchmarks/dynamics_facets.py times|edits [--codes …]`.

`times` compares the trajectory at observed and unobserved times with what the world shows there.
`edits` edits the first frame of a clip and compares every frame with the clip of the edited person:
smile, glasses and age, and `motion`, an edit of the factor that moves, along the line on which it does;
the direction is the world's own axis of the factor, or (`--directions ready`, not for `motion`) the one
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
from torch import Tensor

from dynode.direction.file import load_direction
from dynode.direction.linear import LinearDirection
from dynode.dynamics.baselines import interpolate_codes
from dynode.dynamics.carrying import carry
from dynode.dynamics.fit import fit_trajectory
from dynode.dynamics.modes import MODES
from dynode.dynamics.settings import FitOptions
from dynode.generator.loading import load_generator
from dynode.generator.protocol import Generator
from dynode.latents.latents import Latents
from dynode.pipeline.choosing import choose_inverter
from dynode.pipeline.library import direction_path
from dynode.plugins.methods import silent
from dynode_facets.clips import trajectory
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD, factor_index, population
from dynode_facets.render import render
from dynode_facets.scorer import FacetsScorerModel
from dynode_facets.w_space import code_of, factor_basis
from dynode_worlds.motion import irregular_times, regular_times

Move = Callable[[Latents], Latents]
NAN = float("nan")
STEPS = 20  # of the inverter's refinement
DURATION_S, FPS = 1.6, 15.0
MOTIONS = ("talking", "blinking", "turning")
EDITS = {"smile": 0.9, "glasses": 0.9, "age": 0.9}
MOVING = {"talking": "mouth_open", "blinking": "eye_open", "turning": "yaw"}
MOTION_EDIT = 0.3


def person(seed: int, **fixed: float) -> Tensor:
    """Factors of one person of the population, moderate, with some of them given."""
    z = torch.from_numpy(np.random.RandomState(seed).randn(1, 512)).float()
    factors = 0.6 * population(z)[0]
    for name, value in fixed.items():
        factors[factor_index(name)] = value
    return factors


def codes_of(factors: Tensor, generator: Generator, kind: str, seed: int) -> Latents:
    info = generator.info
    if kind == "inverted":
        images = render(factors, info.resolution[0])
        inverter = choose_inverter(generator, None)
        batches = [
            inverter.invert(
                generator, part, inverter.options(steps=STEPS), seed=seed, progress=silent
            )
            for part in images.split(8)
        ]
        return Latents.cat(batches).detach()
    w = code_of(factors, info.w_dim)[:, None].repeat(1, info.num_layers, 1)
    if kind == "noisy":
        noise = torch.from_numpy(np.random.RandomState(seed).randn(*w.shape)).float()
        w = w + 0.3 * noise
    return Latents(w)


def factor_error(images: Tensor, true: Tensor, scorer: FacetsScorerModel) -> float:
    with torch.inference_mode():
        return float((scorer.score(images) - true).abs().mean())


def pixel_error(images: Tensor, true: Tensor) -> float:
    shown = render(true, images.shape[-1])
    return float((images.clamp(-1, 1) - shown).abs().mean())


def drawn(generator: Generator, w: Tensor) -> Tensor:
    with torch.inference_mode():
        return torch.cat([generator.synthesize(Latents(part)) for part in w.split(8)])


def times(kind: str, motions: tuple[str, ...], published: int, pictures: bool) -> dict[str, object]:
    generator, scorer = load_generator(), FacetsScorerModel.bundled()
    rows = []
    for motion in motions:
        index = MOTIONS.index(motion)
        for spacing in ("regular", "irregular"):
            count = round(DURATION_S * FPS)
            seen = (
                regular_times(DURATION_S, FPS)
                if spacing == "regular"
                else irregular_times(DURATION_S, count, seed=index)
            )
            between = (seen[:-1] + seen[1:]) / 2
            start = person(index)
            truth = {
                "observed": trajectory(motion, start, seen, seed=index),
                "between": trajectory(motion, start, between, seed=index),
            }
            clip = codes_of(truth["observed"], generator, kind, index)
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
                    images = drawn(generator, w) if pictures else None
                    exact = code_of(truth[where], w.shape[-1])[:, None]
                    rows.append(
                        {
                            "motion": motion,
                            "times": spacing,
                            "method": name,
                            "where": where,
                            "latent_mse": float((w - exact).square().mean()),
                            "pixel_mae": NAN
                            if images is None
                            else pixel_error(images, truth[where]),
                            "factor_mae": (
                                NAN
                                if images is None
                                else factor_error(images, truth[where], scorer)
                            ),
                        }
                    )
    return {"codes": kind, "rows": rows}


def mover(kind: str, name: str, amount: float, generator: Generator) -> Move:
    """Move codes by an amount of a factor."""
    if kind == "ready":
        found = load_direction(direction_path(name)).ready_for(generator)
        return lambda latents: found.apply(latents, amount / FACTOR_STD)
    axis = factor_basis(generator.info.w_dim).float()[:, factor_index(name)]
    return lambda latents: LinearDirection(axis).apply(latents, amount)


def edits(kind: str, motions: tuple[str, ...], directions: str) -> dict[str, object]:
    generator, scorer = load_generator(), FacetsScorerModel.bundled()
    rows = []
    amounts = EDITS if directions == "ready" else EDITS | {"motion": MOTION_EDIT}
    for motion in motions:
        seen = regular_times(DURATION_S, FPS)
        for edit, amount in amounts.items():
            name = MOVING[motion] if edit == "motion" else edit
            index = MOTIONS.index(motion)
            before = person(index, **({} if edit == "motion" else {name: -0.5}))
            factors = trajectory(motion, before, seen, seed=index)
            true = factors.clone()
            true[:, factor_index(name)] = (true[:, factor_index(name)] + amount).clamp(-1, 1)
            clip = codes_of(factors, generator, kind, index)
            told = {"motion": motion, "edit": edit}
            move = mover(directions, name, amount, generator)
            rows += [
                told | row
                for row in edited_clips(clip, seen, factors, true, name, move, generator, scorer)
            ]
    return {"codes": kind, "directions": directions, "rows": rows, "factors": list(FACTOR_NAMES)}


def edited_clips(
    clip: Latents,
    seen: Tensor,
    factors: Tensor,
    true: Tensor,
    name: str,
    move: Move,
    generator: Generator,
    scorer: FacetsScorerModel,
) -> list[dict[str, object]]:
    column = factor_index(name)
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
        wanted = scorer.score(render(true, generator.info.resolution[0]))
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
                    "pixel_mae": pixel_error(images, true),
                    "cpu_s": round(seconds, 3),
                }
            )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["times", "edits"])
    parser.add_argument("--codes", choices=["exact", "noisy", "inverted"], default="exact")
    parser.add_argument(
        "--published", type=int, default=0, help="iterations of the published field"
    )
    parser.add_argument("--directions", choices=["planted", "ready"], default="planted")
    parser.add_argument("--motion", choices=MOTIONS, action="append", help="only this one")
    parser.add_argument("--no-pictures", action="store_true", help="with times: codes alone")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    motions = tuple(given.motion or MOTIONS)
    if given.what == "times":
        made = times(given.codes, motions, given.published, not given.no_pictures)
    else:
        made = edits(given.codes, motions, given.directions)
    text = json.dumps(made, indent=1)
    if given.output:
        given.output.write_text(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
