"""Edits of generated clips by text: does the edit do what it says, and does it hold over the clip?

    python benchmarks/video_edits.py FOLDER

8 clips of `facets-video` are saved as content and motion, and each is edited by four texts with
`dynode.edit(CONTENT, motion=MOTION, plugin="styleclip", text=TEXT)`: the content once, by what the first
frame shows. The bundled scorer reads the attribute at 8 times, before and after; edits that are found
are kept in FOLDER. Writes `results/video-edits.md`, `.json` and
the strip `docs/images/video-edits.jpg`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from result_files import write_json, write_markdown
from torch import Tensor
from video_motion import STILL

import dynode
from dynode.generator.video import VideoGenerator
from dynode.latents import Latents, Motion
from dynode.media.images import grid
from dynode.pipeline.generate_video import GeneratedVideo, generate_video
from dynode.pipeline.video_edit import VideoEdit
from dynode_facets.factors import FACTOR_NAMES, FACTOR_STD
from dynode_facets.scorer import load_scorer

CLIPS, LENGTH, EVERY = 8, 128, 16
TEXTS = {"smiling": "smile", "glasses": "glasses", "an old person": "age", "a beard": "beard"}
OUTPUT = Path(__file__).parents[1] / "docs" / "images" / "video-edits.jpg"


def frames(generator: VideoGenerator, latents: Latents, motion: Motion) -> Tensor:
    """Draw clips at the times that are read: (clips, times, 3, h, w)."""
    times = torch.arange(0, LENGTH, EVERY, dtype=torch.float64)
    codes = generator.motion_codes(motion, times)
    with torch.inference_mode():
        parts = [
            generator.synthesize_frames(latents[clip], codes[clip : clip + 1])
            for clip in range(CLIPS)
        ]
        return torch.cat(parts).clamp(-1, 1)


def edited(folder: Path, generator: VideoGenerator) -> dict[str, Tensor]:
    """Draw saved clips as they are, and edited by each text: (clips, times, 3, h, w)."""
    made = generate_video(range(CLIPS), generator=generator, length=LENGTH)
    found = {"": made.latents}
    for text in TEXTS:
        found[text] = Latents.cat(
            [edited_content(folder, generator, made, text, clip) for clip in range(CLIPS)]
        )
        print(text, flush=True)
    return {text: frames(generator, latents, made.motion) for text, latents in found.items()}


def edited_content(
    folder: Path, generator: VideoGenerator, made: GeneratedVideo, text: str, clip: int
) -> Latents:
    """Edit the content of a saved clip by a text, unless that was done before."""
    content, motion = (folder / f"{clip}.{kind}.safetensors" for kind in ("content", "motion"))
    done = folder / f"{clip}.{text.replace(' ', '-')}.safetensors"
    if not done.exists():
        made.latents[clip : clip + 1].save(content)
        made.motion[clip : clip + 1].save(motion)
        change = dynode.edit(
            content, generator=generator, motion=motion, plugin="styleclip", text=text
        )
        assert isinstance(change, VideoEdit)
        change.latents.save(done)
    return Latents.load(done)


def main() -> None:
    """Edit, read, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what is found is kept here")
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    generator = dynode.load_generator("facets-video")
    assert isinstance(generator, VideoGenerator)
    drawn = edited(folder, generator)
    strip = [drawn[text][clip, ::3] for clip in range(CLIPS) for text in ("", *TEXTS)]
    columns = (1 + len(TEXTS)) * len(strip[0])
    grid(torch.cat(strip), columns=columns).resize((columns * 64, CLIPS * 64)).save(
        OUTPUT, quality=85, optimize=True
    )
    score = load_scorer().score
    with torch.inference_mode():
        read = {text: torch.stack([score(clip) for clip in drawn[text]]) for text in drawn}
    results = {text: told(read[""], read[text], factor) for text, factor in TEXTS.items()}
    write_json("video-edits", results)
    write_markdown("video-edits", table(results))


def told(before: Tensor, after: Tensor, factor: str) -> dict[str, float]:
    """Say what an edit did to factors (clips, times, F)."""
    column = FACTOR_NAMES.index(factor)
    change = (after - before) / FACTOR_STD
    effect = change[..., column]
    others = [index for index in STILL if index != column]
    mean = effect.mean(0)
    return {
        "effect": float(effect.mean()),
        "least": float(effect.mean(1).min()),
        "over time": float((mean / mean.mean() - 1).abs().max()),
        "within a clip": float((effect.std(1) / effect.mean(1)).mean()),
        "others": float(change[..., others].abs().mean()),
        "identity before": float((before[..., others].std(1) / FACTOR_STD).mean()),
        "identity after": float((after[..., others].std(1) / FACTOR_STD).mean()),
    }


def table(results: dict[str, dict[str, float]]) -> list[str]:
    """Lay the figures out."""
    lines = [
        f"`python benchmarks/video_edits.py FOLDER`: {CLIPS} clips of {LENGTH} frames, read at",
        f"{LENGTH // EVERY} times; effects in the factor's deviations over people. Over time: largest",
        "difference of one time's mean effect from the mean over time; within a clip: deviation of the",
        "effect over a clip's times / its mean. Others: mean change of what neither moves nor was asked",
        "for. Identity: deviation of these within a clip, before and after.",
        "",
        "| text | factor | effect | least clip | over time | within a clip | others | identity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for text, found in results.items():
        lines.append(
            f"| {text} | {TEXTS[text]} | {found['effect']:+.2f} | {found['least']:+.2f} | "
            f"{found['over time']:.1%} | {found['within a clip']:.1%} | {found['others']:.2f} | "
            f"{found['identity before']:.3f} → {found['identity after']:.3f} |"
        )
    return lines


if __name__ == "__main__":
    main()
