"""The parts of benchmarks/micromotion.py on anchors from texts and from a clip."""

from __future__ import annotations

import json
import time
import warnings
from pathlib import Path

import numpy as np
import torch
from micromotion_bench import SIGNS, Bench
from micromotion_tables import plot
from scipy.stats import spearmanr
from torch import Tensor

import dynode
from dynode import LinearDirection
from dynode.direction.base import Direction
from dynode.generator.population import draw_population
from dynode.latents.latents import Latents
from dynode.media.video import write_video
from dynode.options import build_options
from dynode.plugins.methods import silent
from dynode_facets.clips import trajectory
from dynode_facets.factors import factor_index, population
from dynode_facets.render import render
from dynode_facets.training.micromotions import MOTIONS
from dynode_interfacegan.boundary import train_boundary
from dynode_micromotion.anchors import Anchors, clip_anchors, text_anchors
from dynode_micromotion.low_rank import explained
from dynode_micromotion.motion import clean, motion_of
from dynode_micromotion.options import MicromotionOptions
from dynode_micromotion.robust import robust_split
from dynode_worlds.motion import regular_times

WORDS = {
    "smile": "a smiling face",
    "angry": "an angry face",
    "ageing": "an old face",
    "eyes-closed": "a face with eyes closed",
    "head-turn": "a face, head turned to the right",
}
VARIANCE_PLOT = Path(__file__).parents[1] / "docs" / "images" / "micromotion-variance.png"
MODES = {"default": tuple(MOTIONS), "published": ("smile",)}


def anchors_part(bench: Bench) -> dict:
    """Make the anchors once; they take most of the time."""
    seconds = {}
    for mode, motions in MODES.items():
        for motion in motions:
            ready = MOTIONS[motion]
            path = bench.args.state / f"anchors-{mode}-{motion}.pt"
            if path.exists():
                continue
            given = {"text": ready.text, "face": bench.args.face}
            if mode == "published":
                given["text_options"] = "published=true,steps=40"
            options = build_options(MicromotionOptions, given, owner="micromotion")
            start = time.process_time()
            made = text_anchors(bench.generator, options, seed=0, progress=silent)
            seconds[f"{mode} {motion}"] = round(time.process_time() - start, 1)
            torch.save(vars(made), path)
            print(mode, motion, seconds, flush=True)
    return {"processor seconds": seconds}


def load_anchors(bench: Bench, mode: str, motion: str) -> Anchors:
    kept = torch.load(bench.args.state / f"anchors-{mode}-{motion}.pt", weights_only=True)
    return Anchors(**kept)


def linear(delta: Tensor) -> LinearDirection:
    return LinearDirection(delta)


def candidates(anchors: Anchors) -> dict[str, Tensor]:
    """Offsets made of the same anchors, without and with the low-rank step."""
    offsets = anchors.codes - anchors.start
    robust = clean(offsets, robust=True, rank=1, variance=0.9).codes
    return {
        "raw, last anchor less the start": offsets[-1],
        "raw, last anchor less the first": offsets[-1] - offsets[0],
        "robust PCA and low rank": robust[-1] - robust[0],
    }


def text_part(bench: Bench) -> dict:
    rows, orders = [], {}
    for motion, ready in MOTIONS.items():
        sign = SIGNS.get(motion, 1)
        for mode in (mode for mode, motions in MODES.items() if motion in motions):
            for title, delta in candidates(load_anchors(bench, mode, motion)).items():
                title = f"{mode} anchors: {title}"
                rows.append(bench.row(title, lambda delta=delta: linear(delta), motion))
        rows.append(bench.row("StyleCLIP global", lambda m=motion: in_styles(bench, m), motion))
        boundary = lambda s=sign, f=ready.factor: linear(s * boundary_normals(bench)[f])  # noqa: E731
        rows.append(bench.row("InterFaceGAN", boundary, motion))
        orders[motion] = order(bench, motion)
    return {"rows": rows, "orders": orders}


def in_styles(bench: Bench, motion: str) -> Direction:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return dynode.find(
            "styleclip-global", bench.generator, text=WORDS[motion], neutral="a face"
        )


def boundary_normals(bench: Bench) -> dict[str, Tensor]:
    path = bench.args.state / "boundaries.pt"
    if not path.exists():
        pictures = draw_population(bench.generator, bench.args.samples, seed=0)
        scores, codes = bench.scores(pictures.latents), pictures.latents.w[:, 0]
        factors = {ready.factor for ready in MOTIONS.values()}
        normals = {
            factor: train_boundary(
                codes, scores[:, bench.names.index(factor)], chosen_num_or_ratio=0.02, seed=0
            ).normal[0]
            for factor in factors
        }
        torch.save({name: part.float() for name, part in normals.items()}, path)
    return torch.load(path, weights_only=True)


def order(bench: Bench, motion: str) -> dict:
    """Follow the micromotion's path on the held-out faces, the whole of it 1.5 deviations."""
    kept = bench.args.state / f"order-{motion}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    options = build_options(MicromotionOptions, {"text": "{degree}"}, owner="micromotion")
    path = motion_of(bench.generator, load_anchors(bench, "default", motion), options, seed=0)
    factor, sign = MOTIONS[motion].factor, SIGNS.get(motion, 1)
    strength = bench.strength_for(path, factor, sign, 1.5)
    progress = torch.linspace(0, 1, 11)
    latents = bench.held_out.latents
    codes = [path.along(latents[i], progress, strength) for i in range(len(latents))]
    scores = bench.scores(Latents.cat(codes)).reshape(len(latents), len(progress), -1)
    effects = sign * scores[..., bench.names.index(factor)].numpy()
    each = [float(spearmanr(progress, row).statistic) for row in effects]
    mean = effects.mean(0)
    deviation = float(bench.deviations[bench.names.index(factor)])
    with_room = effects[:, 0] + deviation <= 1  # factors end at 1
    told = {
        "mean over faces": round(float(np.mean(each)), 4),
        "over those with room": round(float(np.mean(np.array(each)[with_room])), 4),
        "with room": int(with_room.sum()),
        "least": round(min(each), 4),
        "faces from 0.95": round(float(np.mean(np.array(each) >= 0.95)), 3),
        "of the mean effect": round(float(spearmanr(progress, mean).statistic), 4),
        "mean effect": [round(float(v), 2) for v in (mean - mean[0]) / deviation],
    }
    kept.write_text(json.dumps(told))
    return told


def variance_part(bench: Bench) -> dict:
    """Shares of the first components, row by row; the clip's anchors beside those of the texts."""
    told = {}
    for mode, motions in MODES.items():
        for motion in motions:
            anchors = load_anchors(bench, mode, motion)
            told[f"{mode} {motion}"] = shares(anchors.codes - anchors.start)
    clip = video_anchors(bench)
    told["clip head-turn"] = shares(clip.codes - clip.start)
    plot(told, VARIANCE_PLOT)
    return told


def shares(offsets: Tensor) -> dict:
    raw = torch.stack([explained(offsets[:, row])[:6] for row in range(offsets.shape[1])])
    alike = bool((offsets == offsets[:, :1]).all())
    rows = range(1 if alike else offsets.shape[1])
    low = [explained(robust_split(offsets[:, row]).low_rank)[:6] for row in rows]
    ranks = [int((part < 1 - 1e-6).sum()) + 1 for part in low]
    return {
        "anchors": len(offsets),
        "raw": [[round(float(v), 4) for v in row] for row in raw],
        "low-rank part": [[round(float(v), 4) for v in part] for part in low],
        "rank of the low-rank part, to 1e-6, at most 7": ranks,
    }


def video_anchors(bench: Bench) -> Anchors:
    """Render a turning head, write it as a video, find its codes."""
    kept = bench.args.state / "anchors-clip.pt"
    if not kept.exists():
        people = population(torch.randn(20, 64, generator=torch.Generator().manual_seed(0)))
        person = people[int((people[:, factor_index("yaw")] + 0.6).abs().argmin())]
        factors = trajectory("turning", person, regular_times(4.0, 6.0), seed=1)
        with torch.inference_mode():
            frames = [render(factors[i : i + 8], 128) for i in range(0, len(factors), 8)]
        clip = bench.args.state / "turning.mp4"
        write_video(frames, clip, fps=6)
        given = {"clip": clip, "clip_options": "steps=30"}
        options = build_options(MicromotionOptions, given, owner="micromotion")
        torch.save(vars(clip_anchors(bench.generator, options, seed=0, progress=silent)), kept)
    return Anchors(**torch.load(kept, weights_only=True))


def video_part(bench: Bench) -> dict:
    anchors = video_anchors(bench)
    options = build_options(MicromotionOptions, {"text": "{degree}"}, owner="micromotion")
    motion = motion_of(bench.generator, anchors, options, seed=0)
    offsets = anchors.codes - anchors.codes[0]
    far = offsets[int(offsets.flatten(1).norm(dim=1).argmax())]
    normal = boundary_normals(bench)["yaw"]
    rows = []
    for title, direction in {
        "micromotion of the clip": motion,
        "raw, farthest frame less the first": linear(far),
        "InterFaceGAN": linear(normal),
    }.items():
        rows.append(bench.measured(title, direction, "head-turn"))
        print(rows[-1], flush=True)
    goal = rows[-1]["leakage"]
    reached = effect_at_leakage(bench, motion, "yaw", goal, rows[0]["strength"])
    return {"rows": rows, "effect at that leakage": reached, "leakage": goal}


def effect_at_leakage(
    bench: Bench, direction: Direction, factor: str, goal: float, strength: float
) -> float:
    """Bisect for the strength with a given leakage, and return the effect there."""
    low, high, effect = 0.0, 2 * strength, 0.0
    for _ in range(8):
        middle = (low + high) / 2
        figures = bench.figures(bench.changes(direction, middle, bench.held_out), factor, 1)
        low, high = (middle, high) if figures["leakage"] < goal else (low, middle)
        effect = figures["effect"]
    return effect
