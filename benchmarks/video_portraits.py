"""Portraits set in motion: do they stay the same person, and does an edit hold over the clip?

    python benchmarks/video_portraits.py

20 portraits of the renderer, written as PNG, are the first frames of clips of 128 frames drawn by
`facets-video`. Who they are is read by the bundled scorer at frames 0 and 127; each ready direction
edits the content once, and its effect is read at 17 times. Writes `results/video-portraits.md` and
`.json`.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor
from video_motion import STILL

import dynode
from dynode.latents import Latents
from dynode.media.images import grid, write_image
from dynode.pipeline.generate_video import GeneratedVideo, generate_video
from dynode_facets.code_clips import moving_factors
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD, population
from dynode_facets.render import render
from dynode_facets.scorer import load_scorer

PORTRAITS, LENGTH, SEED = 20, 128, 61
TIMES = torch.cat([torch.arange(0, LENGTH, 8), torch.tensor([LENGTH - 1])])
READY = ("age", "angry", "beard", "eyes-closed", "glasses", "smile", "yaw")


def moved(folder: Path) -> list[GeneratedVideo]:
    """Write portraits, and prepare a clip that begins with each."""
    z = torch.randn(PORTRAITS, 512, generator=torch.Generator().manual_seed(SEED))
    clips = []
    generator = dynode.load_generator("facets-video")
    for number, picture in enumerate(render(population(z))):
        path = folder / f"{number}.png"
        write_image(grid(picture[None], columns=1), path)
        clips.append(generate_video(number, generator=generator, start=path, length=LENGTH))
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
    with tempfile.TemporaryDirectory() as folder:
        clips = moved(Path(folder))
    with torch.inference_mode():
        results = measured(clips)
    write_json("video-portraits", results)
    write_markdown("video-portraits", table(results))


def measured(clips: list[GeneratedVideo]) -> dict[str, object]:
    """Read who is seen, and what each ready direction does."""
    plain = torch.stack([readings(clip, clip.latents) for clip in clips])
    factors = moving_factors(PORTRAITS, LENGTH, 25.0, SEED)[:, TIMES]
    real = torch.stack([load_scorer().score(render(clip)) for clip in factors])
    others = ((plain[1:, 0] - plain[:-1, 0]).abs() / FACTOR_STD)[:, STILL]
    results: dict[str, object] = {
        "identity, frame 127 against 0": round(float(drift(plain).mean()), 3),
        "the same of real clips": round(float(drift(real).mean()), 3),
        "one portrait against the next": round(float(others.mean()), 3),
    }
    for name in READY:
        direction = dynode.load_direction(ready(name))
        assert direction.info.calibration is not None
        column = FACTOR_NAMES.index(direction.info.calibration.attribute)
        edited = [readings(clip, direction.apply(clip.latents, 1.0)) for clip in clips]
        effect = (torch.stack(edited) - plain)[..., column].mean(0) / FACTOR_STD
        off = (effect / effect.mean() - 1).abs().max()
        results[name] = {"effect": round(float(effect.mean()), 3), "off": round(float(off), 3)}
        print(name, results[name], flush=True)
    return results


def ready(name: str) -> Path:
    """Find the file of a ready direction."""
    from dynode_facets.plugin import FacetsVideo

    assert FacetsVideo.directions is not None
    return FacetsVideo.directions / f"{name}.safetensors"


def table(results: dict[str, object]) -> list[str]:
    """Lay the figures out."""
    lines = [
        f"`python benchmarks/video_portraits.py`: {PORTRAITS} portraits, {LENGTH} frames. Identity is the",
        "mean difference of the factors that do not move, as the scorer reads them, in their deviations over",
        "people.",
        "Effects are means over the portraits, at strength 1, in deviations of their factor; the last column",
        f"is the largest difference of one of {len(TIMES)} times from the mean over time.",
        "",
        "| | |",
        "|---|---|",
    ]
    lines += [f"| {name} | {value} |" for name, value in results.items() if name not in READY]
    lines += ["", "| direction | effect | largest difference over time |", "|---|---|---|"]
    for name in READY:
        found = results[name]
        assert isinstance(found, dict)
        lines.append(f"| {name} | {found['effect']} | {found['off']:.1%} |")
    return lines


if __name__ == "__main__":
    main()
