"""Score micromotions on the bundled world, where every factor is known.

    python benchmarks/micromotion.py

Parts, each kept in the state folder as soon as it is finished:

- anchors: one sampled face, edited by five texts with eleven degrees each, in the default mode of
  StyleCLIP's optimisation; for the smile in its published mode too (40 steps, as the released code);
- text: the micromotion of each text on 64 other faces, beside the raw differences of its anchors,
  StyleCLIP's global direction and InterFaceGAN, all at the same effect on other pictures;
- variance: how much of the anchors the first components of each row of W+ explain;
- video: the direction of a rendered clip of a turning head, beside InterFaceGAN's;
- animate: seconds, and how far what stands still varies.

- effect: mean change of the factor in standard deviations, in the wanted direction
- leakage: mean absolute change of the other factors, over pictures and factors
- systematic: the same of the mean changes
- identity: root mean square change of the identity factors
- order: Spearman correlation of progress and effect, mean over the faces, and over those that begin
  at least one deviation from the end of the factor's range; of the mean effect

Writes results/micromotion.json and .md, and docs/images/micromotion-variance.png.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageSequence
from scipy.stats import spearmanr
from torch import Tensor

import dynode
from dynode import LinearDirection
from dynode.direction import Direction
from dynode.latents import Latents
from dynode.media.clip import open_clip
from dynode.media.images import grid, to_uint8, write_image
from dynode.media.video import write_video
from dynode.methods import silent
from dynode.options import build_options
from dynode.path_direction import follow
from dynode.pipeline.generate import synthesize_batches
from dynode.population import draw_population
from dynode.scoring.choosing import find_scorer
from dynode.scoring.effects import score_latents
from dynode_facets.clips import regular_times, trajectory
from dynode_facets.factors import factor_index, population
from dynode_facets.render import render
from dynode_facets.training.micromotions import MOTIONS
from dynode_interfacegan.boundary import train_boundary
from dynode_micromotion.anchors import Anchors, clip_anchors, text_anchors
from dynode_micromotion.low_rank import explained
from dynode_micromotion.motion import clean, motion_of
from dynode_micromotion.plugin import MicromotionOptions
from dynode_micromotion.robust import robust_split

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
IDENTITY = ("face_width", "jaw", "nose_size", "skin", "eye_hue", "beard", "hair_length", "age")
SIGNS = {"eyes-closed": -1}
WORDS = {
    "smile": "a smiling face",
    "angry": "an angry face",
    "ageing": "an old face",
    "eyes-closed": "a face with eyes closed",
    "head-turn": "a face, head turned to the right",
}
MODES = {"default": tuple(MOTIONS), "published": ("smile",)}
HELD_OUT_SEED, GAUGE_SEED = 90_000, 70_000


class Bench:
    """The generator, what measures, and the pictures."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.generator = dynode.load_generator("facets-128")
        self.model = find_scorer(self.generator.info).load("cpu")
        self.names = self.model.attributes
        self.deviations = torch.tensor(self.model.deviations)
        draw = lambda count, seed: draw_population(  # noqa: E731
            self.generator, count, seed=seed, truncation=0.7
        )
        self.held_out, self.gauge = draw(args.pictures, HELD_OUT_SEED), draw(16, GAUGE_SEED)
        self.before = {id(p): self.scores(p.latents) for p in (self.held_out, self.gauge)}

    def scores(self, latents: Latents) -> Tensor:
        return score_latents(self.model, self.generator, latents)

    def changes(self, direction: Direction, strength: float, pictures: object) -> Tensor:
        with torch.inference_mode():
            moved = direction.apply(pictures.latents, strength)
        return (self.scores(moved) - self.before[id(pictures)]) / self.deviations

    def strength_for(self, direction: Direction, factor: str, sign: int, goal: float) -> float:
        """Find the positive strength whose mean effect on the gauge pictures is the goal."""
        column = self.names.index(factor)

        def effect(strength: float) -> float:
            return sign * float(self.changes(direction, strength, self.gauge)[:, column].mean())

        length = getattr(direction, "delta", None)
        size = float(length.norm()) if isinstance(length, Tensor) else 1.0
        low, high = 0.0, 3.0 / max(size, 1e-6) if size > 3 else 0.3
        for _ in range(12):
            if effect(high) >= goal:
                break
            low, high = high, high * 2
        for _ in range(6):
            middle = (low + high) / 2
            low, high = (middle, high) if effect(middle) < goal else (low, middle)
        return high

    def row(self, title: str, find: Callable[[], Direction], motion: str) -> dict:
        """Measure a direction at effect 1; a row that was measured before is kept."""
        kept = self.args.state / f"row-{motion}-{re.sub('[^a-z]+', '-', title.lower())}.json"
        if not kept.exists():
            kept.write_text(json.dumps(self.measured(title, find(), motion)))
            print(kept.read_text(), flush=True)
        return json.loads(kept.read_text())

    def measured(self, title: str, direction: Direction, motion: str, goal: float = 1.0) -> dict:
        factor, sign = MOTIONS[motion].factor, SIGNS.get(motion, 1)
        strength = self.strength_for(direction, factor, sign, goal)
        return {"motion": motion, "method": title, "strength": round(strength, 4)} | self.figures(
            self.changes(direction, strength, self.held_out), factor, sign
        )

    def figures(self, changes: Tensor, factor: str, sign: int) -> dict:
        target = self.names.index(factor)
        others = [index for index in range(len(self.names)) if index != target]
        identity = [self.names.index(name) for name in IDENTITY if name != factor]
        mean = changes.mean(0)
        strongest = sorted(others, key=lambda index: -abs(float(mean[index])))[:3]
        return {
            "effect": round(sign * float(mean[target]), 3),
            "leakage": round(float(changes[:, others].abs().mean()), 4),
            "systematic": round(float(mean[others].abs().mean()), 4),
            "identity": round(float(changes[:, identity].square().mean().sqrt()), 4),
            "most": {self.names[i]: round(float(mean[i]), 2) for i in strongest},
        }


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
    codes = [follow(path, latents[i], progress, strength) for i in range(len(latents))]
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
    plot(told, ROOT / "docs" / "images" / "micromotion-variance.png")
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


def plot(told: dict, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = ["default " + motion for motion in MOTIONS] + ["published smile", "clip head-turn"]
    figure, axes = plt.subplots(1, len(names), figsize=(13, 2.5), sharey=True)
    ranks = range(1, 7)
    for axis, name in zip(axes, names, strict=True):
        rows = told[name]["raw"]
        for index, row in enumerate(rows):
            colour = plt.get_cmap("viridis")(index / max(1, len(rows) - 1))
            axis.plot(ranks, row, color=colour, linewidth=1)
        axis.plot(ranks, np.array(ranks) / told[name]["anchors"], "k:", linewidth=1)
        axis.set_title(name, fontsize=9)
        axis.set_xlabel("components")
        axis.set_xticks(list(ranks))
        axis.set_ylim(0, 1.02)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("explained share")
    figure.tight_layout()
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, dpi=80)


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


def animate_part(bench: Bench) -> dict:
    """Time the command's steps on a still picture, and watch what stands still."""
    folder, told = bench.args.state, {}
    picture = folder / "face.png"
    drawn = bench.generator.synthesize(bench.generator.sample(1, seed=9))
    write_image(grid(drawn, columns=1, gap_px=0), picture)
    motion = bench.args.motion or "smile"
    for name, source in (("image", picture), ("sampled", None)):
        start, processor = time.perf_counter(), time.process_time()
        animation = dynode.animate(source, motion, generator=bench.generator, seed=9, frames=100)
        animation.save(folder / f"{name}.mp4", fps=30)
        told[f"{name}, seconds"] = round(time.perf_counter() - start, 1)
        told[f"{name}, processor seconds"] = round(time.process_time() - processor, 1)
    frames = torch.cat(list(animation.frames()))
    levels = to_uint8(frames).int()
    still = still_background(frames)
    told["background pixels whose values are constant"] = int(still.sum())
    told["they vary by, of 255"] = spread(levels, still)
    for suffix in (".webp", ".gif", ".mp4"):
        clip = folder / f"sampled{suffix}"
        animation.save(clip, fps=30)
        told[f"they vary by in a {suffix}"] = spread(read_clip(clip), still)
    told["they vary by when each frame is stretched"] = spread(stretched(frames), still)
    border = torch.zeros_like(still)
    border[:40, :12] = border[:40, -12:] = True
    told["pixels at the upper left and right border vary by"] = spread(levels, border)
    told["and when each frame is stretched"] = spread(stretched(frames), border)
    return told


def read_clip(path: Path) -> Tensor:
    """Read a clip back, (n, h, w, 3)."""
    if path.suffix == ".mp4":
        return torch.from_numpy(np.stack(list(open_clip(path).frames()))).int()
    with Image.open(path) as file:
        frames = [np.asarray(frame.convert("RGB")) for frame in ImageSequence.Iterator(file)]
    return torch.from_numpy(np.stack(frames)).int()


def still_background(frames: Tensor) -> Tensor:
    """Pixels whose drawn value varies by less than half a level over the clip, (h, w)."""
    clipped = frames.clamp(-1, 1)
    return (clipped.amax(0) - clipped.amin(0)).amax(0) < 1 / 255


def stretched(frames: Tensor) -> Tensor:
    """Map each frame by its own darkest and lightest value, as the released code does."""
    low, high = frames.amin((1, 2, 3), keepdim=True), frames.amax((1, 2, 3), keepdim=True)
    return ((frames - low) / (high - low) * 255).round().int().permute(0, 2, 3, 1)


def spread(levels: Tensor, pixels: Tensor) -> int:
    """Largest difference between frames at some pixels, of (n, h, w, 3)."""
    if not bool(pixels.any()):
        return 0
    return int((levels.amax(0) - levels.amin(0)).amax(-1)[pixels].max())


PARTS: dict[str, Callable[[Bench], dict]] = {
    "anchors": anchors_part,
    "text": text_part,
    "variance": variance_part,
    "video": video_part,
    "animate": animate_part,
}


def strip(bench: Bench, names: list[str], path: Path) -> None:
    """Draw a face at six moments of each ready micromotion."""
    rows = []
    for name, seed in zip(names, (9, 11, 19, 10, 1), strict=True):
        animation = dynode.animate(None, name, generator=bench.generator, seed=seed, frames=2)
        rows.append(animation.codes(torch.linspace(0, 1, 6)))
    write_image(grid(synthesize_batches(bench.generator, Latents.cat(rows)), columns=6), path)


def table(rows: list[dict], first: str = "motion") -> list[str]:
    lines = [
        f"| {first} | method | effect | leakage | systematic | identity | most besides |",
        "|---|---|---:|---:|---:|---:|---|",
    ]
    for row in rows:
        most = ", ".join(f"{name} {change:+.2f}" for name, change in list(row["most"].items())[:2])
        figures = [f"{row[n]:.3f}" for n in ("effect", "leakage", "systematic", "identity")]
        lines.append(f"| {row['motion']} | {row['method']} | {' | '.join(figures)} | {most} |")
    return lines


def means(rows: list[dict]) -> list[str]:
    lines = ["| method | leakage | systematic | identity |", "|---|---:|---:|---:|"]
    for method in dict.fromkeys(row["method"] for row in rows):
        own = [row for row in rows if row["method"] == method]
        cells = [np.mean([row[n] for row in own]) for n in ("leakage", "systematic", "identity")]
        lines.append(f"| {method} | {' | '.join(f'{cell:.3f}' for cell in cells)} |")
    return lines


def report(found: dict, args: argparse.Namespace) -> str:
    machine = f"{os.cpu_count()} CPU cores, {args.threads} thread, torch {torch.__version__}"
    command = (
        f"python benchmarks/micromotion.py --face {args.face} --pictures {args.pictures}"
        f" --samples {args.samples}"
    )
    lines = [f"`{command}` ({platform.machine()}, {machine})", ""]
    if "text" in found:
        lines += ["Means over the five motions, each at an effect of about 1:", ""]
        lines += [*means(found["text"]["rows"]), "", *table(found["text"]["rows"]), ""]
        lines += ["| motion | " + " | ".join(list(found["text"]["orders"]["smile"])) + " |"]
        lines += ["|---|" + "---:|" * 4 + "---|"]
        for motion, told in found["text"]["orders"].items():
            lines.append(f"| {motion} | " + " | ".join(str(v) for v in told.values()) + " |")
    if "variance" in found:
        lines += ["", "| anchors | rows | first component | first two | first three |"]
        lines += ["|---|---|---:|---:|---:|"]
        for name, told in found["variance"].items():
            rows = np.array(told["raw"])
            cells = [f"{rows[:, i].mean():.3f} ({rows[:, i].min():.2f})" for i in range(3)]
            alike = "all alike" if (rows == rows[0]).all() else f"{len(rows)}, mean (least)"
            lines.append(f"| {name} | {alike} | {' | '.join(cells)} |")
    if "video" in found:
        lines += ["", *table(found["video"]["rows"], "clip"), ""]
        lines.append(
            f"At InterFaceGAN's leakage, {found['video']['leakage']:.3f}, the clip's direction has an "
            f"effect of {found['video']['effect at that leakage']:.3f}."
        )
    if "animate" in found:
        lines += ["", "| animate, 100 frames at 128 px | |", "|---|---:|"]
        lines += [f"| {name} | {value} |" for name, value in found["animate"].items()]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--face", type=int, default=3, help="seed of the face the texts edit")
    parser.add_argument("--pictures", type=int, default=64, help="held-out faces")
    parser.add_argument("--samples", type=int, default=3000, help="pictures of the boundaries")
    parser.add_argument("--part", action="append", choices=list(PARTS), default=[])
    parser.add_argument("--state", type=Path, default=Path("runs") / "micromotion")
    parser.add_argument("--motion", default="", help="ready motion of the part animate")
    parser.add_argument("--strip", type=Path, help="draw the ready micromotions into this picture")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    args.state.mkdir(parents=True, exist_ok=True)
    bench = Bench(args)
    if args.strip:
        strip(bench, list(MOTIONS), args.strip)
        return
    target = RESULTS / "micromotion.json"
    found = json.loads(target.read_text()) if target.exists() else {}
    for name in args.part or PARTS:
        found[name] = PARTS[name](bench)
        target.write_text(json.dumps(found, indent=2) + "\n")
        (RESULTS / "micromotion.md").write_text(report(found, args))


if __name__ == "__main__":
    main()
