"""Portraits set in motion: do they stay the same person, and does an edit hold over the clip?

    python benchmarks/video_portraits.py [DRAWS]

20 portraits of the renderer, written as PNG, are the first frames of clips of 128 frames drawn by
`facets-video`. Who they are is read by the bundled scorer at frames 0 and 127; each ready direction
edits the content once, and its effect is read at 17 times, likewise in clips that move as the
renderer's do. DRAWS is how many sets of 20 are measured, one if absent. Writes
`results/video-portraits.md` and `.json`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor
from video_motion import COLUMNS, STILL

import dynode
from dynode.direction import Direction
from dynode.generator import Generator
from dynode.latents import Latents
from dynode.media.images import grid, write_image
from dynode.pipeline.generate_video import GeneratedVideo, generate_video
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD, population
from dynode_facets.render import render
from dynode_facets.scorer import load_scorer
from dynode_facets.w_space import code_of

PORTRAITS, LENGTH, SEED = 20, 128, 61
TIMES = torch.cat([torch.arange(0, LENGTH, 8), torch.tensor([LENGTH - 1])])
READY = ("age", "angry", "beard", "eyes-closed", "glasses", "smile", "yaw")


def moved(folder: Path, draw: int) -> list[GeneratedVideo]:
    """Write portraits, and prepare a clip that begins with each."""
    z = torch.randn(PORTRAITS, 512, generator=torch.Generator().manual_seed(SEED + draw))
    clips = []
    generator = dynode.load_generator("facets-video")
    for number, picture in enumerate(render(population(z))):
        path = folder / f"{number}.png"
        write_image(grid(picture[None], columns=1), path)
        seed = draw * PORTRAITS + number
        clips.append(generate_video(seed, generator=generator, start=path, length=LENGTH))
    return clips


def readings(clip: GeneratedVideo, latents: Latents) -> Tensor:
    """Read the factors (times, F) off frames of a clip with this content."""
    codes = clip.generator.motion_codes(clip.motion, clip.times[TIMES])
    frames = clip.generator.synthesize_frames(latents, codes)[0]
    return load_scorer().score(frames.clamp(-1, 1))


def drift(found: Tensor) -> Tensor:
    """How far the last frame's still factors (clips, times, F) are from the first's, in deviations."""
    return ((found[:, -1] - found[:, 0]).abs() / FACTOR_STD)[:, STILL]


def main() -> None:
    """Measure and write."""
    draws = []
    for draw in range(int(sys.argv[1]) if sys.argv[1:] else 1):
        with tempfile.TemporaryDirectory() as folder:
            clips = moved(Path(folder), draw)
        with torch.inference_mode():
            draws.append(measured(clips, draw))
        print(draws[-1], flush=True)
    write_json("video-portraits", {"draws": draws})
    write_markdown("video-portraits", table(draws))


def measured(clips: list[GeneratedVideo], draw: int) -> dict[str, dict[str, float]]:
    """Read who is seen, and what each ready direction does."""
    plain = torch.stack([readings(clip, clip.latents) for clip in clips])
    factors = moving_factors(PORTRAITS, LENGTH, 25.0, SEED + draw)[:, TIMES]
    real = torch.stack([load_scorer().score(render(clip)) for clip in factors])
    others = ((plain[1:, 0] - plain[:-1, 0]).abs() / FACTOR_STD)[:, STILL]
    results = {
        "identity": {
            "made": round(float(drift(plain).mean()), 3),
            "real": round(float(drift(real).mean()), 3),
            "others": round(float(others.mean()), 3),
        }
    }
    true = [real_codes(clips[0].latents, clip) for clip in factors]
    still = clips[0].generator.first_frame(clips[0].motion)
    true_plain = torch.stack([seen(still, codes) for codes in true])
    for name in READY:
        direction = dynode.load_direction(ready(name))
        assert direction.info.calibration is not None
        column = FACTOR_NAMES.index(direction.info.calibration.attribute)
        edited = [readings(clip, direction.apply(clip.latents, 1.0)) for clip in clips]
        mean, off = over_time(torch.stack(edited) - plain, column)
        results[name] = {"effect": mean, "off": off}
        if column in COLUMNS:
            shifted = [seen(still, edited_once(direction, codes)) for codes in true]
            results[name]["real"] = over_time(torch.stack(shifted) - true_plain, column)[1]
    return results


def over_time(change: Tensor, column: int) -> tuple[float, float]:
    """Give the mean effect (clips, times, F) on a factor, and how far one time's is from it."""
    effect = change[..., column].mean(0) / FACTOR_STD
    off = (effect / effect.mean() - 1).abs().max()
    return round(float(effect.mean()), 3), round(float(off), 3)


def real_codes(like: Latents, factors: Tensor) -> Latents:
    """Write the factors (times, F) of a real clip as codes."""
    w = code_of(factors.double(), like.w.shape[2]).to(like.w)
    rows = torch.zeros(len(w), dtype=torch.long)
    return like[rows].with_w(w[:, None].expand(-1, like.w.shape[1], -1).contiguous())


def edited_once(direction: Direction, codes: Latents) -> Latents:
    """Add to all frames what the direction adds to the first one."""
    return codes.with_w(codes.w + direction.apply(codes[:1], 1.0).w - codes.w[:1])


def seen(generator: Generator, codes: Latents) -> Tensor:
    """Draw codes and read the factors."""
    return load_scorer().score(generator.synthesize(codes).clamp(-1, 1))


def ready(name: str) -> Path:
    """Find the file of a ready direction."""
    from dynode_facets.plugin import FacetsVideo

    assert FacetsVideo.directions is not None
    return FacetsVideo.directions / f"{name}.safetensors"


def table(draws: list[dict[str, dict[str, float]]]) -> list[str]:
    """Lay the figures out, a column a draw."""
    lines = [
        f"`python benchmarks/video_portraits.py {len(draws)}`: {PORTRAITS} portraits, {LENGTH} frames;",
        "a column a draw. Identity is the mean difference of the factors that do not move, as the scorer",
        "reads them, in their deviations over people.",
        "Effects are means over the portraits, at strength 1, in deviations of their factor; behind them",
        f"the largest difference of one of {len(TIMES)} times from the mean over time, and in brackets that",
        "of clips that move as real ones do, for factors that move.",
        "",
        "| |" + " |" * len(draws),
        "|---" * (len(draws) + 1) + "|",
    ]
    titles = {
        "made": f"identity, frame {LENGTH - 1} against 0",
        "real": "the same of real clips",
        "others": "one portrait against the next",
    }
    for key, title in titles.items():
        lines.append(f"| {title} | " + " | ".join(str(d["identity"][key]) for d in draws) + " |")
    for name in READY:
        cells = []
        for found in (draw[name] for draw in draws):
            real = f" ({found['real']:.1%})" if "real" in found else ""
            cells.append(f"{found['effect']}, {found['off']:.1%}{real}")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


if __name__ == "__main__":
    main()
