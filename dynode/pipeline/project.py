"""Project a clip: one content for all of its frames, and a motion code for each."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from dynode.distance import ReconstructionLoss, ReconstructionOptions
from dynode.errors import MediaError
from dynode.generator.protocol import Generator
from dynode.generator.video import ReadsMotion, VideoGenerator
from dynode.latents.latents import Latents
from dynode.latents.motion import Motion
from dynode.media.clip import Clip
from dynode.pipeline.choosing import ReadyInverter
from dynode.pipeline.clip_codes import clip_images, invert_clip, open_faces
from dynode.pipeline.face_source import FaceSource
from dynode.pipeline.faces import ClipFaces
from dynode.pipeline.inverted import Inversion
from dynode.plugins.methods import Progress, silent

_MOST = 512
_LOOKED_AT, _BANK, _BATCH = 8, 64, 8
_BANK_TIMES = (8.0, 32.0, 56.0, 80.0)
_STEPS, _RATE = 24, 0.15
_SMOOTH, _PRIOR, _ANCHOR, _DIFFERENCES = 0.002, 0.0005, 0.02, 4.0
_POOLED = 16


@dataclass(frozen=True, eq=False)
class Projection:
    """A clip as a video generator draws it.

    Attributes:
        latents: Its content, one code.
        motion: Its motion codes, a frame of the generator each.
    """

    latents: Latents
    motion: Motion


def project_clip(
    clip: Clip,
    generator: VideoGenerator,
    inverter: ReadyInverter,
    *,
    steps: int | None = None,
    seed: int = 0,
    faces: ClipFaces | None = None,
    progress: Progress = silent,
) -> Projection:
    """Find content and motion codes of a clip.

    Args:
        clip: At most 512 frames.
        generator: What is to draw it.
        inverter: Finds the codes of single frames.
        steps: Steps of the optimiser; 0 leaves what it begins with. None for 0 where the generator reads
            motion off the codes of single frames (`ReadsMotion`), else 24.
        seed: Of the inverter and the bank.
        faces: Where the faces are, to be cut out; None takes the middle of each frame.
        progress: Called with the number of steps.

    Raises:
        MediaError: The clip is too long, has fewer than two frames or cannot be read.

    Source:
        Skorokhodov et al. 2022, StyleGAN-V, arXiv:2112.14683, whose projection is one picture's.
        Deviation: codes are optimised, not the noise behind them, whose gradient is too small to
        move a clip; so a projected clip ends with its last frame.
    """
    work = _Work(generator, _frames(clip, generator, faces), seed)
    read = work.read(clip, inverter, faces, progress)
    if steps is None:
        steps = 0 if read else _STEPS
    latents, codes = work.improved(*(read or work.guessed(inverter)), steps, progress)
    codes = _on_grid(codes, float(clip.rate), generator.fps)
    return Projection(latents.to("cpu"), Motion(torch.tensor([[seed, 0]]), codes=codes[None].cpu()))


def _frames(clip: Clip, generator: VideoGenerator, faces: ClipFaces | None) -> Tensor:
    """Read all frames of a clip that is neither too long nor too short."""
    if not 2 <= len(clip) <= _MOST:
        raise MediaError(f"{clip.path.name} has {len(clip)} frames; expected 2 to {_MOST}: cut it")
    images = clip_images(clip, generator.info.resolution, faces)
    frames = torch.cat(list(itertools.islice(images, len(clip))))
    return frames.to(generator.device, generator.dtype)


def project_file(
    path: Path,
    generator: VideoGenerator,
    ready: ReadyInverter,
    *,
    seed: int = 0,
    faces: FaceSource | ClipFaces | None = None,
    progress: Progress = silent,
) -> Inversion:
    """Project a clip that is a file, as `dynode.invert` does; see `project_clip`."""
    clip, found = open_faces(path, generator, ready, faces, progress)
    made = project_clip(clip, generator, ready, seed=seed, faces=found, progress=progress)
    told = generator.info.fingerprint
    return Inversion(made.latents, (path.name,), {}, told, found, generator, made.motion)


class _Work:
    """One clip's projection.

    Where motion cannot be read off codes, the content begins as the mean code of evenly spaced
    frames, and each frame's motion code as the nearest of a bank of drawn ones. Codes and content are
    optimised together, on frames and on the differences of frames, with a penalty on the second
    differences of codes.
    """

    def __init__(self, generator: VideoGenerator, frames: Tensor, seed: int) -> None:
        self.generator, self.frames, self.seed = generator, frames, seed
        self.loss = ReconstructionLoss(ReconstructionOptions(), generator)
        self.target = self.loss.target(frames)
        with torch.no_grad():
            motion = self.drawn(_BANK)
            times = torch.tensor(_BANK_TIMES, dtype=torch.float64)
            self.bank = generator.motion_codes(motion, times).flatten(0, 1)
        self.unit = self.bank.std(0).clamp(min=1e-6)

    def drawn(self, n: int) -> Motion:
        """Draw motions, of no class in particular."""
        width = self.generator.info.c_dim
        labels = torch.full((n, width), 1 / width) if width else None
        return Motion.draw(n, seed=self.seed, labels=labels)

    def read(
        self, clip: Clip, inverter: ReadyInverter, faces: ClipFaces | None, progress: Progress
    ) -> tuple[Tensor, Tensor] | None:
        """Read content and motion codes off the codes of frames; None if the generator cannot."""
        if not isinstance(self.generator, ReadsMotion):
            return None
        still = self.generator.first_frame(self.drawn(1))
        found = invert_clip(
            clip, still, inverter=inverter, seed=self.seed, faces=faces, progress=progress
        )
        return self.generator.read_motion(found.w.to(self.frames), self.bank.mean(0))

    def guessed(self, inverter: ReadyInverter) -> tuple[Tensor, Tensor]:
        """Begin with the mean code of frames, and the nearest of drawn motion codes."""
        content = self.mean_content(self.generator.first_frame(self.drawn(1)), inverter)
        return content, self.nearest(content)

    def mean_content(self, still: Generator, inverter: ReadyInverter) -> Tensor:
        """Find the mean code (1, rows, w_dim) of frames."""
        count = min(_LOOKED_AT, len(self.frames))
        rows = torch.linspace(0, len(self.frames) - 1, count).round().long()
        found = inverter.invert(still, self.frames[rows], seed=self.seed)
        return found.w.mean(0, keepdim=True).to(self.frames)

    @torch.no_grad()
    def nearest(self, content: Tensor) -> Tensor:
        """Choose for each frame the code of the bank that draws most like it: (frames, width)."""
        drawn = [self._drawn(content, part) for part in self.bank.split(_BATCH)]
        known = torch.cat([self._seen(part) for part in drawn])
        return self.bank[torch.cdist(self._seen(self.frames), known).argmin(1)]

    def _seen(self, pictures: Tensor) -> Tensor:
        """Describe pictures (n, 3, h, w) by features, or by coarse pixels."""
        if self.loss.distance is not None:
            return self.loss.distance.features(pictures)
        return functional.adaptive_avg_pool2d(pictures, _POOLED).flatten(1)

    def improved(
        self, content: Tensor, codes: Tensor, steps: int, progress: Progress
    ) -> tuple[Latents, Tensor]:
        """Optimise content and codes together."""
        spread = self.generator.sample(256, seed=self.seed, truncation=1.0).w.mean(1).std(0)
        moved = torch.zeros_like(codes, requires_grad=True)
        shift = torch.zeros_like(content[:, :1], requires_grad=True)
        optimizer = torch.optim.Adam([{"params": [moved]}, {"params": [shift]}], betas=(0.9, 0.99))
        for step in range(steps):
            rate = _RATE * (0.5 + 0.5 * math.cos(math.pi * step / steps))
            for group, share in zip(optimizer.param_groups, (1.0, 0.2), strict=True):
                group["lr"] = rate * share
            optimizer.zero_grad()
            total = self._pass(content, codes, moved, shift, spread)
            optimizer.step()
            progress(step + 1, steps, f"error {total:.4f}")
        with torch.no_grad():
            return Latents(content + shift * spread), codes + moved * self.unit

    def _pass(
        self, content: Tensor, codes: Tensor, moved: Tensor, shift: Tensor, spread: Tensor
    ) -> float:
        """Gather the gradients of all frames, a few frames at a time; return the error of a frame."""
        total = 0.0
        for start in range(0, len(codes), _BATCH):
            part = slice(max(start - 1, 0), start + _BATCH)
            drawn = self._drawn(content + shift * spread, codes[part] + moved[part] * self.unit)
            errors = self.loss(drawn, self.target[part])
            change = drawn.diff(dim=0) - self.frames[part].diff(dim=0)
            error = errors[-(min(start + _BATCH, len(codes)) - start) :].sum()
            total += float(error.detach())
            torch.autograd.backward(error + _DIFFERENCES * change.square().mean((1, 2, 3)).sum())
        now = codes / self.unit + moved
        held = _SMOOTH * now.diff(n=2, dim=0).square().sum() if len(codes) > 2 else now.sum() * 0
        held = held + _PRIOR * (now - self.bank.mean(0) / self.unit).square().sum()
        held = held + _ANCHOR * len(codes) * shift.square().mean()
        torch.autograd.backward(held)
        return total / len(codes)

    def _drawn(self, content: Tensor, codes: Tensor) -> Tensor:
        """Draw frames (n, 3, h, w) of codes (n, width)."""
        return self.generator.synthesize_frames(Latents(content), codes[None])[0]


def _on_grid(codes: Tensor, fps: float, own: float) -> Tensor:
    """Bring codes (frames, width) from the clip's frames to the generator's."""
    if abs(fps / own - 1) < 1e-3:
        return codes
    count = int((len(codes) - 1) * own / fps) + 1
    times = torch.arange(count, dtype=torch.float64) * fps / own
    keys = torch.zeros(1, 2, dtype=torch.int64)
    return Motion(keys, codes=codes[None]).codes_at(times[None])[0]
