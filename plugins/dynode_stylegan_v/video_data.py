"""Clips as training sees them: a few frames of each, at times that are drawn."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from dynode.errors import MediaError, OptionError
from dynode_data import ClipSet, Labels, open_clips, read_labels
from dynode_stylegan_v.frames import FrameSampling


@dataclass(frozen=True)
class Draw:
    """A clip and frames of it.

    Attributes:
        clip: Index of the clip.
        start: First frame of the part that is looked at.
        times: Times in it, in frames.
        is_mirrored: Whether it is seen in a mirror.
    """

    clip: int
    start: int
    times: Sequence[float]
    is_mirrored: bool


@dataclass(frozen=True, eq=False)
class TrainingClips:
    """A data set, and how its clips are looked at.

    Attributes:
        clips: The clips, all of one size.
        labels: Of the clips.
        sampling: Which frames are looked at.
        max_frames: Longest part of a clip that is looked at.
        flip: Whether half of the draws are mirrored.
        size: Side in pixels.
    """

    clips: ClipSet
    labels: Labels
    sampling: FrameSampling
    max_frames: int
    flip: bool
    size: int

    @classmethod
    def read(
        cls, data: str, *, labels: str, sampling: FrameSampling, max_frames: int, flip: bool
    ) -> TrainingClips:
        """Open a data set and check that it can be trained on.

        Raises:
            OptionError: `data` is no data set's name.
            MediaError: Clips are too short, of several sizes, or not square of a power of two.
        """
        if data == "sampled":
            raise OptionError(
                "a generator of clips is trained on clips, and --data is missing; give a folder or zip file, "
                "such as 'dynode data from-videos' makes"
            )
        clips = open_clips(data)
        needed = sampling.shortest
        short = [clip for clip in clips.clips if min(len(clip), max_frames) < needed]
        if short:
            raise MediaError(
                f"{len(short)} of {len(clips)} clips of {clips.store.source.name} are shorter than the "
                f"{needed} frames that are sampled, such as {short[0].name} with {len(short[0])}; "
                "'dynode data crop --frames' leaves short clips out, or sample fewer --frames"
            )
        height, width = clips.common_size()
        if height != width or height < 16 or height & (height - 1):
            raise MediaError(
                f"the frames of {clips.store.source.name} are {width}×{height} pixels; expected a square "
                "with a side that is a power of two; use 'dynode data crop --size-px'"
            )
        return cls(clips, read_labels(clips, labels), sampling, max_frames, flip, height)

    def draw(self, chance: random.Random, *, is_fractional: bool = False) -> Draw:
        """Choose a clip and frames of it."""
        clip = chance.randrange(len(self.clips))
        length = len(self.clips.clips[clip])
        start, length = self.sampling.window(length, self.max_frames, chance)
        times = self.sampling.draw(length, chance, is_fractional=is_fractional)
        return Draw(clip, start, times, self.flip and chance.random() < 0.5)

    def frames(self, draw: Draw) -> np.ndarray:
        """Read the frames of a draw: (F, h, w, 3) 8 bit."""
        found = self.clips.read(draw.clip, [draw.start + int(time) for time in draw.times])
        if found.shape[1:3] != (self.size, self.size):
            name = self.clips.clips[draw.clip].name
            raise MediaError(
                f"clip {name} has frames of {found.shape[2]}×{found.shape[1]} pixels, the others are "
                f"{self.size}×{self.size}; find such with 'dynode data check'"
            )
        return found[:, :, ::-1] if draw.is_mirrored else found

    def labels_of(self, draws: Sequence[Draw]) -> Tensor | None:
        """Give the labels of draws; None without classes."""
        values = self.labels.values[[draw.clip for draw in draws]]
        return values if values.shape[1] else None

    def identity(self) -> list[object]:
        """Say which data set this is, as JSON values: what a continued run has to have again."""
        names = [(clip.name, len(clip)) for clip in self.clips.clips]
        return [len(names), self.clips.frame_count, self.size, names[0][0], names[-1][0]]


def times_of(draws: Sequence[Draw]) -> Tensor:
    """Give the times of draws: (n, F) float64."""
    return torch.tensor([list(draw.times) for draw in draws], dtype=torch.float64)
