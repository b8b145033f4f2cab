"""Sides of clips: files, folders of frames, or what a video generator draws."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from dynode.errors import MediaError
from dynode.generator.population import draw_labels
from dynode.generator.video import VideoGenerator, fitted_motion
from dynode.latents.motion import Motion
from dynode.measuring.pictures import FrameStream, as_stored, content_of, drawn_latents
from dynode.measuring.side import Drawing, Side
from dynode.media.clip import Clip
from dynode.media.picture_set import PictureSet
from dynode.plugins.metric import Needs

LONGEST_WHOLE = 128
"""Frames of a clip that is taken whole: longer ones are cut into parts."""
_MOST_VALUES = 2**26  # of a part: 256 MB as floats
_FEWEST_WHOLE = 4
_DRAWN_AT_ONCE = 8


class Frames(Protocol):
    """One clip: its frames by number."""

    name: str

    @property
    def content(self) -> str:
        """What their pixels depend on."""
        ...

    def __len__(self) -> int:
        """Count the frames."""
        ...

    def read(self, start: int, stop: int, step: int, drawing: Drawing) -> list[Tensor]:
        """Read every step-th frame from start on: each (3, h, w)."""
        ...


class FileFrames:
    """The frames of a video file, or of a picture that moves."""

    def __init__(self, clip: Clip) -> None:
        self.name, self._clip = clip.path.name, clip
        self._length, self._stream = len(clip), FrameStream(clip)

    @cached_property
    def content(self) -> str:
        """See `Frames`."""
        return self._clip.content_hash()

    def __len__(self) -> int:
        """See `Frames`."""
        return self._length

    def read(self, start: int, stop: int, step: int, drawing: Drawing) -> list[Tensor]:
        """See `Frames.read`."""
        return [drawing.tensor_of(frame) for frame in self._stream.frames(start, stop, step)]


class FolderFrames:
    """Pictures that are the frames of one clip, in the order of their names."""

    def __init__(self, name: str, pictures: PictureSet) -> None:
        self.name, self._pictures = name, pictures

    @cached_property
    def content(self) -> str:
        """See `Frames`."""
        return f"{content_of(self._pictures)} {list(self._pictures.names)}"

    def __len__(self) -> int:
        """See `Frames`."""
        return len(self._pictures)

    def read(self, start: int, stop: int, step: int, drawing: Drawing) -> list[Tensor]:
        """See `Frames.read`."""
        return [drawing.tensor_of(self._pictures.read(i)) for i in range(start, stop, step)]


@dataclass(frozen=True)
class Part:
    """Frames of one clip."""

    clip: int
    start: int
    stop: int


class StoredClips(Side):
    """Parts of clips.

    Of several clips one part each is taken where a length is asked, from a place that the seed chooses,
    as StyleGAN-V does; a single clip is cut into consecutive parts. Clips too short are left out with a
    warning.

    Args:
        name: Where they come from.
        clips: The clips.
        needs: How long parts are.
        drawing: Seed, and what is done to frames.

    Raises:
        MediaError: None is long enough.
    """

    def __init__(self, name: str, clips: Sequence[Frames], needs: Needs, drawing: Drawing) -> None:
        self._clips, self._needs, self._drawing = clips, needs, drawing
        long_enough = self._long_enough(name)
        if needs.frames and len(clips) > 1:
            self._parts = [self._one_part(index) for index in long_enough]
            policy = f"one of {needs.frames} frames each, placed by seed {drawing.seed}"
        else:
            self._parts = [part for index in long_enough for part in self._all_parts(index)]
            policy = f"consecutive parts of {needs.frames or f'at most {LONGEST_WHOLE}'} frames"
        if needs.step > 1:
            policy += f", every {needs.step}th"
        self.names = tuple(f"{Path(clips[p.clip].name).stem} {p.start}" for p in self._parts)
        self.count = len(self._parts)
        self.told = f"clips of {name} ({policy}, {drawing.resizing})"

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        told = repr([(self._clips[p.clip].content, p.start, p.stop) for p in self._parts])
        hashed = hashlib.sha256(told.encode()).hexdigest()
        return f"{hashed} {self._needs.step} {self._drawing.resizing}"

    def _long_enough(self, name: str) -> list[int]:
        least = self._needs.frames * self._needs.step or 2
        short = [clip for clip in self._clips if len(clip) < least]
        told = ", ".join(f"{clip.name} ({len(clip)} frames)" for clip in short[:3])
        if len(short) == len(self._clips):
            raise MediaError(
                f"{name} has no clip of {least} frames{f': {told}' if told else ''}; give longer clips, or "
                f"take fewer with --frames where the metric allows it"
            )
        if short:
            warnings.warn(
                f"{len(short)} of {len(self._clips)} clips of {name} are shorter than {least} frames and "
                f"left out: {told}",
                stacklevel=2,
            )
        return [index for index, clip in enumerate(self._clips) if len(clip) >= least]

    def _one_part(self, index: int) -> Part:
        span = (self._needs.frames - 1) * self._needs.step + 1
        free = len(self._clips[index]) - span
        start = int(np.random.RandomState([self._drawing.seed, index]).randint(free + 1))
        return Part(index, start, start + span)

    def _all_parts(self, index: int) -> list[Part]:
        length, frames = len(self._clips[index]), self._needs.frames
        if frames:
            span = frames * self._needs.step
            return [Part(index, at, at + span) for at in range(0, length - span + 1, span)]
        span = self._span_of(index)
        starts = range(0, length, span)
        parts = [Part(index, at, min(length, at + span)) for at in starts]
        return [
            part for part in parts if part.start == 0 or part.stop - part.start >= _FEWEST_WHOLE
        ]

    def _span_of(self, index: int) -> int:
        """Say how many frames of a clip fit into memory, at most `LONGEST_WHOLE`."""
        (frame,) = self._clips[index].read(0, 1, 1, self._drawing)
        span = min(LONGEST_WHOLE, _MOST_VALUES // frame.numel())
        if span < min(LONGEST_WHOLE, len(self._clips[index])):
            warnings.warn(
                f"{self._clips[index].name} is taken in parts of {span} frames, for their size; --resolution "
                f"makes them smaller and the parts longer",
                stacklevel=2,
            )
        return max(_FEWEST_WHOLE, span)

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        found = []
        for part in self._parts[start:stop]:
            clip = self._clips[part.clip]
            frames = clip.read(part.start, part.stop, self._needs.step, self._drawing)
            if len({frame.shape for frame in frames}) > 1:
                raise MediaError(
                    f"the frames of {clip.name} differ in size; make them equal with --resolution"
                )
            found.append(torch.stack(frames))
        return found


class DrawnClips(Side):
    """What a video generator draws: clip i has the content and the motion of seed and number i.

    Args:
        generator: What draws.
        needs: How long clips are.
        drawing: Seed and truncation.
    """

    drawn = True

    def __init__(self, generator: VideoGenerator, needs: Needs, drawing: Drawing) -> None:
        info = generator.info
        self._generator, self._drawing = generator, drawing
        self._times = torch.arange(needs.frames or 64, dtype=torch.float64) * needs.step
        self.domain = info.domain
        self.told = (
            f"clips of {len(self._times)} frames drawn by {info.name} (seed {drawing.seed}, truncation "
            f"{drawing.truncation:g}, 8 bit)"
        )
        self._step = needs.step

    @cached_property
    def content(self) -> str:
        """See `Side.content`."""
        info, drawing = self._generator.info, self._drawing
        chosen = f"{drawing.seed} {drawing.truncation} {info.class_index} {drawing.resizing}"
        times = f"{len(self._times)} {self._step}"
        return f"clips {info.fingerprint} {self._generator.dtype} {chosen} {times}"

    def read(self, start: int, stop: int) -> list[Tensor]:
        """See `Side.read`."""
        return [self._clip(index) for index in range(start, stop)]

    def _clip(self, index: int) -> Tensor:
        seed = self._drawing.seed
        latents = drawn_latents(self._generator, index, index + 1, self._drawing)
        labels = draw_labels(self._generator.info, index + 1, seed=seed)
        motion = Motion.draw(
            1, seed=seed, first=index, labels=None if labels is None else labels[index:]
        )
        with torch.inference_mode():
            motion = fitted_motion(self._generator, motion, latents)
            codes = self._generator.motion_codes(motion, self._times)
            drawn = [
                self._generator.synthesize_frames(latents, part)[0]
                for part in codes.split(_DRAWN_AT_ONCE, dim=1)
            ]
        return as_stored(torch.cat(drawn), self._drawing)
